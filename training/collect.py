"""Candidates of judged queries with their features, through the same code that serves a search."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from danbooru_index.evaluation.searches import DEPTH, Query, keep_known
from danbooru_index.index.index import Index
from danbooru_index.ranking import FEATURES, feature_table
from danbooru_index.records import SearchRequest
from danbooru_index.search.score import encode_queries, score_candidates, with_spelling

_BATCH = 64


@dataclass(frozen=True)
class Data:
    """Candidates of all queries, one after the other.

    `features` (n, f) float16, `right` (n,) whether each is wanted, `exact` (n,) what search adds to its score where the
    query is its name.

    `starts` (q + 1,) bounds each query's part of them; `wanted` (q,) is how many tags a query wants, found or not; `sets` (q,) is
    "corpus/set".
    """

    features: npt.NDArray[np.float16]
    right: npt.NDArray[np.bool_]
    exact: npt.NDArray[np.float32]
    starts: npt.NDArray[np.int64]
    queries: list[str]
    sets: npt.NDArray[np.str_]
    wanted: npt.NDArray[np.int64]

    def part(self, q: int) -> slice:
        """The candidates of query `q`."""
        return slice(int(self.starts[q]), int(self.starts[q + 1]))

    @property
    def corpora(self) -> npt.NDArray[np.str_]:
        """(q,) the corpus of each query."""
        return np.array([name.split("/")[0] for name in self.sets])

    def first_half(self) -> npt.NDArray[np.bool_]:
        """(q,) whether a query is of the first half: by a hash of its text, so that no text is ever in both."""
        return np.array([hashlib.sha256(text.encode()).digest()[0] % 2 == 0 for text in self.queries])

    def save(self, path: Path) -> None:
        """Write everything, with the names of the features."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            path, features=self.features, right=self.right, exact=self.exact, starts=self.starts, sets=self.sets,
            wanted=self.wanted, names=np.array(FEATURES), queries=json.dumps(self.queries, ensure_ascii=False),
        )  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> Data:
        """Read it; raises ValueError when the engine has other features by now."""
        stored = np.load(path)
        if tuple(stored["names"]) != FEATURES:
            raise ValueError(f"{path} was collected for other features.")
        arrays = [stored[name] for name in ("features", "right", "exact", "starts")]
        return cls(*arrays, json.loads(str(stored["queries"])), stored["sets"], stored["wanted"])

    @classmethod
    def join(cls, parts: list[Data]) -> Data:
        """Several as one."""
        counts = np.concatenate([np.diff(part.starts) for part in parts])
        arrays = [np.concatenate([getattr(part, name) for part in parts]) for name in ("features", "right", "exact")]
        queries = [text for part in parts for text in part.queries]
        of = [np.concatenate([getattr(part, name) for part in parts]) for name in ("sets", "wanted")]
        return cls(*arrays, np.r_[0, np.cumsum(counts)], queries, *of)


def collect(index: Index, corpus: str, sets: dict[str, list[Query]], only_known: bool = False) -> Data:
    """The candidates of every query; with `only_known` of those whose wanted tags the index has."""
    tags = np.array([record.tag for record in index.store.rows()])
    features, right, exact, counts, asked, names = [], [], [], [], [], []
    for name, queries in sets.items():
        judged = keep_known(queries, index) if only_known else queries
        for start in range(0, len(judged), _BATCH):
            batch = judged[start : start + _BATCH]
            requests = [with_spelling(index, SearchRequest(q.text, limit=DEPTH, nsfw="include")) for q in batch]
            vectors = encode_queries(index, [request.text for request in requests])
            for query, request, one in zip(batch, requests, score_candidates(index, requests, vectors), strict=True):
                table = feature_table(request.text, one.columns, index.similarity_floor)
                features.append(table.astype(np.float16))
                right.append(np.isin(tags[one.rows], list(query.relevant)))
                exact.append(one.exact)
                counts.append(len(one.rows))
                asked.append(query)
                names.append(f"{corpus}/{name}")
    texts, wanted = [query.text for query in asked], np.array([len(query.relevant) for query in asked])
    arrays = (np.concatenate(features), np.concatenate(right), np.concatenate(exact))
    return Data(*arrays, np.r_[0, np.cumsum(counts)], texts, np.array(names), wanted)
