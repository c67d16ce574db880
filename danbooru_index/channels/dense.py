"""The dense channel: several texts a tag, each with its own vector; the best text of a tag wins.

Candidates come from Chroma's graph over projected vectors (graph.py) or from a scan of one-bit sketches (sketch.py), and
the exact vectors (vectors.py) score them. The graph is faster and takes seconds to open, so it is opened in the
background; sketches serve until then, and wherever filters leave too little for a graph to find.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from enum import IntEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..files import map_array
from .graph import Graph
from .hubness import Hubness
from .sketch import Sketch
from .vectors import FloatArray, VectorFile

GRAPH_DIMENSIONS = 128
CANDIDATES = 5000  # texts that sketches propose for the exact vectors to score
GRAPH_CANDIDATES = 1000  # texts that the graph proposes
SCAN_AT_MOST = 3_000_000  # texts: up to here sketches are as fast as the graph, and find more (benchmarks/scale.md)
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


class TextKind(IntEnum):
    """What a text says about its tag. The numbers are stored in indexes."""

    TAG = 0
    NAME = 1
    JOINED = 2
    DEFINITION = 3
    ALIAS = 4


class DenseChannel:
    """Finds tags by meaning. `rows` and `kinds` give each text's tag row (ascending) and TextKind."""

    def __init__(self, folder: Path, graph_folder: Path, dimensions: int) -> None:
        self.vectors = VectorFile(folder, dimensions)
        self.rows: npt.NDArray[np.int32] = map_array(folder / "rows.npy")
        self.kinds: npt.NDArray[np.uint8] = map_array(folder / "kinds.npy")
        self._starts: npt.NDArray[np.int64] = map_array(folder / "starts.npy")
        self._projection: FloatArray = np.asarray(map_array(folder / "projection.npy"))
        self._graph_folder = graph_folder
        self.sketch = Sketch(folder)
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

    def candidates(
        self, queries: FloatArray, k: int, allowed: npt.NDArray[np.bool_] | None = None
    ) -> list[npt.NDArray[np.int64]]:
        """For each of (q, d) queries, distinct rows of tags near it: those of the k best texts, in no order.

        `allowed` is a mask over rows, None for all of them.
        """
        mask = None if allowed is None else allowed[self.rows]
        found = self._from_graph(queries, k, mask)
        if found is None:
            found = [self.sketch.nearest(query, max(k, CANDIDATES), mask) for query in queries]
        return [
            np.unique(self.rows[self._best(query, texts, k)]).astype(np.int64)
            for query, texts in zip(queries, found, strict=True)
        ]

    def _from_graph(
        self, queries: FloatArray, k: int, mask: npt.NDArray[np.bool_] | None
    ) -> list[npt.NDArray[np.int64]] | None:
        """What the graph proposes; None where sketches serve better: small indexes, narrow filters, and while it opens."""
        if self.vectors.count <= SCAN_AT_MOST or (
            mask is not None and np.count_nonzero(mask) < GRAPH_SHARE * len(mask)
        ):
            self.used = "sketches"
            return None
        graph = self.graph
        self.used = "graph" if graph is not None else "sketches (the graph is being opened)"
        if graph is None:
            return None
        found = graph.nearest(queries @ self._projection, max(k, GRAPH_CANDIDATES))
        return found if mask is None else [texts[mask[texts]] for texts in found]

    def _best(self, query: FloatArray, texts: npt.NDArray[np.int64], k: int) -> npt.NDArray[np.int64]:
        if len(texts) <= k:
            return texts
        return texts[np.argpartition(-self.vectors.score(query[None, :], texts)[0], k)[:k]]

    def score(self, query: FloatArray, rows: npt.NDArray[np.int64]) -> tuple[FloatArray, npt.NDArray[np.int64]]:
        """Score all texts of some tags against one (d,) query.

        :returns: (n, kinds) float32, the best inner product of each tag's texts of each TextKind, -1 where it has none;
            and (n,) the number of each tag's best text, -1 for a tag without texts.
        """
        starts, ends = self._starts[rows], self._starts[rows + 1]
        counts = ends - starts
        owner = np.repeat(np.arange(len(rows)), counts)
        texts = np.arange(int(counts.sum())) + np.repeat(starts - np.r_[0, np.cumsum(counts)[:-1]], counts)
        scores = self.vectors.score(query[None, :], texts)[0] if len(texts) else np.zeros(0, np.float32)
        table = np.full((len(rows), len(TextKind)), -1.0, np.float32)
        np.maximum.at(table, (owner, self.kinds[texts]), scores)
        best = np.full(len(rows), -1, np.int64)
        order = np.lexsort((scores, owner))
        last = np.flatnonzero(np.r_[owner[order][1:] != owner[order][:-1], True]) if len(order) else order
        best[owner[order][last]] = texts[order][last]
        return table, best

    def close(self) -> None:
        """Let go of the folder."""
        if self._opening is not None:
            self._opening.result().close()
