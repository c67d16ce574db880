"""The lexical channel: names compared by their characters, in every script.

A name is folded (text.fold) and cut into character n-grams: trigrams for alphabets, single characters and bigrams as
well for the others, where one character already carries meaning. Names are scored by the cosine of their TF-IDF
vectors, tf being 1 + ln(count) and idf ln((1 + N) / (1 + n)) + 1 (the smooth form of Manning, Raghavan and Schütze,
"Introduction to Information Retrieval", 6.2-6.4). Typos and missing underscores leave most n-grams in place.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..files import map_array, save_array
from ..text import fold
from .inverted import InvertedIndex, Keys, Weights, write_inverted

MAX_NAME_CHARS = 120
POSTINGS_BUDGET = 2_000_000
_BITS = 21  # a code point has at most 21 bits, so a trigram fits in 63
_BOUNDARY = "\x01"
_SEPARATOR = 0


def ngram_keys(names: Iterable[str]) -> tuple[Keys, npt.NDArray[np.int64]]:
    """The n-grams of all names: (m,) keys and (m,) the number of the name that each belongs to."""
    joined = "\x00".join(f"{_BOUNDARY}{fold(name)[:MAX_NAME_CHARS]}{_BOUNDARY}" for name in names)
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    owner = np.cumsum(codes == _SEPARATOR)
    wide = codes >= 0x2E80
    keys, owners = [], []
    for size in (1, 2, 3):
        count = max(0, len(codes) - size + 1)
        parts = [codes[i : i + count] for i in range(size)]
        keep = np.logical_and.reduce([part != _SEPARATOR for part in parts]) if count else np.zeros(0, bool)
        if size < 3:
            keep &= np.logical_or.reduce([wide[i : i + count] for i in range(size)])
        key = np.zeros(count, np.uint64)
        for part in parts:
            key = (key << np.uint64(_BITS)) | part
        keys.append(key[keep])
        owners.append(owner[:count][keep])
    return np.concatenate(keys), np.concatenate(owners)


def _term_frequencies(names: Iterable[str]) -> tuple[Keys, npt.NDArray[np.int64], Weights]:
    """Distinct (key, name) pairs sorted by key then name, and 1 + ln(count) of each."""
    keys, owners = ngram_keys(names)
    order = np.lexsort((owners, keys))
    keys, owners = keys[order], owners[order]
    first = np.flatnonzero(np.r_[True, (keys[1:] != keys[:-1]) | (owners[1:] != owners[:-1])]) if len(keys) else order
    counts = np.diff(np.r_[first, len(keys)])
    return keys[first], owners[first], (1.0 + np.log(counts)).astype(np.float32)


def write_lexical(folder: Path, names: list[str], name_rows: npt.NDArray[np.int32]) -> None:
    """Index `names`; `name_rows` (ascending) gives the tag row of each name."""
    folder.mkdir(parents=True, exist_ok=True)
    keys, owners, weights = _term_frequencies(names)
    boundaries = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else np.zeros(0, np.int64)
    frequency = np.diff(np.r_[boundaries, len(keys)])
    weights *= np.repeat(_idf(frequency, len(names)), frequency)
    norms = np.sqrt(np.bincount(owners, weights.astype(np.float64) ** 2, minlength=len(names)))
    weights /= np.maximum(norms, 1e-12)[owners].astype(np.float32)
    write_inverted(folder, keys, owners.astype(np.int32), weights)
    save_array(folder / "rows.npy", name_rows.astype(np.int32))


def _idf(frequency: npt.NDArray[np.int64], count: int) -> Weights:
    return (np.log((1.0 + count) / (1.0 + frequency)) + 1.0).astype(np.float32)


class LexicalChannel:
    """Finds tags whose names look like the query."""

    def __init__(self, folder: Path) -> None:
        self._rows = np.asarray(map_array(folder / "rows.npy"))
        self._index = InvertedIndex(folder, len(self._rows))
        self._first = np.flatnonzero(np.r_[True, self._rows[1:] != self._rows[:-1]]) if len(self._rows) else self._rows

    def scores(self, query: str, row_count: int) -> Weights:
        """(row_count,) float32 in 0..1: for every tag the best cosine of its names with the query."""
        result = np.zeros(row_count, np.float32)
        keys, _, weights = _term_frequencies([query])
        if not len(keys) or not len(self._rows):
            return result
        weights = weights * _idf(self._index.frequency(keys), self._index.document_count)
        weights /= np.sqrt(np.sum(weights.astype(np.float64) ** 2))
        by_name = self._index.scores(keys, weights.astype(np.float32), budget=POSTINGS_BUDGET)
        result[self._rows[self._first]] = np.maximum.reduceat(by_name, self._first)
        return result
