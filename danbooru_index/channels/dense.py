"""The dense channel: several texts a tag, each with its own vector; the best text of a tag wins.

Candidates come from Chroma's graph over projected vectors (graph.py) or from a scan of one-bit sketches (sketch.py), and
the exact vectors (vectors.py) score them. The graph is faster and takes seconds to open, so it is opened in the
background; sketches serve until then, and wherever filters leave too little for a graph to find.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from ..arrays.ragged import Ragged
from ..arrays.ranges import flat_ranges
from ..arrays.types import Columns, FloatArray, Int32Array, IntArray, UInt8Array
from ..corpus.texts import TextKind
from ..storage.files import map_array
from .allowed import Allowed
from .channel import Depth, Queries, Shown
from .graph import Graph
from .hubness import Hubness
from .sketch import Sketch
from .vectors import VectorFile

TEXTS = {Depth.WHOLE: 400, Depth.PART: 48}  # texts that are proposed for a query
TEXTS_OF_NAME = {Depth.WHOLE: 400, Depth.PART: 0}  # ... that is the name of a tag
GRAPH_DIMENSIONS = 128
SKETCHED = (
    4_000  # texts of which sketches propose twice as many as are wanted; the factor grows with the root of their number
)
LEAST_SKETCHED = 256  # texts that are proposed at least: scoring them costs next to nothing
GRAPH_CANDIDATES = 1000  # texts that the graph proposes
SCAN_AT_MOST = 3_000_000  # texts: up to here sketches are as fast as the graph, and find more (benchmarks/scale.md)
SELECTIONS = 3  # filters whose sketches are kept
GRAPH_SHARE = 0.9  # where a filter leaves less than this share of the texts, the graph finds too few that are allowed


def _in_background(make: Callable[[], Graph]) -> Future[Graph]:
    """The result to come of a daemon thread, which does not keep the process alive."""
    future: Future[Graph] = Future()

    def run() -> None:
        try:
            future.set_result(make())
        except BaseException as error:  # it is raised again by result()
            future.set_exception(error)

    threading.Thread(target=run, name="danbooru-index-graph", daemon=True).start()
    return future


class DenseChannel:
    """Finds tags by meaning. `rows` and `kinds` give each text's tag row (ascending) and TextKind."""

    name: ClassVar[str] = "dense"
    shown: ClassVar[Shown] = {"dense": ("dense",)}
    reranks: ClassVar[int | None] = None

    def __init__(self, folder: Path, graph_folder: Path, dimensions: int) -> None:
        self.vectors = VectorFile(folder, dimensions)
        self.rows: Int32Array = map_array(folder / "rows.npy")
        self.kinds: UInt8Array = map_array(folder / "kinds.npy")
        self._starts: IntArray = map_array(folder / "starts.npy")
        self._projection: FloatArray = np.asarray(map_array(folder / "projection.npy"))
        self._graph_folder = graph_folder
        self.sketch = Sketch.open(folder)
        # Masks are compared by identity: a sentence asks for all its things under one, and so do most searches.
        self._selected = lru_cache(maxsize=SELECTIONS)(self._select)
        self.hubness = Hubness(folder)
        self.used = "nothing yet"  # how the last candidates were found, for people
        self._opening: Future[Graph] | None = None
        self._lock = threading.Lock()

    @property
    def graph(self) -> Graph | None:
        """Chroma's graph, None while it is being opened, which begins here."""
        with self._lock:
            if self._opening is None:
                self._opening = _in_background(lambda: Graph(self._graph_folder))
            return self._opening.result() if self._opening.done() else None

    def open(self) -> None:
        """Wait until the graph is open."""
        if self.graph is None and self._opening is not None:
            self._opening.result()

    def propose(self, queries: Queries, depth: Depth) -> list[IntArray]:
        """See Channel.propose. A query that is a name needs fewer relatives."""
        texts = [(TEXTS_OF_NAME if len(named) else TEXTS)[depth] for named in queries.named]
        return [
            self.candidates(queries.dense[i], max(2 * queries.limits[i], wanted), queries.allowed[i])
            if wanted
            else np.zeros(0, np.int64)
            for i, wanted in enumerate(texts)
        ]

    def score(self, queries: Queries, rows: Ragged) -> Columns:
        """`dense` is the best inner product of a tag's texts and `matched` the TextKind of that text; `dense/KIND` the best of
        one kind, -1 where a tag has none; `hubness` that of the best text (hubness.py)."""
        by_kind, best = self.compare(queries.dense, rows)
        kinds = {f"dense/{kind.name.lower()}": by_kind[:, kind] for kind in TextKind}
        matched = by_kind.argmax(axis=1).astype(np.uint8)
        return {"dense": by_kind.max(axis=1), **kinds, "matched": matched, "hubness": self.hubness.of(best)}

    def candidates(self, query: FloatArray, k: int, allowed: Allowed | None = None) -> IntArray:
        """Distinct rows of tags near one (d,) query, ascending: those of the k best texts."""
        texts = self._from_graph(query, k, allowed)
        if texts is None:
            sketch = self.sketch if allowed is None else self._selected(allowed)
            wanted = k + int(k * (sketch.count / SKETCHED) ** 0.5)
            texts = sketch.nearest(query, max(wanted, LEAST_SKETCHED))
        return np.unique(self.rows[self._best(query, texts, k)]).astype(np.int64)

    def _select(self, allowed: Allowed) -> Sketch:
        return self.sketch.select(allowed.tags[self.rows])

    def _from_graph(self, query: FloatArray, k: int, allowed: Allowed | None) -> IntArray | None:
        """What the graph proposes; None where sketches serve better: small indexes, narrow filters, and while it opens."""
        if self.vectors.count <= SCAN_AT_MOST or (
            allowed is not None and self._selected(allowed).count < GRAPH_SHARE * self.vectors.count
        ):
            self.used = "sketches"
            return None
        graph = self.graph
        self.used = "graph" if graph is not None else "sketches (the graph is being opened)"
        if graph is None:
            return None
        found = graph.nearest((query @ self._projection)[None, :], max(k, GRAPH_CANDIDATES))[0]
        return found if allowed is None else found[allowed.tags[self.rows[found]]]

    def _best(self, query: FloatArray, texts: IntArray, k: int) -> IntArray:
        if len(texts) <= k:
            return texts
        return texts[np.argpartition(-self.vectors.score(query[None, :], texts)[0], k)[:k]]

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
        """Let go of the folder."""
        held = vars(self)
        opening = held.get("_opening")
        held.clear()  # the cache of `_select` refers to this object, which would keep its mappings open for long
        if opening is not None:
            opening.result().close()
