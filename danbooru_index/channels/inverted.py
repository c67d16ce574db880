"""An inverted index of weighted terms: sorted 64-bit term keys, and for each term the documents that carry it.

It serves the lexical channel (character n-grams) and every encoder's own sparse weights (token ids). On disk it is four
.npy files that are memory-mapped, so a query touches only the postings of its own terms.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..files import map_array, save_array

Keys = npt.NDArray[np.uint64]
Documents = npt.NDArray[np.int32]
Weights = npt.NDArray[np.float32]

_PARTS = ("terms", "starts", "documents", "weights")


def write_inverted(folder: Path, terms: Keys, documents: Documents, weights: Weights) -> None:
    """Write postings given as three equally long arrays, sorted by (term, document)."""
    first = np.flatnonzero(np.r_[True, terms[1:] != terms[:-1]]) if len(terms) else np.zeros(0, np.int64)
    save_array(folder / "terms.npy", terms[first])
    save_array(folder / "starts.npy", np.r_[first, len(terms)].astype(np.int64))
    save_array(folder / "documents.npy", documents)
    save_array(folder / "weights.npy", weights)


class InvertedIndex:
    """Scores documents by the inner product of term weights.

    `document_count` is the number of documents that were indexed, with or without postings.
    """

    def __init__(self, folder: Path, document_count: int) -> None:
        self.document_count = document_count
        self.terms, self.starts, self.documents, self.weights = (map_array(folder / f"{p}.npy") for p in _PARTS)

    def lookup(self, keys: Keys) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """For each key its position among the terms, and whether it is a term at all."""
        positions = np.searchsorted(self.terms, keys)
        known = np.zeros(len(keys), bool)
        inside = positions < len(self.terms)
        known[inside] = self.terms[positions[inside]] == keys[inside]
        return positions, known

    def frequency(self, keys: Keys) -> npt.NDArray[np.int64]:
        """In how many documents each key occurs."""
        positions, known = self.lookup(keys)
        lengths = np.zeros(len(keys), np.int64)
        lengths[known] = self.starts[positions[known] + 1] - self.starts[positions[known]]
        return lengths

    def entries(self, keys: Keys) -> Iterator[tuple[Documents, Weights]]:
        """Of each key that is a term: its documents and their weights."""
        positions, known = self.lookup(keys)
        for i in positions[known]:
            postings = slice(int(self.starts[i]), int(self.starts[i + 1]))
            yield self.documents[postings], self.weights[postings]

    def postings(self, keys: Keys, weights: Weights, *, budget: int | None = None) -> Iterator[tuple[Documents, float]]:
        """Of each key that is a term, from the rarest on: its documents, and the weight of that key.

        With a `budget`, it ends when so many postings were read; at least one term is given.
        """
        for postings, weight in self._terms(keys, weights, budget):
            yield self.documents[postings], weight

    def scores(self, keys: Keys, weights: Weights, *, budget: int | None = None) -> Weights:
        """(document_count,) float32: for every document the sum of query weight times document weight; `budget` as above."""
        total = np.zeros(self.document_count, np.float32)
        for postings, weight in self._terms(keys, weights, budget):
            # A term stands once in a document, so plain fancy addition is exact and faster than np.add.at.
            total[self.documents[postings]] += self.weights[postings] * np.float32(weight)
        return total

    def _terms(self, keys: Keys, weights: Weights, budget: int | None) -> Iterator[tuple[slice, float]]:
        positions, known = self.lookup(keys)
        positions, weights = positions[known], weights[known]
        begins, ends = self.starts[positions], self.starts[positions + 1]
        order = np.argsort(ends - begins, kind="stable")
        if budget is not None and len(order):
            read = np.cumsum((ends - begins)[order])
            order = order[: max(1, int(np.searchsorted(read, budget, side="right")))]
        for i in order:
            yield slice(int(begins[i]), int(ends[i])), float(weights[i])
