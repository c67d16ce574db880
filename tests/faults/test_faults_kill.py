"""Real builds in real processes, killed at random moments.

The old index works all the time, and the new one is the same as one that nobody disturbed.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from builds import content, tag_lines, write_lines
from faults.builder import OPTIONS

from danbooru_index.encoders import open_encoder
from danbooru_index.index.index import Index
from danbooru_index.index.manifest import check_files, read_manifest
from danbooru_index.index.versions import current_version, unfinished_versions
from danbooru_index.indexing import build_index
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search_many

KILLS = 26
SEED = 20_260
BUILDER = Path(__file__).with_name("builder.py")
QUERIES = ("blue thing 17", "黑い的东西", "a yellow thing with a number", "紫色", "物 100", "thing_99")

Builder = subprocess.Popen[str]


def start(corpus: Path, folder: Path) -> Builder:
    return subprocess.Popen(
        [sys.executable, str(BUILDER), str(corpus), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )


def results(folder: Path) -> list[list[tuple[str, float]]]:
    requests = [SearchRequest(query, limit=10, nsfw="include") for query in QUERIES]
    with Index(folder, encoder=ENCODER) as index:
        return [[(hit.tag, round(hit.score, 5)) for hit in result.hits] for result in search_many(index, requests)]


ENCODER = open_encoder("use-multilingual")


def kill_after(builder: Builder, lines: int, seconds: float) -> str:
    """Kill a builder some time after its n-th line; returns the last line, "" if it ended by itself before."""
    assert builder.stdout is not None
    last = ""
    for _ in range(lines):
        line = builder.stdout.readline()
        if not line:
            break
        last = line.strip()
    time.sleep(seconds)
    ended = builder.poll() == 0
    builder.kill()
    rest = builder.communicate(timeout=300)[0]
    assert "error" not in last + rest, last + rest
    return "" if ended or builder.returncode == 0 else last or "start"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_builds_killed_at_random_moments_give_the_undisturbed_index(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    old = write_lines(tmp_path / "old.jsonl", tag_lines(20))
    corpus = write_lines(tmp_path / "corpus.jsonl", tag_lines(150))
    first = tmp_path / "first"
    build_index(old, first, ENCODER, OPTIONS)
    builder = start(corpus, tmp_path / "clean")
    steps = len(builder.communicate(timeout=300)[0].splitlines())
    wanted, expected, before = content(tmp_path / "clean"), results(tmp_path / "clean"), results(first)
    kills: list[str] = []
    finished = 0
    while len(kills) < KILLS or not finished:
        folder = Path(shutil.copytree(first, tmp_path / f"life{finished}"))
        standing = current_version(folder)
        while place := kill_after(start(corpus, folder), chance.randint(1, steps // 2), chance.random() * 0.2):
            kills.append(place)
            if current_version(folder) == standing:
                assert results(folder) == before
                assert len(unfinished_versions(folder)) <= 1
            else:
                # Killed after the swap and before the process's end; opening the index clears away what is left.
                assert results(folder) == expected
                assert content(folder) == wanted
        finished += 1
        version = current_version(folder)
        assert check_files(version, read_manifest(version), hashes=True) == []
        assert content(folder) == wanted
        assert results(folder) == expected
        shutil.rmtree(folder)
    stages = {place.rsplit(" ", 3)[0] for place in kills}
    print(f"{len(kills)} kills in {finished} builds, at: {', '.join(sorted(stages))}")
    assert {"encoding", "collection"} <= stages


def test_the_second_of_two_builders_stops_and_the_first_ends(tmp_path: Path) -> None:
    corpus = write_lines(tmp_path / "corpus.jsonl", tag_lines(200))
    first = start(corpus, tmp_path / "index")
    assert first.stdout is not None
    assert any("encoding" in line for line in first.stdout)
    at_work = psutil.Process(first.pid)
    at_work.suspend()  # so that it has not ended when the second has started
    second = start(corpus, tmp_path / "index")
    said = second.communicate(timeout=300)[0]
    at_work.resume()
    assert f"Another build is at work in {tmp_path / 'index'}: process {first.pid} on " in said
    assert second.returncode == 1
    first.communicate(timeout=300)
    assert first.returncode == 0
    assert len(results(tmp_path / "index")) == len(QUERIES)


@pytest.mark.slow
def test_readers_see_a_whole_index_while_versions_are_swapped(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    corpora = [write_lines(tmp_path / f"{n}.jsonl", tag_lines(n)) for n in (40, 41, 42, 43)]
    build_index(corpora[0], folder, ENCODER, OPTIONS)
    sizes, searches = set(), 0
    for corpus in corpora[1:]:
        builder = start(corpus, folder)
        while builder.poll() is None:
            with Index(folder, encoder=ENCODER) as index:
                sizes.add(len(index.store))
                hits = search_many(index, [SearchRequest("blue thing 17", nsfw="include")])[0].hits
                assert hits[0].tag == "blue_thing_17"
                searches += 1
        assert builder.returncode == 0, builder.communicate()[0]
        builder.communicate()
    with Index(folder, encoder=ENCODER) as index:
        sizes.add(len(index.store))
    assert sizes == {40, 41, 42, 43}
    assert searches >= 3
