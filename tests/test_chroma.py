"""The Chroma collection of an index: what it holds, who can read it, and which store a search uses."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builds import WordEncoder, content, tag_lines, write_lines

from danbooru_index.channels import chroma as chroma_module
from danbooru_index.channels.chroma_folder import DATABASE, open_folder
from danbooru_index.channels.row_filter import RowFilter
from danbooru_index.cli import main
from danbooru_index.errors import IndexFolderError, InputError
from danbooru_index.index.collection import TagVectors, held_rows
from danbooru_index.index.index import Index
from danbooru_index.index.manifest import REWRITTEN, read_manifest
from danbooru_index.index.notes import trust_version
from danbooru_index.index.versions import current_version
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.records import Category, SearchRequest
from danbooru_index.search.engine import search
from danbooru_index.settings import load_settings
from danbooru_index.storage.locks import IN_USE, FileHold

TAGS = 300
ENCODER = WordEncoder()


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("chroma")
    build_index(write_lines(place / "corpus.jsonl", tag_lines(TAGS)), place / "index", ENCODER)
    return place / "index"


@pytest.fixture
def built(built_once: Path) -> Path:
    """The index of this module, which every test's own home trusts."""
    return trusted(built_once)


def trusted(folder: Path) -> Path:
    trust_version(current_version(folder), load_settings().home)
    return folder


@contextlib.contextmanager
def opened(folder: Path, **settings: str) -> Iterator[Index]:
    with Index(folder, encoder=ENCODER, settings=replace(load_settings(), **settings)) as index:
        yield index


def exact(index: Index, query: np.ndarray, rows: np.ndarray, count: int) -> set[int]:
    """The rows whose vectors of the collection are nearest to a query."""
    scores = TagVectors(index.folder / "dense", ENCODER.identity.dimensions).of(rows) @ query
    return set(rows[np.argsort(-scores, kind="stable")[:count]].tolist())


def test_any_chroma_client_opens_queries_and_filters_it(built: Path) -> None:
    """A process that has no code of ours: the five lines of the README, and `where`."""
    query = ENCODER.encode(["red thing"]).dense[0].tolist()
    code = f"""
    import json, sys
    import chromadb

    tags = chromadb.PersistentClient({str(current_version(built) / "chroma")!r}).get_collection("danbooru_tags")
    query = json.loads(sys.stdin.read())
    found = tags.query(query_embeddings=[query], n_results=20)
    filtered = tags.query(
        query_embeddings=[query],
        n_results=5,
        where={{"$and": [{{"category": "character"}}, {{"post_count": {{"$gte": 1000}}}}, {{"nsfw": False}}]}},
    )
    one = tags.get(ids=["red_thing_8"], include=["documents", "metadatas"])
    texts = tags.get(where_document={{"$contains": "number 123."}})["ids"]
    ours = [name for name in sys.modules if name.startswith("danbooru_index")]
    print(json.dumps([found["ids"], filtered["metadatas"], one, texts, tags.metadata, tags.count(), ours], default=str))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        input=json.dumps(query), capture_output=True, text=True, timeout=120, cwd=built, check=True,
    )  # fmt: skip
    found, filtered, one, texts, about, count, ours = json.loads(done.stdout)
    with opened(built) as index:
        nearest = exact(index, np.array(query, np.float32), np.arange(TAGS), 20)
        assert len({index.store.record(row).tag for row in nearest} & set(found[0])) >= 18 and ours == []
    assert len(filtered[0]) == 5
    assert all(m["category"] == "character" and m["post_count"] >= 1000 and not m["nsfw"] for m in filtered[0])
    assert one["documents"] == ["【通用】red_thing_8 - red的东西8，物8。 A red thing with the number 8."]
    assert one["metadatas"] == [
        {"category": "character", "post_count": 80, "nsfw": False, "rating": "general", "source": "test",
         "names": "red的东西8 | 物8"}
    ]  # fmt: skip
    assert texts == ["黒い_thing_123"]
    manifest = read_manifest(current_version(built))
    assert count == TAGS == manifest.options["chroma_tags"]
    assert about == {
        "made_by": "danbooru-index", "encoder": "words", "encoder_revision": "1", "dimensions": 16,
        "vectors": "mean of the texts", "corpus_sha256": manifest.corpus_sha256, "build": manifest.options["build"],
    }  # fmt: skip


def test_nothing_waits_in_the_write_log(built: Path) -> None:
    """What is not flushed has to be replayed by every reader, which takes seconds."""
    with contextlib.closing(sqlite3.connect(current_version(built) / "chroma" / DATABASE)) as connection:
        flushed = "SELECT MIN(CAST(seq_id AS INTEGER)) FROM max_seq_id"
        pending = connection.execute(f"SELECT COUNT(*) FROM embeddings_queue WHERE seq_id > ({flushed})").fetchone()[0]
    assert pending == 0


def test_both_stores_find_what_is_near(built: Path) -> None:
    query = ENCODER.encode(["a blue thing"]).dense[0]
    found = {}
    for road in ("sketch", "chroma", "auto"):
        with opened(built, dense=road) as index:
            result = search(index, SearchRequest("a blue thing", nsfw="include"))
            found[road] = index.dense.candidates(query, 30)
            assert result.nearest_by == ("Chroma" if road == "chroma" else "sketches")
            if road == "chroma":
                assert len(set(found[road].tolist()) & exact(index, query, np.arange(TAGS), 30)) >= 29
    assert found["auto"].tolist() == found["sketch"].tolist()


def test_a_filter_is_kept_by_chroma_and_a_narrow_one_goes_to_the_sketches(built: Path) -> None:
    query = ENCODER.encode(["a blue thing"]).dense[0]
    with opened(built, dense="chroma") as index:
        broad = np.arange(TAGS) % 9 != 0
        found = index.dense.candidates(query, 30, RowFilter(broad))
        assert broad[found].all()
        assert len(set(found.tolist()) & exact(index, query, np.flatnonzero(broad), 30)) >= 28
        artists = np.arange(TAGS) % 5 == 1
        narrow = index.dense.candidates(query, 30, RowFilter(artists))
        assert narrow.tolist() == index.dense.sketches.nearest(query[None, :], 30, RowFilter(artists))[0].tolist()
        result = search(index, SearchRequest("a blue thing", categories=(Category.ARTIST,), nsfw="include"))
        assert {hit.category for hit in result.hits} == {Category.ARTIST}


def test_a_smaller_collection_holds_the_most_used_tags_and_sketches_find_the_others(tmp_path: Path) -> None:
    corpus = write_lines(tmp_path / "corpus.jsonl", tag_lines(TAGS))
    build_index(corpus, tmp_path / "index", ENCODER, BuildOptions(chroma_tags=100))
    with opened(tmp_path / "index", dense="chroma") as index:
        assert held_rows(index.store, 100).tolist() == list(range(200, 300))  # tag n has 10 n posts
        query = ENCODER.encode(["red thing 8"]).dense[0]
        assert 8 in index.dense.candidates(query, 30)
    assert main(["verify", str(tmp_path / "index")]) == 0


def test_an_index_without_a_collection_says_so(tmp_path: Path) -> None:
    corpus = write_lines(tmp_path / "corpus.jsonl", tag_lines(20))
    version = build_index(corpus, tmp_path / "index", ENCODER, BuildOptions(chroma_tags=0)).folder
    assert not (version / "chroma").exists()
    with opened(tmp_path / "index") as index:
        assert index.dense.store.label == "sketches"
    with (
        opened(tmp_path / "index", dense="chroma") as index,
        pytest.raises(IndexFolderError, match="no Chroma") as caught,
    ):
        search(index, SearchRequest("red thing"))
    assert "--chroma-tags" in caught.value.hint
    with pytest.raises(InputError, match="-1"):
        BuildOptions(chroma_tags=-1)


def test_every_process_but_the_first_uses_the_sketches(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = f"""
    import sys
    sys.path[:0] = {[str(Path(__file__).parents[1]), str(Path(__file__).parent)]!r}
    from pathlib import Path
    from builds import WordEncoder
    from danbooru_index.index.index import Index
    from dataclasses import replace
    from danbooru_index.settings import load_settings
    home = Path({str(built)!r})
    with Index(home, encoder=WordEncoder(), settings=replace(load_settings(), dense="chroma")) as index:
        print(index.dense.store.label)
    """
    other = [sys.executable, "-c", textwrap.dedent(code)]
    with opened(built, dense="chroma") as first, opened(built, dense="chroma") as second:
        assert first.dense.store.label == second.dense.store.label == "Chroma"  # one process
        said = subprocess.run(other, capture_output=True, text=True, timeout=120, check=True).stdout
        assert said == "sketches (another process has the Chroma collection open)\n"
        second.close()
        said = subprocess.run(other, capture_output=True, text=True, timeout=120, check=True).stdout
        assert said.startswith("sketches")
    assert not (current_version(built) / "chroma" / IN_USE).exists()
    said = subprocess.run(other, capture_output=True, text=True, timeout=120, check=True).stdout
    assert said == "Chroma\n"
    capsys.readouterr()
    hold = FileHold(current_version(built) / "chroma" / IN_USE)
    code = f"""
    import sys
    sys.path.insert(0, {str(Path(__file__).parents[1])!r})
    from danbooru_index.cli import main
    raise SystemExit(main(["info", {str(built)!r}]) or main(["verify", {str(built)!r}]))
    """
    said = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=120)
    hold.release(remove=True)
    assert said.returncode == 0, said.stderr
    assert "another process has it open" in said.stdout and "The Chroma collection was not checked" in said.stdout


def test_a_folder_that_cannot_be_written_uses_the_sketches(built: Path, tmp_path: Path) -> None:
    shutil.copytree(built, trusted_copy := tmp_path / "index")
    trusted(trusted_copy)
    (current_version(tmp_path / "index") / "chroma" / IN_USE).mkdir()  # where the lock belongs, nothing can be written
    with opened(tmp_path / "index", dense="chroma") as index:
        found = search(index, SearchRequest("red thing 8", nsfw="include"))
    assert found.nearest_by == "sketches (the folder of the Chroma collection cannot be written to)"
    assert found.hits


def test_verify_compares_what_the_collection_holds(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(built, tmp_path / "index")
    folder = tmp_path / "index"
    with opened(folder, dense="chroma") as index:  # Chroma trusts its files, and nobody knows this copy
        assert search(index, SearchRequest("red thing")).nearest_by.startswith("sketches (Chroma trusts its files")
    trusted(folder)
    before = (current_version(folder) / "chroma" / DATABASE).read_bytes()
    with opened(folder, dense="chroma") as index:
        search(index, SearchRequest("red thing"))
    assert (current_version(folder) / "chroma" / DATABASE).read_bytes() != before  # Chroma writes when it only reads
    assert main(["verify", str(folder)]) == 0
    assert set(read_manifest(current_version(folder)).files) >= REWRITTEN
    collection = open_folder(current_version(folder) / "chroma")
    vector = collection.records(["blue_thing_9"])["blue_thing_9"][1]
    collection._collection.update(ids=["blue_thing_9"], documents=["something else"], embeddings=[vector])
    collection.close()
    capsys.readouterr()
    assert main(["verify", str(folder)]) == 1
    assert "1 tags of the Chroma collection are not as they were built" in capsys.readouterr().err


def test_a_collection_whose_build_was_interrupted_resumes(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chroma_module, "BATCH", 50)
    add, calls = chroma_module.Collection.add, [0]

    def broken(self: chroma_module.Collection, *given: object) -> None:
        calls[0] += 1
        if calls[0] == 3:
            raise KeyboardInterrupt
        add(self, *given)

    monkeypatch.setattr(chroma_module.Collection, "add", broken)
    corpus = built.parent / "corpus.jsonl"
    with pytest.raises(Exception, match="was stopped"):
        build_index(corpus, tmp_path / "index", ENCODER)
    build_index(corpus, tmp_path / "index", ENCODER)
    assert calls[0] == 3 + TAGS // 50 - 2
    assert content(tmp_path / "index") == content(built)
    assert main(["verify", str(tmp_path / "index")]) == 0


def test_twenty_threads_open_one_index_once(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from danbooru_index.index import index as index_module

    loaded: list[str] = []

    def slow_encoder(name: str, **_: object) -> WordEncoder:
        loaded.append(name)
        threading.Event().wait(0.2)
        return ENCODER

    monkeypatch.setattr(index_module, "open_encoder", slow_encoder)
    found: list[list[str]] = []
    begin = threading.Barrier(20)
    with Index(built, settings=replace(load_settings(), dense="chroma")) as index:

        def ask() -> None:
            begin.wait()
            found.append(search(index, SearchRequest("red thing 8", nsfw="include")).tags)

        threads = [threading.Thread(target=ask) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert loaded == ["words"]
    assert len(found) == 20 and len({tuple(tags) for tags in found}) == 1
