"""Sketches against exact scans."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from builds import tag_lines, write_lines

from danbooru_index.channels import sketch as sketch_module
from danbooru_index.channels.dense import DenseChannel
from danbooru_index.channels.row_filter import RowFilter
from danbooru_index.channels.sketch import COPY_SHARE, GROUP, Sketch, bit_count, write_sketch
from danbooru_index.channels.vectors import VectorFile, VectorWriter, quantise
from danbooru_index.encoders import open_encoder
from danbooru_index.index.index import Index
from danbooru_index.indexing import build_index


def vector_file(folder: Path, vectors: np.ndarray) -> VectorFile:
    writer = VectorWriter(folder, vectors.shape[1])
    writer.append(*quantise(vectors))
    writer.flush()
    writer.close()
    return VectorFile(folder, vectors.shape[1])


@pytest.mark.parametrize("dimensions", [1, 63, 64, 100])
def test_distances_are_the_signs_that_differ(dimensions: int, tmp_path: Path) -> None:
    vectors = np.random.default_rng(dimensions).standard_normal((50, dimensions)).astype(np.float32)
    vectors[np.abs(vectors) < 0.02] = 1.0
    write_sketch(tmp_path, vector_file(tmp_path, vectors))
    query = np.random.default_rng(9).standard_normal(dimensions).astype(np.float32)
    wanted = ((vectors > 0) != (query > 0)).sum(axis=1)
    assert Sketch.open(tmp_path).distances(query[None, :]).tolist() == [wanted.tolist()]


def test_the_nearest_are_found_under_a_mask_with_their_ties(tmp_path: Path) -> None:
    vectors = np.random.default_rng(1).standard_normal((500, 64)).astype(np.float32)
    write_sketch(tmp_path, vector_file(tmp_path, vectors))
    sketch = Sketch.open(tmp_path)
    distances = sketch.distances(vectors[7:8])[0].astype(int)
    for share in (3, 1.2):  # few are copied, many are scanned with the others
        allowed = np.arange(500) % share < 1
        assert (allowed.mean() < COPY_SHARE) == (share == 3)
        limit = np.sort(distances[allowed])[19]
        (found,) = sketch.select(allowed).nearest(vectors[7:8], 20)
        assert found.tolist() == np.flatnonzero(allowed & (distances <= limit)).tolist()
        (all_of_them,) = sketch.select(allowed).nearest(vectors[7:8], 10_000)
        assert all_of_them.tolist() == np.flatnonzero(allowed).tolist()
    assert sketch.nearest(vectors[7:8], 1)[0].tolist() == [7]
    assert sketch.nearest(vectors[7:8], 10_000)[0].tolist() == list(range(500))
    assert sketch.select(np.zeros(500, bool)).nearest(vectors[7:8], 5)[0].tolist() == []


def test_many_queries_find_what_each_finds_alone(tmp_path: Path) -> None:
    vectors = np.random.default_rng(2).standard_normal((20_000, 100)).astype(np.float32)
    write_sketch(tmp_path, vector_file(tmp_path, vectors))
    sketch, queries = Sketch.open(tmp_path), vectors[: 2 * GROUP + 3] + np.float32(0.1)
    for chosen in (sketch, sketch.select(np.arange(20_000) % 3 > 0), sketch.select(np.arange(20_000) % 9 > 0)):
        alone = [chosen.nearest(query[None, :], 30)[0].tolist() for query in queries]
        assert [found.tolist() for found in chosen.nearest(queries, 30)] == alone
    assert sketch.nearest(queries[:0], 30) == []


def test_no_vectors_have_no_neighbours(tmp_path: Path) -> None:
    write_sketch(tmp_path, vector_file(tmp_path, np.zeros((0, 64), np.float32)))
    assert Sketch.open(tmp_path).nearest(np.ones((1, 64), np.float32), 5)[0].tolist() == []


def test_bits_are_counted_the_same_by_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    words = np.random.default_rng(3).integers(0, 2**64, 1000, dtype=np.uint64)
    wanted = [int(word).bit_count() for word in words]
    assert bit_count(words, np.empty(1000, np.uint8)).tolist() == wanted
    table = np.reshape(words, (4, 250))
    monkeypatch.delattr(sketch_module.np, "bitwise_count", raising=False)
    assert bit_count(words, np.empty(1000, np.uint8)).tolist() == wanted
    assert bit_count(table, np.empty((4, 250), np.uint8)).ravel().tolist() == wanted


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("dense")
    build_index(write_lines(place / "corpus.jsonl", tag_lines(120)), place / "index", open_encoder("use-multilingual"))
    return place / "index"


def exact_rows(channel: DenseChannel, query: np.ndarray, allowed: np.ndarray, k: int) -> set[int]:
    scores = channel.vectors.score(query[None, :], slice(0, channel.vectors.count))[0]
    texts = np.flatnonzero(allowed[channel.rows])
    return set(channel.rows[texts[np.argsort(-scores[texts], kind="stable")[:k]]].tolist())


def test_sketches_find_what_an_exact_scan_finds(folder: Path) -> None:
    with Index(folder) as index:
        query = index.encoder.encode(["a blue thing"]).dense[0]
        found = set(index.dense.candidates(query, 30).tolist())
        assert index.dense.store.label == "sketches"
        assert len(found & exact_rows(index.dense, query, np.ones(120, bool), 30)) >= 0.95 * len(found)
        characters = index.store.category == 4
        found = set(index.dense.candidates(query, 20, RowFilter(characters)).tolist())
        assert found == exact_rows(index.dense, query, characters, 20)
