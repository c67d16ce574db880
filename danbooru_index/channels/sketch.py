"""A sketch of every vector: one bit a dimension, its sign.

The Hamming distance of two sketches grows with the angle between the vectors (Charikar, "Similarity estimation
techniques from rounding algorithms", STOC 2002).

All sketches together are 1/8 byte a dimension and text, and are compared with a query in a few milliseconds a million,
under any filter: the exact vectors then score what is near. How many must be taken is measured in benchmarks/scale.md.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays.types import BoolArray, FloatArray, IntArray, UInt8Array, UInt16Array, UInt64Array
from ..storage.files import map_array, save_array
from .vectors import VectorFile

SKETCH_FILE = "sketch.npy"
_WRITE_BLOCK = 65_536
_SCAN_BLOCK = 8_192  # sketches compared at once: what is worked on stays in the processor's cache

_WORDS_PER_BYTE = 3  # words whose counts, at most 64 each, add up in one byte
GROUP = 16  # queries compared at once: their distances are two bytes a text each
COPY_SHARE = 0.75  # of the texts: a larger choice is scanned in place
_SAMPLED = 16  # one distance in so many
_MARGIN = 1.1  # more than are wanted, as the sample tells: about as many are there at the first look
_NONE: IntArray = np.zeros(0, np.int64)


def _sketch(vectors: npt.NDArray[Any]) -> UInt64Array:
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
def _bits_of_16() -> UInt8Array:
    bits = np.unpackbits(np.arange(1 << 16, dtype=np.uint16).view(np.uint8).reshape(-1, 2), axis=1)
    counts: UInt8Array = bits.sum(axis=1, dtype=np.uint8)
    return counts


def bit_count(words: UInt64Array, out: UInt8Array) -> UInt8Array:
    """The number of set bits of each 64-bit word, into `out`; numpy before 2.0 has no function for it, a table counts there."""
    if hasattr(np, "bitwise_count"):
        np.bitwise_count(words, out=out)
    else:
        bits = _bits_of_16()[words.view(np.uint16)]
        bits.reshape(*words.shape, 4).sum(axis=-1, dtype=np.uint8, out=out)
    return out


def _distances(words: UInt64Array, wanted: UInt64Array) -> UInt16Array:
    """(q, n) Hamming distances of (words, n) sketches to the (words, q) sketches of queries."""
    total = np.zeros((wanted.shape[1], words.shape[1]), np.uint16)
    # Memory that is used again: fresh blocks of this size would come from the system each time.
    differing = np.empty((_WORDS_PER_BYTE, _SCAN_BLOCK), np.uint64)
    bits = np.empty((_WORDS_PER_BYTE, _SCAN_BLOCK), np.uint8)
    for start in range(0, words.shape[1], _SCAN_BLOCK):
        block = words[:, start : start + _SCAN_BLOCK]
        for part, query in zip(total[:, start : start + _SCAN_BLOCK], wanted.T, strict=True):
            _add_distances(part, block, query, differing[:, : len(part)], bits[:, : len(part)])
    return total


def _add_distances(
    total: UInt16Array, block: UInt64Array, query: UInt64Array, differing: UInt64Array, bits: UInt8Array
) -> None:
    for first in range(0, len(query), _WORDS_PER_BYTE):
        wanted = query[first : first + _WORDS_PER_BYTE, None]
        count = len(wanted)
        np.bitwise_xor(block[first : first + count], wanted, out=differing[:count])
        few, *others = bit_count(differing[:count], bits[:count])
        for one in others:
            few += one
        total += few


class Sketch:
    """Finds the texts whose sketches are nearest to a query's: all texts, or those that `select` chose.

    `words` is (words, n); `texts` (n,) are the ascending numbers of the texts, None for 0..n-1; `hidden` are the numbers of
    those that are not to be found.
    """

    def __init__(self, words: UInt64Array, texts: IntArray | None = None, hidden: IntArray = _NONE) -> None:
        self._words, self._texts, self._hidden = words, texts, hidden
        self.count = words.shape[1] - len(hidden)

    @classmethod
    def open(cls, folder: Path) -> Sketch:
        """The sketches of an index, memory-mapped."""
        return cls(map_array(folder / SKETCH_FILE))

    def select(self, allowed: BoolArray) -> Sketch:
        """The sketches of some texts alone, given as a mask over all; few are copied, so that the others need not be read."""
        texts = np.flatnonzero(allowed)
        if len(texts) < COPY_SHARE * len(allowed):
            return Sketch(np.ascontiguousarray(self._words[:, texts]), texts)
        return Sketch(self._words, hidden=np.flatnonzero(~allowed))

    def distances(self, queries: FloatArray) -> UInt16Array:
        """(q, n) Hamming distances to the sketches of (q, d) queries, for what is hidden one more than there are bits."""
        distances = _distances(self._words, _sketch(queries))
        distances[:, self._hidden] = 64 * len(self._words) + 1
        return distances

    def nearest(self, queries: FloatArray, k: int) -> list[IntArray]:
        """For each of (q, d) queries ascending numbers of the k texts nearest to it, and of all that tie with the last of them.

        A block of sketches is compared with GROUP queries while it is in the processor's cache.
        """
        wanted = min(k, self.count)
        groups = (self.distances(queries[start : start + GROUP]) for start in range(0, len(queries), GROUP))
        found = [_smallest(distances, wanted) for group in groups for distances in group]
        return found if self._texts is None else [self._texts[places] for places in found]


def _smallest(distances: UInt16Array, k: int) -> IntArray:
    """Places of the k smallest distances and of all that tie with the last of them, ascending."""
    if k <= 0:
        return np.zeros(0, np.int64)
    # A sample says nearly where the limit is: counting all distances would take several times the comparisons with it.
    sample = np.cumsum(np.bincount(distances[::_SAMPLED]))
    limit = int(np.searchsorted(sample, _MARGIN * k / _SAMPLED))
    while len(near := np.flatnonzero(distances <= limit)) < k:
        limit += 1
    found = distances[near]
    nearest: IntArray = near[found <= np.partition(found, k - 1)[k - 1]]
    return nearest
