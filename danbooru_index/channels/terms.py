"""Documents as sets of terms, stored from both sides: the documents of a term, and the common terms of a document.

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
from .inverted import TermLists, write_lists

COMMON = 1 << 16  # terms that are stored with their documents too, by two-byte numbers; the others have a handful of documents

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
    before that is brought to length 1.
    """

    numbers: IntArray
    owners: IntArray
    weights: FloatArray
    gains: FloatArray
    starts: IntArray

    def __len__(self) -> int:
        return len(self.starts) - 1


def write_terms(folder: Path, terms: UInt64Array, documents: Int32Array, count: int) -> None:
    """Write distinct (term, document) pairs, sorted by term then document; documents are 0..count-1."""
    frequency = write_lists(folder, terms, documents)
    squares = np.repeat(idf(frequency, count).astype(np.float64) ** 2, frequency)
    norms = np.sqrt(np.bincount(documents, squares, minlength=count))
    save_array(folder / "scales.npy", (1.0 / np.maximum(norms, 1e-12)).astype(np.float32))
    common = np.sort(np.argsort(-frequency, kind="stable")[:COMMON])
    is_common = np.zeros(len(frequency), bool)
    is_common[common] = True
    codes = np.repeat((np.cumsum(is_common) - 1).astype(np.uint16), frequency)
    kept = np.flatnonzero(np.repeat(is_common, frequency))
    order = kept[np.argsort(documents[kept], kind="stable")]
    save_array(folder / "common.npy", common.astype(np.int32))
    save_array(folder / "document_terms.npy", codes[order])
    save_array(folder / "document_starts.npy", np.r_[0, np.cumsum(np.bincount(documents[kept], minlength=count))])


class TermIndex:
    """Finds documents by their terms and scores given ones. `count` is the number of documents."""

    def __init__(self, folder: Path) -> None:
        self._lists = TermLists(folder)
        self._common, self._terms, self._starts, self._scales = (
            map_array(folder / f"{name}.npy") for name in ("common", "document_terms", "document_starts", "scales")
        )
        self.count = len(self._scales)

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
        places, known = self._lists.lookup(keys)
        frequency = np.zeros(len(keys), np.int64)
        frequency[known] = self._lists.frequency(places[known])
        rarity = idf(frequency, self.count)
        weights = rarity if strengths is None else rarity * strengths
        if most is not None and len(keys) > most:
            order = np.lexsort((-weights, owners))
            heaviest = order[np.arange(len(order)) - np.searchsorted(owners[order], owners[order]) < most]
            places, owners, known = places[heaviest], owners[heaviest], known[heaviest]
            rarity, weights = rarity[heaviest], weights[heaviest]
        lengths = np.sqrt(np.bincount(owners, weights * weights, minlength=count)).astype(np.float32)
        weights = weights / np.maximum(lengths[owners], np.float32(1e-12))
        places, owners, rarity, weights = places[known], owners[known], rarity[known], weights[known]
        order = np.lexsort((places, owners))
        owners = owners[order]
        starts = np.searchsorted(owners, np.arange(count + 1))
        return TermQueries(places[order], owners, weights[order], (weights * rarity)[order], starts)

    def find(self, queries: TermQueries, budget: int) -> Found:
        """For each query the distinct documents, ascending, with one of its rarest terms, and what these give to their cosine.

        At most `budget` postings are read a query, but those of at least one term. The third array (q + 1,) bounds each
        query's part of the other two.
        """
        begins = self._lists.starts[queries.numbers]
        silent = queries.gains <= 0
        frequency = np.where(silent, 0, self._lists.starts[queries.numbers + 1] - begins)
        order = np.lexsort((frequency, silent, queries.owners))
        read = np.cumsum(frequency[order])
        before = np.r_[0, read][queries.starts[:-1]][queries.owners]
        first = np.zeros(len(order), bool)
        first[queries.starts[:-1][np.diff(queries.starts) > 0]] = True
        rarest = order[first | (read - before <= budget)]
        pairs, places = self._postings(queries, rarest, begins[rarest], frequency[rarest])
        last = np.flatnonzero(np.r_[pairs[1:] != pairs[:-1], True][: len(pairs)])
        gains = np.diff(np.cumsum(queries.gains.astype(np.float64).take(places)).take(last), prepend=0.0)
        pairs = pairs.take(last)
        owners = pairs // max(1, self.count)
        documents = (pairs - owners * self.count).astype(np.int64)
        cosines = gains.astype(np.float32) * self._scales.take(documents)
        return documents, cosines, np.searchsorted(owners, np.arange(len(queries) + 1, dtype=owners.dtype))

    def _postings(
        self, queries: TermQueries, terms: IntArray, begins: IntArray, frequency: IntArray
    ) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.integer]]:
        """The postings of some terms of the queries, by query and document: query * count + document, and the term's place.

        Both are sorted as one number, of half the size where it fits, several times faster than their order alone is found.
        """
        bits = len(queries.numbers).bit_length()
        number = np.int32 if len(queries) * self.count << bits < 2**31 else np.int64
        parts = zip(begins.tolist(), (begins + frequency).tolist(), strict=True)
        documents = [self._lists.documents[begin:end] for begin, end in parts]
        packed = np.concatenate([np.zeros(0, np.int32), *documents]).astype(number)
        packed <<= bits
        packed += np.repeat(((queries.owners[terms] * self.count << bits) + terms).astype(number), frequency)
        packed.sort()
        return packed >> bits, packed & ((1 << bits) - 1)

    def places(self, queries: TermQueries, keys: UInt64Array, owners: IntArray) -> IntArray:
        """Where (key, query) pairs stand among the terms of the queries, -1 for those that are not there."""
        numbers, known = self._lists.lookup(keys)
        width = len(self._lists.terms)
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
        codes = np.searchsorted(self._common, queries.numbers).clip(max=len(self._common) - 1)
        is_common = self._common[codes] == queries.numbers
        common, rare = np.flatnonzero(is_common), np.flatnonzero(~is_common)
        hits = self._hits_of_documents(queries, common, codes[common], documents, owners)
        return hits if not len(rare) else np.concatenate([hits, self._hits_of_terms(queries, rare, documents, owners)], 1)

    def _hits_of_documents(
        self, queries: TermQueries, terms: IntArray, codes: IntArray, documents: IntArray, owners: IntArray
    ) -> tuple[IntArray, IntArray]:
        """The hits of common terms (places in `queries`, with their numbers among the common ones): by the terms of the documents."""
        items, places = flat_ranges(self._starts[documents], self._starts[documents + 1])
        found = self._terms.take(items)
        # Most terms of documents are in no query at all: they are told apart by a table before anything is searched.
        asked = np.zeros(len(self._common), bool)
        asked[codes] = True
        kept = np.flatnonzero(asked.take(found))
        places = places[kept]
        wanted = owners[places] * COMMON + found[kept]
        known = queries.owners[terms] * COMMON + codes
        at = np.searchsorted(known, wanted)
        right = np.flatnonzero(known[np.minimum(at, len(known) - 1)] == wanted) if len(known) else at
        return places[right], terms[at[right]]

    def _hits_of_terms(
        self, queries: TermQueries, terms: IntArray, documents: IntArray, owners: IntArray
    ) -> tuple[IntArray, IntArray]:
        """The hits of rare terms: by their documents."""
        numbers = queries.numbers[terms]
        items, of = flat_ranges(self._lists.starts[numbers], self._lists.starts[numbers + 1])
        pairs = queries.owners[terms[of]] * self.count + self._lists.documents.take(items)
        order = np.argsort(pairs)
        pairs, of = pairs[order], of[order]
        wanted = owners * self.count + documents
        hits, places = flat_ranges(np.searchsorted(pairs, wanted), np.searchsorted(pairs, wanted, "right"))
        return places, terms[of[hits]]

    def cosines(self, queries: TermQueries, documents: IntArray, hits: tuple[IntArray, IntArray]) -> FloatArray:
        """(n,) float32 in 0..1: the cosine of each document with its query, from their `hits`."""
        places, terms = hits
        inner = np.bincount(places, queries.gains[terms], minlength=len(documents))
        cosines: FloatArray = inner.astype(np.float32) * self._scales[documents]
        return cosines
