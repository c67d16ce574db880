"""Channels have one shape: what each proposes and scores, and what becomes of one that nobody knew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from builds import WordEncoder, tag_lines, write_lines

from danbooru_index.arrays.ragged import Ragged
from danbooru_index.channels.channel import Depth, Queries
from danbooru_index.index.index import Index
from danbooru_index.indexing import build_index
from danbooru_index.records import Category, SearchRequest
from danbooru_index.search.candidates import score_columns
from danbooru_index.search.engine import search
from danbooru_index.search.score import best_hits, encode_queries, score_candidates
from danbooru_index.text.fold import fold


@pytest.fixture
def index(corpus: Path, tmp_path: Path) -> Iterator[Index]:
    """An index with every channel."""
    build_index(corpus, tmp_path / "index", WordEncoder())
    with Index(tmp_path / "index", encoder=WordEncoder()) as opened:
        yield opened


def queries_of(index: Index, requests: list[SearchRequest]) -> Queries:
    vectors = encode_queries(index, [request.text for request in requests])
    return Queries(
        folded=[fold(request.text) for request in requests],
        limits=[request.limit for request in requests],
        dense=np.stack([one.dense for one in vectors]),
        terms=[one.sparse for one in vectors],
        tokens=[one.tokens for one in vectors],
        named=[np.zeros(0, np.int64) for _ in requests],
        allowed=[index.store.allowed(request.filter) for request in requests],
        popularity=index.store.popularity,
    )


def test_every_channel_keeps_the_protocol(index: Index) -> None:
    assert [channel.name for channel in index.channels] == ["dense", "lexical", "words", "sparse", "late"]
    characters = (Category.CHARACTER,)
    requests = [
        SearchRequest("long hair"),
        SearchRequest("hatsune miku 初音", categories=characters),
        SearchRequest("!"),
    ]
    queries = queries_of(index, requests)
    lists = [np.array([2, 5, 7]), np.zeros(0, np.int64), np.array([0, 1, 2, 3])]
    for channel in index.channels:
        for depth in Depth:
            proposed = channel.propose(queries, depth)
            assert len(proposed) == 3 and all(rows.dtype == np.int64 for rows in proposed)
            assert set(index.store.category[proposed[1]].tolist()) <= {int(Category.CHARACTER)}
        columns = channel.score(queries, Ragged.of(lists))
        assert {name for shown in channel.shown.values() for name in shown} <= set(columns)
        assert {len(column) for column in columns.values()} == {7}
        # A query's scores do not depend on what is asked beside it.
        alone = channel.score(queries_of(index, requests[2:]), Ragged.of(lists[2:]))
        for name, column in columns.items():
            assert np.allclose(column[3:], alone[name], equal_nan=True, atol=1e-5), name


def test_columns_are_told_once(index: Index) -> None:
    """No channel overwrites what another says."""
    queries = queries_of(index, [SearchRequest("long hair")])
    rows = Ragged.of([np.array([1, 4])])
    own = [set(channel.score(queries, rows)) for channel in index.channels if channel.reranks is None]
    assert sum(map(len, own)) == len(set().union(*own))
    shared = set(score_columns(index, queries, rows)) - set().union(*own)
    assert shared == {"popularity", "category", "letters", "tag_words", "qualified", "names"}


class OneTag:
    """A channel that knows one thing: the tag of row 1 answers everything."""

    name: ClassVar[str] = "one"
    shown: ClassVar = {"one": ("one",)}
    reranks: ClassVar[int | None] = None

    def propose(self, queries: Queries, depth: Depth) -> list[np.ndarray]:
        return [np.array([1]) for _ in queries.folded]

    def score(self, queries: Queries, rows: Ragged) -> dict[str, np.ndarray]:
        return {"one": (rows.values == 1).astype(np.float32)}


def test_a_new_channel_proposes_and_is_explained(tmp_path: Path) -> None:
    build_index(write_lines(tmp_path / "corpus.jsonl", tag_lines(1000)), tmp_path / "index", WordEncoder())
    request = SearchRequest("red thing", nsfw="include")
    with Index(tmp_path / "index", encoder=WordEncoder()) as index:
        queries = encode_queries(index, [request.text])
        (scored,) = score_candidates(index, [request], queries)
        assert 1 not in scored.rows
        vars(index)["channels"] = (*index.channels, OneTag())
        (scored,) = score_candidates(index, [request], queries)
        hits = best_hits(index, scored, len(scored.rows))
        assert [hit.tag for hit in hits if hit.channels["one"]] == [index.store.record(1).tag]
        assert search(index, request).hits[0].channels["one"] == 0.0
