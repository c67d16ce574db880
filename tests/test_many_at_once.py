"""Threads and processes on one index: while it is searched, rebuilt, fetched anew and removed."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from builds import WordEncoder, write_lines
from conftest import corpus_lines
from hub_versions import environment

from danbooru_index.index.index import Index
from danbooru_index.index.versions import VERSIONS, current_version, remove_unused
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search

SEARCHER = """
import sys
from pathlib import Path
from danbooru_index.index.index import Index
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search
sys.path.insert(0, sys.argv[2])
from builds import WordEncoder
print("ready", flush=True)
for line in sys.stdin:
    with Index(Path(sys.argv[1]), encoder=WordEncoder()) as index:
        print(len(search(index, SearchRequest(line.strip(), nsfw="include")).hits), index.folder.name, flush=True)
"""


def test_one_index_from_twenty_threads(tmp_path):
    folder = tmp_path / "index"
    build_index(write_lines(tmp_path / "corpus.jsonl", corpus_lines()), folder, WordEncoder())
    failures: list[BaseException] = []
    found: set[tuple[str, ...]] = set()
    with Index(folder, encoder=WordEncoder()) as index:
        start = threading.Barrier(20)

        def work() -> None:
            try:
                start.wait()
                for _ in range(3):
                    found.add(search(index, SearchRequest("cat ears", nsfw="include")).tags and ("cat_ears",))
                    found.add(tuple(search(index, SearchRequest("双马尾 long hair", nsfw="include")).tags))
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
    assert len(found) == 2


def test_four_processes_search_while_the_index_is_rebuilt_and_old_versions_go(tmp_path):
    folder, corpus = tmp_path / "index", tmp_path / "corpus.jsonl"
    build_index(write_lines(corpus, corpus_lines()), folder, WordEncoder())
    command = [sys.executable, "-c", SEARCHER, str(folder), str(Path(__file__).parent)]
    env = environment(tmp_path / "home")
    readers = [
        subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        for _ in range(4)
    ]
    try:
        assert [reader.stdout.readline() for reader in readers] == ["ready\n"] * 4
        seen: set[str] = set()
        for number in range(3):
            for reader in readers:
                reader.stdin.write("cat ears\n")
            build_index(corpus, folder, WordEncoder(), BuildOptions(reuse=False, restart=True, strict=bool(number % 2)))
            for reader in readers:
                hits, version = reader.stdout.readline().split()
                assert int(hits) > 0
                seen.add(version)
        assert seen
    finally:
        for reader in readers:
            reader.kill()
            reader.wait()
    # Marks of readers that were killed hold nothing any more.
    remove_unused(folder)
    assert [path.name for path in (folder / VERSIONS).iterdir()] == [current_version(folder).name]
    assert list(folder.glob("readers/*/*.lock")) == []


def test_a_search_does_not_wait_for_a_build(tmp_path):
    """The build lock is the builders' own: an index opens and answers while one is held."""
    from danbooru_index.indexing.build_lock import build_lock

    folder = tmp_path / "index"
    build_index(write_lines(tmp_path / "corpus.jsonl", corpus_lines()), folder, WordEncoder())
    with build_lock(folder), Index(folder, encoder=WordEncoder()) as index:
        assert search(index, SearchRequest("cat ears")).hits
