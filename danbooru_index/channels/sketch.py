"""A sketch of every vector: one bit a dimension, its sign. The Hamming distance of two sketches grows with the angle
between the vectors (Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002).

All sketches together are 1/8 byte a dimension and text, and are compared with a query in a few milliseconds a million,
under any filter: the exact vectors then score what is near. How many must be taken is measured in benchmarks/scale.md.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..files import map_array, save_array
from .vectors import FloatArray, VectorFile

SKETCH_FILE = "sketch.npy"
_WRITE_BLOCK = 65_536
_SCAN_BLOCK = 16_384  # sketches compared at once: what is worked on stays in the processor's cache

Words = npt.NDArray[np.uint64]


def _sketch(vectors: npt.NDArray[Any]) -> Words:
    """(n, d) vectors -> (words, n) 64-bit words, d rounded up to 64 with zero bits."""
    bits = np.packbits(vectors > 0, axis=1, bitorder="little")
    padded = np.zeros((len(vectors), -(-bits.shape[1] // 8) * 8), np.uint8)
    padded[:, : bits.shape[1]] = bits
    return np.ascontiguousarray(padded.view("<u8").T)


def write_sketch(folder: Path, vectors: VectorFile) -> None:
    """Write the sketches of all vectors, word by word, so that a scan reads each word of all texts in one run."""
    words = np.empty((-(-vectors.dimensions // 64), vectors.count), np.uint64)
    for start in range(0, vectors.count, _WRITE_BLOCK):
        codes, _ = vectors.quantised(slice(start, start + _WRITE_BLOCK))
        words[:, start : start + len(codes)] = _sketch(codes)
    save_array(folder / SKETCH_FILE, words)


@lru_cache(maxsize=1)
def _bits_of_16() -> npt.NDArray[np.uint8]:
    return np.unpackbits(np.arange(1 << 16, dtype=np.uint16).view(np.uint8).reshape(-1, 2), axis=1).sum(axis=1, dtype=np.uint8)


def bit_count(words: Words) -> npt.NDArray[np.uint8]:
    """The number of set bits of each 64-bit word; numpy before 2.0 has no function for it, so a table counts there."""
    if hasattr(np, "bitwise_count"):
        counts: npt.NDArray[np.uint8] = np.bitwise_count(words)
        return counts
    table: npt.NDArray[np.uint8] = _bits_of_16()[words.view(np.uint16)].reshape(-1, 4).sum(axis=1, dtype=np.uint8)
    return table


class Sketch:
    """Finds the texts whose sketches are nearest to a query's."""

    def __init__(self, folder: Path) -> None:
        self._words: Words = map_array(folder / SKETCH_FILE)
        self.count = self._words.shape[1]

    def distances(self, query: FloatArray) -> npt.NDArray[np.uint16]:
        """(count,) Hamming distances to the sketch of one (d,) query."""
        wanted = _sketch(query[None, :])[:, 0]
        total = np.zeros(self.count, np.uint16)
        for start in range(0, self.count, _SCAN_BLOCK):
            block = self._words[:, start : start + _SCAN_BLOCK]
            part = total[start : start + _SCAN_BLOCK]
            for word, bits in zip(block, wanted, strict=True):
                part += bit_count(word ^ bits)
        return total

    def nearest(self, query: FloatArray, k: int, allowed: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.int64]:
        """Ascending numbers of the k texts nearest to one (d,) query, and of all that tie with the last of them.

        `allowed` is a mask over texts.
        """
        distances = self.distances(query)
        texts = None if allowed is None else np.flatnonzero(allowed)
        if texts is not None:
            distances = distances[texts]
        within = np.cumsum(np.bincount(distances, minlength=64 * len(self._words) + 1))
        near = np.flatnonzero(distances <= int(np.searchsorted(within, k)))
        return near if texts is None else texts[near]
