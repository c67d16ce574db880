"""The dense channel: several texts per tag, each with its own vector; the best text of a tag wins.

A store (dense_store.py) proposes tags near a query, and the exact vectors (vectors.py) score them.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np

from ..arrays.ragged import Ragged
from ..arrays.ranges import flat_ranges
from ..arrays.types import Columns, FloatArray, Int32Array, IntArray, UInt8Array
from ..corpus.texts import TextKind
from ..storage.files import map_array
from .channel import Depth, Queries, Shown
from .dense_store import DenseStore, SketchStore
from .hubness import Hubness
from .row_filter import RowFilter
from .sketch import Sketch
from .vectors import VectorFile

TEXTS = {Depth.WHOLE: 400, Depth.PART: 48}  # texts that are proposed for a query
TEXTS_OF_NAME = {Depth.WHOLE: 400, Depth.PART: 0}  # ... that is the name of a tag


class DenseChannel:
    """Finds tags by meaning. `rows` and `kinds` give each text's tag row (ascending) and TextKind."""

    name: ClassVar[str] = "dense"
    shown: ClassVar[Shown] = {"dense": ("dense",)}
    reranks: ClassVar[int | None] = None

    def __init__(self, folder: Path, dimensions: int) -> None:
        self.vectors = VectorFile(folder, dimensions)
        self.kinds: UInt8Array = map_array(folder / "kinds.npy")
        self._starts: IntArray = map_array(folder / "starts.npy")
        self.rows: Int32Array = np.repeat(np.arange(len(self._starts) - 1, dtype=np.int32), np.diff(self._starts))
        self.hubness = Hubness(folder)
        self.sketches = SketchStore(Sketch.open(folder), self.vectors, self.rows)
        self.store: DenseStore = self.sketches

    def propose(self, queries: Queries, depth: Depth) -> list[IntArray]:
        """See Channel.propose. A query that is a name needs fewer relatives."""
        found = [np.zeros(0, np.int64) for _ in queries.named]
        alike: dict[tuple[int, int], list[int]] = {}  # queries that want as many tags under the same filter
        for i, named in enumerate(queries.named):
            if wanted := (TEXTS_OF_NAME if len(named) else TEXTS)[depth]:
                alike.setdefault((max(2 * queries.limits[i], wanted), id(queries.allowed[i])), []).append(i)
        for (k, _), members in alike.items():
            near = self.store.nearest(queries.dense[members], k, queries.allowed[members[0]])
            for i, rows in zip(members, near, strict=True):
                found[i] = rows
        return found

    def score(self, queries: Queries, rows: Ragged) -> Columns:
        """`dense` is the best inner product of a tag's texts and `matched` the TextKind of that text.

        `dense/KIND` is the best of one kind, -1 where a tag has none; `hubness` that of the best text (hubness.py).
        """
        by_kind, best = self.compare(queries.dense, rows)
        kinds = {f"dense/{kind.name.lower()}": by_kind[:, kind] for kind in TextKind}
        matched = by_kind.argmax(axis=1).astype(np.uint8)
        return {"dense": by_kind.max(axis=1), **kinds, "matched": matched, "hubness": self.hubness.of(best)}

    def candidates(self, query: FloatArray, k: int, allowed: RowFilter | None = None) -> IntArray:
        """Distinct ascending rows of tags near one (d,) query: those of about the k best texts."""
        return self.store.nearest(query[None, :], k, allowed)[0]

    def compare(self, queries: FloatArray, tags: Ragged) -> tuple[FloatArray, IntArray]:
        """Compare each of (q, d) queries with a list of tags.

        :returns: (n, kinds) float32, the best inner product of each tag's texts of each TextKind, -1 where it has none; and
            (n,) the number of each tag's best text, -1 for a tag without texts.
        """
        rows = tags.values
        texts, places = flat_ranges(self._starts[rows], self._starts[rows + 1])
        bounds = np.searchsorted(places, tags.starts)
        scores = np.concatenate(
            [self.vectors.score(query[None, :], texts[bounds[i] : bounds[i + 1]])[0] for i, query in enumerate(queries)]
        )
        table = np.full(len(rows) * len(TextKind), -1.0, np.float32)
        np.maximum.at(table, places * len(TextKind) + self.kinds[texts], scores)
        by_kind = table.reshape(len(rows), len(TextKind))
        best = np.full(len(rows), -1, np.int64)
        leading = np.flatnonzero(scores == by_kind.max(axis=1)[places])
        best[places[leading]] = texts[leading]
        return by_kind, best

    def close(self) -> None:
        """Close the store and the files."""
        self.store.close()
        vars(self).clear()  # the cache of a store refers to its arrays, which would keep their mappings open for long
