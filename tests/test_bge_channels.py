"""The sparse and late channels against plain loops and FlagEmbedding's formulas."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from danbooru_index.channels import sparse as sparse_module
from danbooru_index.channels.late import LateChannel, LateWriter, max_sim
from danbooru_index.channels.sparse import SparseChannel, SparseWriter
from danbooru_index.channels.vectors import inner_products

TEXTS = [{5: 0.5, 9: 0.25}, {}, {9: 1.0}, {250_001: 0.125, 5: 2.0}]


def lexical_matching_score(a, b):
    """FlagEmbedding's compute_lexical_matching_score, in its own words."""
    score = 0
    for token, weight in a.items():
        if token in b:
            score += weight * b[token]
    return score


def write_sparse(folder, texts, starts):
    writer = SparseWriter(folder)
    writer.append(texts)
    writer.finish(np.array(starts))
    return SparseChannel(folder)


def test_sparse_scores_of_texts_and_tags(tmp_path):
    channel = write_sparse(tmp_path, TEXTS, [0, 2, 2, 4])
    query = {5: 1.0, 9: 2.0, 77: 3.0}
    assert channel.text_scores(query).tolist() == [1.0, 0.0, 2.0, 2.0]
    assert channel.scores(query).tolist() == [1.0, 0.0, 2.0]  # the second tag has no text
    assert channel.scores({}).tolist() == [0.0, 0.0, 0.0]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "documents.npy",
        "starts.npy",
        "terms.npy",
        "text_starts.npy",
        "weights.npy",
    ]


def test_sparse_of_nothing(tmp_path):
    assert write_sparse(tmp_path / "a", [], [0]).scores({1: 1.0}).tolist() == []
    assert write_sparse(tmp_path / "b", [{}, {}], [0, 1, 2]).scores({1: 1.0}).tolist() == [0.0, 0.0]


weights = st.dictionaries(st.integers(0, 30), st.floats(0.015625, 4.0, width=32), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(weights, max_size=20), weights, st.integers(1, 5))
def test_sparse_equals_the_plain_loop(tmp_path_factory, texts, query, block):
    before, sparse_module._BLOCK = sparse_module._BLOCK, block
    try:
        channel = write_sparse(tmp_path_factory.mktemp("s"), texts, range(len(texts) + 1))
    finally:
        sparse_module._BLOCK = before
    expected = [lexical_matching_score(query, text) for text in texts]
    np.testing.assert_allclose(channel.text_scores(query, budget=None), expected, rtol=1e-5, atol=1e-6)


def test_sparse_continues_after_a_checkpoint(tmp_path):
    writer = SparseWriter(tmp_path / "broken")
    writer.append(TEXTS[:2])
    writer.flush()
    assert writer.count == 2
    writer.append([{1: 9.0}])  # after the checkpoint, so it is lost
    writer.close()
    writer = SparseWriter(tmp_path / "broken", start=2)
    writer.append(TEXTS[2:])
    assert writer.count == 4
    writer.finish(np.arange(5))
    write_sparse(tmp_path / "whole", TEXTS, range(5))
    for path in (tmp_path / "whole").iterdir():
        assert path.read_bytes() == (tmp_path / "broken" / path.name).read_bytes()


def test_sparse_sorts_in_bounded_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(sparse_module, "_BLOCK", 20_000)
    random = np.random.default_rng(3)
    writer = SparseWriter(tmp_path)
    for _ in range(40):
        writer.append(
            [
                dict(zip(random.choice(5000, 20, replace=False).tolist(), random.random(20).tolist(), strict=True))
                for _ in range(1000)
            ]
        )
    writer.flush()
    tracemalloc.start()
    writer.finish(np.arange(40_001))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000  # the postings alone are 800,000 times 8 bytes


def unit(random, count, dimensions=16):
    vectors = random.normal(size=(count, dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def colbert_score(query, text):
    """FlagEmbedding's colbert_score: einsum, max over text tokens, sum over query tokens, over their number."""
    return (query @ text.T).max(axis=1).sum() / len(query)


def test_max_sim_is_colbert_score():
    random = np.random.default_rng(1)
    query, texts = unit(random, 5), [unit(random, n) for n in (1, 7, 3)]
    found = max_sim(np.concatenate(texts) @ query.T, np.array([0, 1, 8]))
    np.testing.assert_allclose(found, [colbert_score(query, text) for text in texts], atol=1e-6)


def test_late_scores_within_the_error_of_int8(tmp_path):
    random = np.random.default_rng(2)
    rows, texts = np.array([7, 2, 40]), [unit(random, n) for n in (4, 1, 9)]
    writer = LateWriter(tmp_path, 16)
    assert writer.append(rows, texts)
    writer.finish()
    channel = LateChannel(tmp_path, 16)
    query = unit(random, 6)
    found = channel.scores(query, np.array([2, 3, 7, 40, 41]))
    assert np.isnan(found[[1, 4]]).all() and len(channel) == 3
    # Each of 16 values is off by half a step of at most 1 / 127.
    np.testing.assert_allclose(
        found[[0, 2, 3]], [colbert_score(query, texts[i]) for i in (1, 0, 2)], atol=0.5 / 127 * 16**0.5
    )


def test_late_keeps_the_most_used_tags_that_fit(tmp_path):
    random = np.random.default_rng(2)
    writer = LateWriter(tmp_path, 16)
    texts = [unit(random, 3) for _ in range(4)]
    assert not writer.append(np.array([9, 1, 5, 3]), texts, at_most=2 * 3 * 20)
    assert (writer.count, writer.size) == (2, 120)
    writer.finish()
    assert np.isnan(LateChannel(tmp_path, 16).scores(unit(random, 2), np.array([1, 3, 5, 9]))).tolist() == [
        False,
        True,
        True,
        False,
    ]
    assert (
        sum(path.stat().st_size for path in tmp_path.glob("vectors.*"))
        + sum(path.stat().st_size for path in tmp_path.glob("scales.*"))
        == 120
    )


def test_late_continues_after_a_checkpoint(tmp_path):
    random = np.random.default_rng(4)
    texts = [unit(random, n) for n in (2, 5, 3)]
    for folder, cut in (("whole", False), ("broken", True)):
        writer = LateWriter(tmp_path / folder, 16)
        writer.append(np.array([4, 0]), texts[:2])
        if cut:
            writer.append(np.array([8]), [unit(random, 6)])
            writer.close()
            writer = LateWriter(tmp_path / folder, 16, start=2)
        writer.append(np.array([2]), texts[2:])
        writer.finish()
    for path in (tmp_path / "whole").iterdir():
        assert path.read_bytes() == (tmp_path / "broken" / path.name).read_bytes()


def test_empty_late_channel(tmp_path):
    LateWriter(tmp_path, 16).finish()
    assert np.isnan(LateChannel(tmp_path, 16).scores(unit(np.random.default_rng(0), 2), np.array([0, 1]))).all()


@pytest.mark.parametrize("query_tokens", [0, 1])
def test_query_without_tokens(tmp_path, query_tokens):
    writer = LateWriter(tmp_path, 16)
    writer.append(np.array([0]), [unit(np.random.default_rng(0), 2)])
    writer.finish()
    found = LateChannel(tmp_path, 16).scores(unit(np.random.default_rng(1), query_tokens), np.array([0]))
    assert np.isnan(found[0]) == (query_tokens == 0)


@pytest.mark.parametrize("shape", [(0, 3, 16), (5, 1, 1024), (700, 1, 1024), (130, 17, 1024), (9, 300, 1024)])
def test_inner_products_in_blocks(shape):
    rows, queries, dimensions = shape
    random = np.random.default_rng(6)
    codes = random.integers(-127, 128, (rows, dimensions)).astype(np.int8)
    asked = unit(random, queries, dimensions)
    np.testing.assert_allclose(
        inner_products(codes, asked), codes.astype(np.float64) @ asked.T.astype(np.float64), atol=1e-2, rtol=1e-4
    )
