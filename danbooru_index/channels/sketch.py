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
_SCAN_BLOCK = 32_768  # sketches compared at once: what is worked on stays in the processor's cache

_WORDS_A_BYTE = 3  # words whose counts, at most 64 each, add up in one byte
_GATHER_SHARE = 0.25  # below it, copying the allowed sketches costs less than scanning them all

Words = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.uint8]
Distances = npt.NDArray[np.uint16]


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
def _bits_of_16() -> Counts:
    bits = np.unpackbits(np.arange(1 << 16, dtype=np.uint16).view(np.uint8).reshape(-1, 2), axis=1)
    counts: Counts = bits.sum(axis=1, dtype=np.uint8)
    return counts


def bit_count(words: Words, out: Counts) -> Counts:
    """The number of set bits of each 64-bit word, into `out`; numpy before 2.0 has no function for it, a table counts there."""
    if hasattr(np, "bitwise_count"):
        np.bitwise_count(words, out=out)
    else:
        _bits_of_16()[words.view(np.uint16)].reshape(-1, 4).sum(axis=1, dtype=np.uint8, out=out)
    return out


def _distances(words: Words, wanted: Words) -> Distances:
    """(n,) Hamming distances of (words, n) sketches to the (words,) sketch of a query."""
    count = words.shape[1]
    total = np.zeros(count, np.uint16)
    # Memory that is used again: fresh blocks of this size would come from the system each time.
    differing, bits, few = (
        np.empty(_SCAN_BLOCK, np.uint64),
        np.empty(_SCAN_BLOCK, np.uint8),
        np.empty(_SCAN_BLOCK, np.uint8),
    )
    for start in range(0, count, _SCAN_BLOCK):
        block, part = words[:, start : start + _SCAN_BLOCK], total[start : start + _SCAN_BLOCK]
        size = len(part)
        for first in range(0, len(wanted), _WORDS_A_BYTE):
            few[:size] = 0
            for word, query in zip(block[first:], wanted[first : first + _WORDS_A_BYTE], strict=False):
                np.bitwise_xor(word, query, out=differing[:size])
                few[:size] += bit_count(differing[:size], bits[:size])
            part += few[:size]
    return total


class Sketch:
    """Finds the texts whose sketches are nearest to a query's."""

    def __init__(self, folder: Path) -> None:
        self._words: Words = map_array(folder / SKETCH_FILE)
        self.count = self._words.shape[1]

    def distances(self, query: FloatArray, texts: npt.NDArray[np.int64] | None = None) -> Distances:
        """Hamming distances to the sketch of one (d,) query: of all texts, or of these."""
        words = self._words if texts is None else self._words[:, texts]
        return _distances(words, _sketch(query[None, :])[:, 0])

    def nearest(self, query: FloatArray, k: int, allowed: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.int64]:
        """Ascending numbers of the k texts nearest to one (d,) query, and of all that tie with the last of them.

        `allowed` is a mask over texts.
        """
        texts = np.flatnonzero(allowed) if allowed is not None else None
        if texts is not None and len(texts) < _GATHER_SHARE * self.count:
            return texts[_smallest(self.distances(query, texts), k)]
        distances = self.distances(query)
        if texts is None:
            return _smallest(distances, k)
        return texts[_smallest(distances[texts], k)]


def _smallest(distances: Distances, k: int) -> npt.NDArray[np.int64]:
    """Places of the k smallest distances and of all that tie with the last of them, ascending."""
    if len(distances) <= k:
        return np.arange(len(distances))
    within = np.cumsum(np.bincount(distances))
    return np.flatnonzero(distances <= np.searchsorted(within, k))
