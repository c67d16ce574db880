"""Inverted lists: from a term to the documents that have it, with weights.

Terms are 64-bit keys (n-grams of characters, hashes of words, an encoder's token ids). On disk they are .npy files that are
memory-mapped, so a query touches only the postings of its own terms.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..arrays.types import BoolArray, FloatArray, Int32Array, IntArray, UInt64Array
from ..storage.files import map_array, save_array


def write_inverted(folder: Path, terms: UInt64Array, documents: Int32Array, weights: FloatArray) -> None:
    """Write weighted postings given as three equally long arrays, sorted by (term, document)."""
    first = np.flatnonzero(np.r_[True, terms[1:] != terms[:-1]]) if len(terms) else np.zeros(0, np.int64)
    save_array(folder / "terms.npy", terms[first])
    save_array(folder / "starts.npy", np.r_[first, len(terms)].astype(np.int64))
    save_array(folder / "documents.npy", documents.astype(np.int32))
    save_array(folder / "weights.npy", weights)


def look_up(terms: UInt64Array, keys: UInt64Array) -> tuple[IntArray, BoolArray]:
    """For each key its place among the sorted terms, and whether it is one of them at all."""
    places = np.searchsorted(terms, keys)
    known = np.zeros(len(keys), bool)
    inside = places < len(terms)
    known[inside] = terms[places[inside]] == keys[inside]
    return places, known


class InvertedIndex:
    """Scores documents by the inner product of term weights.

    `document_count` is the number of documents that were indexed, with or without postings.
    """

    def __init__(self, folder: Path, document_count: int) -> None:
        self.document_count = document_count
        self.terms, self.starts, self.documents, self.weights = (
            map_array(folder / f"{name}.npy") for name in ("terms", "starts", "documents", "weights")
        )

    def lookup(self, keys: UInt64Array) -> tuple[IntArray, BoolArray]:
        """For each key its number among the terms, and whether it is a term at all."""
        return look_up(self.terms, keys)

    def entries(self, keys: UInt64Array) -> Iterator[tuple[Int32Array, FloatArray]]:
        """Of each key that is a term: its documents and their weights."""
        positions, known = self.lookup(keys)
        for i in positions[known]:
            postings = slice(int(self.starts[i]), int(self.starts[i + 1]))
            yield self.documents[postings], self.weights[postings]

    def scores(self, keys: UInt64Array, weights: FloatArray, *, budget: int | None = None) -> FloatArray:
        """(document_count,) float32: for every document the sum of query weight times document weight.

        Terms count from the rarest on; with a `budget`, only until so many postings were read, but at least one term.
        """
        total = np.zeros(self.document_count, np.float32)
        for postings, weight in self._terms(keys, weights, budget):
            # A term stands once in a document, so plain fancy addition is exact and faster than np.add.at.
            total[self.documents[postings]] += self.weights[postings] * np.float32(weight)
        return total

    def _terms(self, keys: UInt64Array, weights: FloatArray, budget: int | None) -> Iterator[tuple[slice, float]]:
        positions, known = self.lookup(keys)
        positions, weights = positions[known], weights[known]
        begins, ends = self.starts[positions], self.starts[positions + 1]
        order = np.argsort(ends - begins, kind="stable")
        if budget is not None and len(order):
            read = np.cumsum((ends - begins)[order])
            order = order[: max(1, int(np.searchsorted(read, budget, side="right")))]
        for i in order:
            yield slice(int(begins[i]), int(ends[i])), float(weights[i])
