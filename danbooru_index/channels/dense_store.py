"""Where the dense channel looks for tags near a query: local sketches, or a Chroma collection in the index or on a server."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import numpy as np

from ..arrays.types import FloatArray, Int32Array, IntArray, UInt64Array
from ..storage.hashes import hash64
from .chroma import Collection
from .row_filter import RowFilter
from .sketch import Sketch
from .vectors import VectorFile

SKETCHED = (
    4_000  # texts of which sketches propose twice as many as wanted; the factor grows with the root of their number
)
LEAST_SKETCHED = 256  # texts that are proposed at least: scoring them costs next to nothing
SELECTIONS = 3  # filters whose sketches are kept
HASHED = 50_000  # ids whose hashes are kept: a proposal of Chroma has a thousand, and popular ones come again
BROAD = 0.75  # where a filter leaves less than this share of the tags, the sketches under that filter find more


class DenseStore(Protocol):
    """Finds tags near a query. `label` says in reports what it is."""

    label: str

    def nearest(self, queries: FloatArray, k: int, allowed: RowFilter | None) -> list[IntArray]:
        """For each of (q, d) queries distinct ascending rows of tags near it, as many as have the k best texts."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


class SketchStore:
    """A scan of one-bit sketches, whose best texts the exact vectors score. `rows` gives each text's tag, ascending."""

    def __init__(self, sketch: Sketch, vectors: VectorFile, rows: Int32Array, label: str = "sketches") -> None:
        self.label = label
        self._sketch, self._vectors, self._rows = sketch, vectors, rows
        # Masks are compared by identity: a sentence asks for all its things under one, and so do most searches.
        self._selected = lru_cache(maxsize=SELECTIONS)(self._select)

    def _select(self, allowed: RowFilter) -> Sketch:
        return self._sketch.select(allowed.tags[self._rows])

    def nearest(self, queries: FloatArray, k: int, allowed: RowFilter | None = None) -> list[IntArray]:
        """See DenseStore."""
        sketch = self._sketch if allowed is None else self._selected(allowed)
        wanted = k + int(k * (sketch.count / SKETCHED) ** 0.5)
        near = sketch.nearest(queries, max(wanted, LEAST_SKETCHED))
        best = (self._best(query, texts, k) for query, texts in zip(queries, near, strict=True))
        return [np.unique(self._rows[texts]).astype(np.int64) for texts in best]

    def _best(self, query: FloatArray, texts: IntArray, k: int) -> IntArray:
        if len(texts) <= k:
            return texts
        return texts[np.argpartition(-self._vectors.score(query[None, :], texts)[0], k)[:k]]

    def close(self) -> None:
        """Close the files: the cache refers to this object, which would keep their mappings open for long."""
        vars(self).clear()


class ChromaStore:
    """A Chroma collection, and sketches for what it cannot answer: narrow filters, and tags that it does not hold.

    `hashes` (tags,) are those of the ids of all tags (storage/hashes.py), by which the rows of an answer are found; `held` is
    a mask of the tags that the collection holds.
    """

    def __init__(
        self, collection: Collection, sketches: SketchStore, hashes: UInt64Array, held: RowFilter | None, label: str
    ) -> None:
        self.label = label
        self._collection, self._sketches = collection, sketches
        self._order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[self._order]
        self._others = None if held is None else RowFilter(~held.tags)
        self._hash_of = lru_cache(maxsize=HASHED)(hash64)

    def nearest(self, queries: FloatArray, k: int, allowed: RowFilter | None = None) -> list[IntArray]:
        """See DenseStore. A query's texts are shared by fewer tags than k, so k tags are more than enough."""
        share = 1.0 if allowed is None else allowed.share
        if share < BROAD:
            return self._sketches.nearest(queries, k, allowed)
        found = [self._rows_of(self._collection.nearest(query, int(k / share))) for query in queries]
        if self._others is not None:
            others = self._sketches.nearest(queries, k, self._others)
            found = [np.r_[pair] for pair in zip(found, others, strict=True)]
        return [np.unique(rows if allowed is None else rows[allowed.tags[rows]]) for rows in found]

    def _rows_of(self, tags: list[str]) -> IntArray:
        wanted = np.array([self._hash_of(tag) for tag in tags], np.uint64)
        places = np.searchsorted(self._hashes, wanted).clip(max=len(self._hashes) - 1)
        rows: IntArray = self._order[places[self._hashes[places] == wanted]]
        return rows

    def close(self) -> None:
        """Close the collection and the files."""
        self._collection.close()
        self._sketches.close()
