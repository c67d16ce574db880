"""The dense channel: several texts a tag, each with its own vector; the best text of a tag wins.

A graph over projected vectors (graph.py) proposes texts, and the exact vectors (vectors.py) score them. Where filters
leave only a small part of the tags, the exact vectors of that part are scanned instead, since a graph finds few allowed
neighbours among many forbidden ones.
"""

from __future__ import annotations

import threading
from enum import IntEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..files import map_array
from .graph import Graph
from .vectors import FloatArray, VectorFile

GRAPH_DIMENSIONS = 256
SCAN_BLOCK = 16_384
SCAN_AT_MOST = 60_000  # texts: a scan of so many takes about as long as a wide graph search
MAX_OVERSAMPLING = 4.0


class TextKind(IntEnum):
    """What a text says about its tag. The numbers are stored in indexes."""

    TAG = 0
    NAME = 1
    JOINED = 2
    DEFINITION = 3
    ALIAS = 4


def fit_projection(sample: FloatArray, dimensions: int) -> FloatArray:
    """(n, d) vectors -> (d, k) orthonormal columns that keep most of their inner products, k = min(d, dimensions).

    The leading right singular vectors of the sample (uncentred PCA), from the eigenvectors of its Gram matrix.
    """
    gram = sample.T.astype(np.float64) @ sample.astype(np.float64)
    _, vectors = np.linalg.eigh(gram)
    return np.ascontiguousarray(vectors[:, ::-1][:, :dimensions], dtype=np.float32)


class DenseChannel:
    """Finds tags by meaning. `rows` and `kinds` give each text's tag row (ascending) and TextKind."""

    def __init__(self, folder: Path, graph_folder: Path, dimensions: int) -> None:
        self.vectors = VectorFile(folder, dimensions)
        self.rows: npt.NDArray[np.int32] = map_array(folder / "rows.npy")
        self.kinds: npt.NDArray[np.uint8] = map_array(folder / "kinds.npy")
        self._starts: npt.NDArray[np.int64] = map_array(folder / "starts.npy")
        self._projection: FloatArray = np.asarray(map_array(folder / "projection.npy"))
        self._graph_folder = graph_folder
        self._graph: Graph | None = None
        self._lock = threading.Lock()

    @property
    def graph(self) -> Graph:
        """Chroma's graph, opened at the first use."""
        with self._lock:
            if self._graph is None:
                self._graph = Graph(self._graph_folder)
            return self._graph

    def candidates(self, queries: FloatArray, k: int, allowed: npt.NDArray[np.bool_] | None = None) -> list[npt.NDArray[np.int64]]:
        """For each of (q, d) queries, distinct rows of tags near it, in no order.

        `k` is the number of texts to consider; `allowed` a mask over rows, None for all of them.
        """
        share = 1.0
        if allowed is not None:
            texts = np.flatnonzero(allowed[self.rows])
            share = len(texts) / max(1, len(self.rows))
            if len(texts) <= SCAN_AT_MOST or share * MAX_OVERSAMPLING < 1.0:
                return self._scan(queries, k, texts)
        found = self.graph.nearest(queries @ self._projection, int(k / max(share, 1.0 / MAX_OVERSAMPLING)))
        rows = [np.unique(self.rows[texts]).astype(np.int64) for texts in found]
        return rows if allowed is None else [r[allowed[r]] for r in rows]

    def _scan(self, queries: FloatArray, k: int, texts: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
        scores = np.empty((len(queries), len(texts)), np.float32)
        for start in range(0, len(texts), SCAN_BLOCK):
            block = texts[start : start + SCAN_BLOCK]
            scores[:, start : start + SCAN_BLOCK] = self.vectors.score(queries, block)
        best = np.argpartition(-scores, k, axis=1)[:, :k] if len(texts) > k else np.tile(np.arange(len(texts)), (len(queries), 1))
        return [np.unique(self.rows[texts[chosen]]).astype(np.int64) for chosen in best]

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
        if self._graph is not None:
            self._graph.close()
