"""Which documents have a term, and which common terms a document has, in half the size of plain numbers.

Terms are 64-bit keys (n-grams of characters, hashes of words), numbered in the order of their keys. The COMMON ones that occur
most often have a two-byte number of their own besides, by which each document lists its terms, and their documents are
stored as the lower two bytes, one block for each value of the upper ones. Terms of at most RARE documents name these in full,
which is no larger, and no document lists them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..arrays.ranges import flat_ranges
from ..arrays.types import BoolArray, Int32Array, IntArray, UInt16Array, UInt32Array, UInt64Array
from ..storage.files import map_array, save_array
from .inverted import look_up

COMMON = 1 << 16  # common terms at most
RARE = 32  # documents at most of a term that is not common
BLOCK = 1 << 16  # documents whose numbers differ in the lower two bytes alone


def blocks_of(count: int) -> int:
    """The blocks that so many documents make."""
    return max(1, -(-count // BLOCK))


def write_postings(folder: Path, terms: UInt64Array, documents: Int32Array, count: int) -> IntArray:
    """Write distinct (term, document) pairs, sorted by term then document; documents are 0..count-1.

    :return: (t,) the number of documents of each distinct term.
    """
    first = np.flatnonzero(np.r_[True, terms[1:] != terms[:-1]]) if len(terms) else np.zeros(0, np.int64)
    frequency: IntArray = np.diff(np.r_[first, len(terms)])
    is_common = np.zeros(len(first), bool)
    is_common[np.argsort(-frequency, kind="stable")[:COMMON]] = True
    is_common &= frequency > RARE
    common = np.flatnonzero(is_common)
    in_common = np.repeat(is_common, frequency)
    numbers, of = documents[in_common], np.repeat(np.arange(len(common), dtype=np.int32), frequency[common])
    blocks = blocks_of(count)
    by_document = np.argsort(numbers, kind="stable")
    arrays = {
        "terms": terms[first],
        "common": common.astype(np.int32),
        "documents": (numbers % BLOCK).astype(np.uint16),
        "blocks": _starts(np.bincount(of * blocks + numbers // BLOCK, minlength=len(common) * blocks)),
        "document_terms": of[by_document].astype(np.uint16),
        "document_starts": _starts(np.bincount(numbers, minlength=count)),
        "rare_documents": documents[~in_common].astype(np.int32),
        "rare_starts": _starts(frequency[~is_common]),
    }
    for name, array in arrays.items():
        save_array(folder / f"{name}.npy", array)
    return frequency


def _starts(lengths: IntArray) -> UInt32Array:
    starts: UInt32Array = np.r_[0, np.cumsum(lengths)].astype(np.uint32)
    return starts


class Postings:
    """The postings of `count` documents."""

    def __init__(self, folder: Path, count: int) -> None:
        self._terms, self._common, self._documents, self._block_starts = (
            map_array(folder / f"{name}.npy") for name in ("terms", "common", "documents", "blocks")
        )
        self._document_terms, self._document_starts, self._rare_documents, self._rare_starts = (
            map_array(folder / f"{name}.npy")
            for name in ("document_terms", "document_starts", "rare_documents", "rare_starts")
        )
        self._ended = np.r_[self._common, -1]  # what is behind the last one is no term
        self._blocks = blocks_of(count)

    def __len__(self) -> int:
        """The number of terms."""
        return len(self._terms)

    def numbers(self, keys: UInt64Array) -> tuple[IntArray, BoolArray]:
        """For each key the number of its term, and whether it is a term at all."""
        return look_up(self._terms, keys)

    def codes(self, numbers: IntArray) -> tuple[IntArray, BoolArray]:
        """For each term how many common terms stand before it, and whether it is one: then that is its two-byte number."""
        before = np.searchsorted(self._common, numbers.astype(np.int32))
        return before, self._ended[before] == numbers

    def frequency(self, numbers: IntArray) -> IntArray:
        """In how many documents each term occurs."""
        before, common = self.codes(numbers)
        found = np.empty(len(numbers), np.int64)
        first = before[common] * self._blocks
        found[common] = self._block_starts[first + self._blocks] - self._block_starts[first]
        rare = (numbers - before)[~common]
        found[~common] = self._rare_starts[rare + 1] - self._rare_starts[rare]
        return found

    def documents(self, numbers: IntArray) -> tuple[Int32Array, IntArray]:
        """All documents of the terms, in any order, and the place in `numbers` of the term that each belongs to."""
        before, common = self.codes(numbers)
        places, rare = np.flatnonzero(common), np.flatnonzero(~common)
        first = before[places] * self._blocks
        bounds = self._block_starts[first[:, None] + np.arange(self._blocks + 1)].astype(np.int64)
        parts = zip(bounds[:, 0].tolist(), bounds[:, -1].tolist(), strict=True)
        lower = [np.zeros(0, np.uint16), *(self._documents[begin:end] for begin, end in parts)]
        upper = np.tile(np.arange(0, self._blocks * BLOCK, BLOCK, dtype=np.int32), len(places))
        found = np.repeat(upper, np.diff(bounds).reshape(-1))
        found += np.concatenate(lower)
        of = np.repeat(places, bounds[:, -1] - bounds[:, 0])
        if not len(rare):
            return found, of
        items, of_rare = self._rare_items(numbers[rare] - before[rare])
        return np.r_[found, self._rare_documents.take(items)], np.r_[of, rare[of_rare]]

    def _rare_items(self, rare: IntArray) -> tuple[IntArray, IntArray]:
        return flat_ranges(self._rare_starts[rare], self._rare_starts[rare + 1])

    def terms(self, documents: IntArray) -> tuple[UInt16Array, IntArray]:
        """The two-byte numbers of the common terms of documents, and the place of the document that each belongs to."""
        items, places = flat_ranges(self._document_starts[documents], self._document_starts[documents + 1])
        return self._document_terms.take(items), places
