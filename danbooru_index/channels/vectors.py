"""Dense vectors of every text, kept in int8 with one scale per vector, memory-mapped: the exact re-score of candidates."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..arrays.products import product
from ..arrays.types import FloatArray, Int8Array, IntArray
from ..storage.files import AppendFile, GrowsTogether
from ..storage.raw import map_raw

VECTORS_FILE = "vectors.i8"
SCALES_FILE = "scales.f32"


def quantise(vectors: FloatArray) -> tuple[Int8Array, FloatArray]:
    """(n, d) float32 -> (n, d) int8 and (n,) float32 scales, so that `codes * scale` is the vector within scale / 2.

    >>> codes, scales = quantise(np.array([[0.5, -1.0]], np.float32))
    >>> codes.tolist(), round(float(scales[0]), 5)
    ([[64, -127]], 0.00787)
    """
    peak = np.abs(vectors).max(axis=1) if vectors.size else np.zeros(len(vectors), np.float32)
    scales = np.where(peak > 0, peak / 127.0, 1.0).astype(np.float32)
    return np.rint(vectors / scales[:, None]).astype(np.int8), scales


FLOOR_SAMPLE = 2000  # texts
_ROWS = 512  # converted to float32 at once: they stay in the processor's cache


def inner_products(codes: Int8Array, queries: FloatArray, rows: IntArray | None = None) -> FloatArray:
    """(n, q) float32 inner products of (n, d) codes, or of these rows of them alone, with (q, d) queries."""
    count = len(codes) if rows is None else len(rows)
    result = np.empty((count, len(queries)), np.float32)
    columns = np.ascontiguousarray(queries.T)
    for start in range(0, count, _ROWS):
        block = slice(start, start + _ROWS)
        part = codes[block] if rows is None else codes.take(rows[block], axis=0)
        result[block] = product(part.astype(np.float32), columns)
    return result


class VectorWriter(GrowsTogether):
    """Appends quantised vectors to two raw files; reopened with `start` it goes on after that many vectors."""

    def __init__(self, folder: Path, dimensions: int, *, start: int = 0) -> None:
        self.count = start
        self._codes = AppendFile(folder / VECTORS_FILE, np.int8, start=start, width=dimensions)
        self._scales = AppendFile(folder / SCALES_FILE, np.float32, start=start)

    def append(self, codes: Int8Array, scales: FloatArray) -> None:
        """Append (n, d) codes with their (n,) scales, as `quantise` makes them."""
        self._codes.append(codes)
        self._scales.append(scales)
        self.count += len(scales)

    def _files(self) -> tuple[AppendFile, AppendFile]:
        return self._codes, self._scales


class VectorFile:
    """Read-only view of the vectors of an index: `count` vectors of `dimensions`."""

    def __init__(self, folder: Path, dimensions: int) -> None:
        self.dimensions = dimensions
        self._codes: Int8Array = map_raw(folder / VECTORS_FILE, np.int8, width=dimensions)
        self.count = len(self._codes)
        self._scales = np.fromfile(folder / SCALES_FILE, np.float32)

    def quantised(self, rows: IntArray | slice) -> tuple[Int8Array, FloatArray]:
        """Codes (n, d) and scales (n,) of these rows, as they are stored."""
        return np.asarray(self._codes[rows]), self._scales[rows]

    def gather(self, rows: IntArray | slice) -> FloatArray:
        """The (n, d) float32 vectors of these rows."""
        vectors: FloatArray = self._codes[rows].astype(np.float32)
        vectors *= self._scales[rows][:, None]
        return vectors

    def score(self, queries: FloatArray, rows: IntArray | slice) -> FloatArray:
        """Inner products of (q, d) queries with these rows: (q, n) float32."""
        codes, chosen = (self._codes[rows], None) if isinstance(rows, slice) else (self._codes, rows)
        scores: FloatArray = inner_products(codes, queries, chosen).T
        scores *= self._scales[rows]
        return scores


def similarity_floor(vectors: VectorFile) -> float:
    """The encoder's mean inner product of two unrelated texts, from a sample of an index's own."""
    rows = np.unique(np.linspace(0, max(0, vectors.count - 1), min(vectors.count, FLOOR_SAMPLE)).astype(np.int64))
    sample = vectors.gather(rows)
    size = len(sample)
    return float((np.sum(sample.sum(axis=0) ** 2) - np.sum(sample**2)) / (size * (size - 1))) if size > 1 else 0.0
