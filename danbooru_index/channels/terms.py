"""Documents as sets of terms, which find documents by their terms and compare given ones (stored as in postings.py).

Queries and documents are vectors of idf weights of length 1, a term counting once, and are compared by their cosine. idf is
ln((1 + N) / (1 + n)) + 1 (the smooth form of Manning, Raghavan and Schütze, "Introduction to Information Retrieval", 6.2-6.4).

A query finds documents by its rarest terms alone, up to a budget of postings: common terms weigh little and have most of the
postings (the essential lists of Turtle and Flood, "Query evaluation: strategies and optimizations", 1995). The exact scores
of some documents come from their own common terms, and from the few documents of each rare one. So neither touches every
document, whatever the size of the index.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..arrays.ranges import flat_ranges
from ..arrays.types import FloatArray, Int32Array, IntArray, UInt64Array
from ..storage.files import map_array, save_array
from .postings import COMMON, Postings, write_postings

# Documents (or tags) of q queries, how well each fits, and (q + 1,) bounds of each query's part of these two arrays.
Found = tuple[IntArray, FloatArray, IntArray]


def idf(frequency: npt.NDArray[np.integer], count: int) -> FloatArray:
    """The weight of terms that occur in `frequency` of `count` documents."""
    weights: FloatArray = (np.log((1.0 + count) / (1.0 + frequency)) + 1.0).astype(np.float32)
    return weights


@dataclass(frozen=True, slots=True)
class TermQueries:
    """The terms of q queries that the index knows; (k,) arrays sorted by query and term, `starts` (q + 1,) bounding each query's.

    `numbers` are term numbers, `owners` the numbers of the queries, `weights` the vectors of the queries, of length 1 together
    with the terms that are not known, and `gains` what one occurrence adds to the inner product with a document's vector
    before that is brought to length 1. `frequencies` say in how many documents each occurs.
    """

    numbers: IntArray
    owners: IntArray
    frequencies: IntArray
    weights: FloatArray
    gains: FloatArray
    starts: IntArray

    def __len__(self) -> int:
        return len(self.starts) - 1


def write_terms(folder: Path, terms: UInt64Array, documents: Int32Array, count: int) -> None:
    """Write distinct (term, document) pairs, sorted by term then document; documents are 0..count-1."""
    frequency = write_postings(folder, terms, documents, count)
    squares = np.repeat(idf(frequency, count).astype(np.float64) ** 2, frequency)
    norms = np.sqrt(np.bincount(documents, squares, minlength=count))
    save_array(folder / "scales.npy", (1.0 / np.maximum(norms, 1e-12)).astype(np.float32))


class TermIndex:
    """Finds documents by their terms and scores given ones. `count` is the number of documents."""

    def __init__(self, folder: Path) -> None:
        self._scales = map_array(folder / "scales.npy")
        self.count = len(self._scales)
        self._postings = Postings(folder, self.count)

    def queries(
        self,
        keys: UInt64Array,
        owners: IntArray,
        count: int,
        strengths: FloatArray | None = None,
        most: int | None = None,
    ) -> TermQueries:
        """The vectors of `count` queries from their distinct (key, query) pairs.

        `strengths` multiply the idf of the terms; `most` keeps the heaviest terms of each query alone.
        """
        places, known = self._postings.numbers(keys)
        frequency = np.zeros(len(keys), np.int64)
        frequency[known] = self._postings.frequency(places[known])
        rarity = idf(frequency, self.count)
        weights = rarity if strengths is None else rarity * strengths
        if most is not None and len(keys) > most:
            order = np.lexsort((-weights, owners))
            heaviest = order[np.arange(len(order)) - np.searchsorted(owners[order], owners[order]) < most]
            places, owners, known = places[heaviest], owners[heaviest], known[heaviest]
            rarity, weights, frequency = rarity[heaviest], weights[heaviest], frequency[heaviest]
        lengths = np.sqrt(np.bincount(owners, weights * weights, minlength=count)).astype(np.float32)
        weights = weights / np.maximum(lengths[owners], np.float32(1e-12))
        places, owners, rarity, weights = places[known], owners[known], rarity[known], weights[known]
        frequency = frequency[known]
        order = np.lexsort((places, owners))
        owners = owners[order]
        starts = np.searchsorted(owners, np.arange(count + 1))
        return TermQueries(places[order], owners, frequency[order], weights[order], (weights * rarity)[order], starts)

    def find(self, queries: TermQueries, budget: int) -> Found:
        """For each query the distinct documents, ascending, with one of its rarest terms, and what these give to their cosine.

        At most `budget` postings are read a query, but those of at least one term. The third array (q + 1,) bounds each
        query's part of the other two.
        """
        silent = queries.gains <= 0
        frequency = np.where(silent, 0, queries.frequencies)
        order = np.lexsort((frequency, silent, queries.owners))
        read = np.cumsum(frequency[order])
        before = np.r_[0, read][queries.starts[:-1]][queries.owners]
        first = np.zeros(len(order), bool)
        first[queries.starts[:-1][np.diff(queries.starts) > 0]] = True
        rarest = order[first | (read - before <= budget)]
        pairs, places = self._packed(queries, rarest[frequency[rarest] > 0])
        last = np.flatnonzero(np.r_[pairs[1:] != pairs[:-1], True][: len(pairs)])
        gains = np.diff(np.cumsum(queries.gains.astype(np.float64).take(places)).take(last), prepend=0.0)
        pairs = pairs.take(last)
        owners = pairs // max(1, self.count)
        documents = (pairs - owners * self.count).astype(np.int64)
        cosines = gains.astype(np.float32) * self._scales.take(documents)
        return documents, cosines, np.searchsorted(owners, np.arange(len(queries) + 1, dtype=owners.dtype))

    def _packed(self, queries: TermQueries, terms: IntArray) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.integer]]:
        """The postings of some terms of the queries, by query and document: query * count + document, and the term's place.

        Both are sorted as one number, of half the size where it fits, several times faster than their order alone is found.
        """
        bits = len(queries.numbers).bit_length()
        number = np.int32 if len(queries) * self.count << bits < 2**31 else np.int64
        documents, places = self._postings.documents(queries.numbers[terms])
        packed = documents.astype(number)
        packed <<= bits
        packed += ((queries.owners[terms] * self.count << bits) + terms).astype(number).take(places)
        packed.sort()
        return packed >> bits, packed & ((1 << bits) - 1)

    def places(self, queries: TermQueries, keys: UInt64Array, owners: IntArray) -> IntArray:
        """Where (key, query) pairs stand among the terms of the queries, -1 for those that are not there."""
        numbers, known = self._postings.numbers(keys)
        width = len(self._postings)
        pairs = queries.owners * width + queries.numbers
        wanted = owners * width + np.where(known, numbers, 0)
        places = np.minimum(np.searchsorted(pairs, wanted), max(0, len(pairs) - 1))
        found = known & (pairs[places] == wanted) if len(pairs) else np.zeros(len(keys), bool)
        return np.where(found, places, -1)

    def hits(self, queries: TermQueries, documents: IntArray, owners: IntArray) -> tuple[IntArray, IntArray]:
        """Every occurrence of a query's term in its documents: the place of the document and of the term in their arrays.

        `owners` says for each document which query it is compared with.
        """
        if not len(queries.numbers):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        codes, is_common = self._postings.codes(queries.numbers)
        common, rare = np.flatnonzero(is_common), np.flatnonzero(~is_common)
        places, terms = self._hits_of_documents(queries, common, codes[common], documents, owners)
        if not len(rare):
            return places, terms
        more_places, more_terms = self._hits_of_terms(queries, rare, documents, owners)
        return np.r_[places, more_places], np.r_[terms, more_terms]

    def _hits_of_documents(
        self, queries: TermQueries, terms: IntArray, codes: IntArray, documents: IntArray, owners: IntArray
    ) -> tuple[IntArray, IntArray]:
        """The hits of common terms (places in `queries`, with their two-byte numbers): by the terms of the documents."""
        found, places = self._postings.terms(documents)
        # Most terms of documents are in no query at all: they are told apart by a table before anything is searched.
        asked = np.zeros(COMMON, bool)
        asked[codes] = True
        kept = np.flatnonzero(asked.take(found))
        places = places[kept]
        wanted = owners[places] * COMMON + found[kept]
        known = queries.owners[terms] * COMMON + codes
        at = np.searchsorted(known, wanted)
        right = np.flatnonzero(np.r_[known, -1][at] == wanted)
        return places[right], terms[at[right]]

    def _hits_of_terms(
        self, queries: TermQueries, terms: IntArray, documents: IntArray, owners: IntArray
    ) -> tuple[IntArray, IntArray]:
        """The hits of rare terms: by their documents."""
        found, of = self._postings.documents(queries.numbers[terms])
        has_one = np.zeros(self.count, bool)
        has_one[found] = True
        near = np.flatnonzero(has_one.take(documents))
        pairs = queries.owners[terms[of]] * self.count + found
        order = np.argsort(pairs)
        pairs, of = pairs[order], of[order]
        wanted = owners[near] * self.count + documents[near]
        hits, places = flat_ranges(np.searchsorted(pairs, wanted), np.searchsorted(pairs, wanted, "right"))
        return near[places], terms[of[hits]]

    def cosines(self, queries: TermQueries, documents: IntArray, hits: tuple[IntArray, IntArray]) -> FloatArray:
        """(n,) float32 in 0..1: the cosine of each document with its query, from their `hits`."""
        places, terms = hits
        inner = np.bincount(places, queries.gains[terms], minlength=len(documents))
        cosines: FloatArray = inner.astype(np.float32) * self._scales[documents]
        return cosines
