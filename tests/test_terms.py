"""Sets of terms against a plain reference: cosines of idf vectors, written out document by document."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from danbooru_index.channels import postings as postings_module
from danbooru_index.channels.terms import TermIndex, write_terms

DOCUMENTS = st.lists(st.sets(st.integers(0, 12), max_size=6), max_size=12)
QUERIES = st.lists(st.sets(st.integers(0, 14), min_size=1, max_size=6), min_size=1, max_size=4)


def index_of(folder: Path, documents: list[set[int]]) -> TermIndex:
    pairs = sorted((term, document) for document, terms in enumerate(documents) for term in terms)
    keys = np.array([term for term, _ in pairs], np.uint64)
    folder.mkdir()
    write_terms(folder, keys, np.array([document for _, document in pairs], np.int32), len(documents))
    return TermIndex(folder)


def reference(documents: list[set[int]], query: set[int], document: int) -> float:
    """The cosine of two sets of terms, each weighed by ln((1 + N) / (1 + n)) + 1."""
    count = len(documents)
    idf = {t: math.log((1 + count) / (1 + sum(t in d for d in documents))) + 1 for t in range(15)}
    lengths = [math.sqrt(sum(idf[t] ** 2 for t in terms)) for terms in (query, documents[document])]
    shared = sum(idf[t] ** 2 for t in query & documents[document])
    return shared / (lengths[0] * lengths[1]) if shared else 0.0


@settings(max_examples=150, deadline=None)
@given(
    documents=DOCUMENTS,
    queries=QUERIES,
    common=st.integers(1, 13),
    rare=st.integers(0, 3),
    block=st.sampled_from((1, 3, 1 << 16)),
)
def test_cosines_of_given_documents_and_of_found_ones(
    documents: list[set[int]], queries: list[set[int]], common: int, rare: int, block: int, tmp_path_factory
) -> None:
    """However many terms are common ones, and documents in a block."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("COMMON", common), ("RARE", rare), ("BLOCK", block)):
            patch.setattr(postings_module, name, value)
        _compare(index_of(tmp_path_factory.mktemp("terms") / "index", documents), documents, queries)


def _compare(index: TermIndex, documents: list[set[int]], queries: list[set[int]]) -> None:
    pairs = sorted((owner, key) for owner, terms in enumerate(queries) for key in terms)
    asked = index.queries(
        np.array([key for _, key in pairs], np.uint64), np.array([owner for owner, _ in pairs], np.int64), len(queries)
    )
    rows = np.tile(np.arange(len(documents)), len(queries))
    owners = np.repeat(np.arange(len(queries)), len(documents))
    cosines = index.cosines(asked, rows, index.hits(asked, rows, owners))
    wanted = [reference(documents, query, d) for query in queries for d in range(len(documents))]
    assert np.allclose(cosines, wanted, atol=1e-5)
    found, scores, bounds = index.find(asked, budget=10**9)
    for i, query in enumerate(queries):
        part = slice(int(bounds[i]), int(bounds[i + 1]))
        assert found[part].tolist() == [d for d, terms in enumerate(documents) if terms & query]
        assert np.allclose(scores[part], [reference(documents, query, d) for d in found[part]], atol=1e-5)


def test_a_budget_reads_the_rarest_terms_and_at_least_one(tmp_path: Path) -> None:
    index = index_of(tmp_path / "index", [{1, 2}, {1, 3}, {1}, {4}])
    asked = index.queries(np.array([1, 2, 1], np.uint64), np.array([0, 0, 1], np.int64), 3)
    found, _, bounds = index.find(asked, budget=1)
    assert found.tolist() == [0, 0, 1, 2]  # term 2 of the first query; the only term of the second; the third has none
    assert bounds.tolist() == [0, 1, 4, 4]


def test_the_heaviest_terms_are_kept_by_their_strength(tmp_path: Path) -> None:
    index = index_of(tmp_path / "index", [{1}, {2}, {3}])
    strengths = np.array([0.1, 1.0, 0.5], np.float32)
    asked = index.queries(np.array([1, 2, 3], np.uint64), np.zeros(3, np.int64), 1, strengths, most=2)
    found, scores, _ = index.find(asked, budget=100)
    assert found.tolist() == [1, 2]
    assert np.allclose(scores, [1.0 / math.sqrt(1.25), 0.5 / math.sqrt(1.25)], atol=1e-6)
