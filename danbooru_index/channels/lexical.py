"""The lexical channel: names compared by their characters and by their sound, in every script.

A name is brought into one form for each view (VIEWS) and cut into character n-grams: its folded characters; its spelling in
Latin letters; the consonants that survive a transliteration (sounds.py). In the first view alphabets give trigrams, and
scripts where one character already carries meaning give single characters and bigrams as well. Names are scored by the
cosine of their TF-IDF vectors, tf being 1 + ln(count) and idf ln((1 + N) / (1 + n)) + 1 (the smooth form of Manning,
Raghavan and Schütze, "Introduction to Information Retrieval", 6.2-6.4). Typos leave most n-grams in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..files import map_array, save_array
from ..sounds import skeleton, spelling
from ..text import fold
from .inverted import InvertedIndex, Keys, Weights, write_inverted

MAX_NAME_CHARS = 120
POSTINGS_BUDGET = 1_000_000
_KEY_BITS = 64
_WIDE = 0x2E80  # from here on one character carries meaning
_BOUNDARY = "\x01"
_SEPARATOR = 0
_ENDS_OF_WORDS = 8  # words of a query whose ends are compared

Rows = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class View:
    """One way to compare names: `form` of the folded name, in n-grams of `sizes`; forms shorter than `least` are left out.

    `short_if_wide` are further sizes, used where they hold a character of a script without an alphabet.
    """

    name: str
    form: Callable[[str], str]
    sizes: tuple[int, ...]
    short_if_wide: tuple[int, ...] = ()
    least: int = 1


def _same(folded: str) -> str:
    return folded


CHARACTERS = View("characters", _same, sizes=(3,), short_if_wide=(1, 2))
SPELLING = View("spelling", spelling, sizes=(3, 4), least=3)
SKELETON = View("skeleton", skeleton, sizes=(2, 3, 4), least=2)
SOUNDS = (SPELLING, SKELETON)
VIEWS = (CHARACTERS, *SOUNDS)


def ngram_keys(forms: Iterable[str], view: View) -> tuple[Keys, npt.NDArray[np.int64]]:
    """The n-grams of all forms: (m,) keys and (m,) the number of the form that each belongs to."""
    joined = "\x00".join(f"{_BOUNDARY}{form[:MAX_NAME_CHARS]}{_BOUNDARY}" for form in forms)
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    owner = np.cumsum(codes == _SEPARATOR)
    wide = codes >= _WIDE
    bits = np.uint64(_KEY_BITS // max(view.sizes))
    keys, owners = [], []
    for size in (*view.short_if_wide, *view.sizes):
        count = max(0, len(codes) - size + 1)
        parts = [codes[i : i + count] for i in range(size)]
        keep = np.logical_and.reduce([part != _SEPARATOR for part in parts]) if count else np.zeros(0, bool)
        if size in view.short_if_wide:
            keep &= np.logical_or.reduce([wide[i : i + count] for i in range(size)])
        key = np.zeros(count, np.uint64)
        for part in parts:
            key = (key << bits) | part
        keys.append(key[keep])
        owners.append(owner[:count][keep])
    return np.concatenate(keys), np.concatenate(owners)


def _term_frequencies(forms: Iterable[str], view: View) -> tuple[Keys, npt.NDArray[np.int64], Weights]:
    """Distinct (key, form) pairs sorted by key then form, and 1 + ln(count) of each."""
    keys, owners = ngram_keys(forms, view)
    order = np.lexsort((owners, keys))
    keys, owners = keys[order], owners[order]
    first = np.flatnonzero(np.r_[True, (keys[1:] != keys[:-1]) | (owners[1:] != owners[:-1])]) if len(keys) else order
    counts = np.diff(np.r_[first, len(keys)])
    return keys[first], owners[first], (1.0 + np.log(counts)).astype(np.float32)


def _end_keys(word: str) -> tuple[int, int]:
    """The keys of the n-grams (CHARACTERS) that names beginning, and ending, as a folded word does have at that end."""
    first, last = word[0], word[-1]
    begin = f"{_BOUNDARY}{first}" if ord(first) >= _WIDE else f"{_BOUNDARY}{f'{word} '[:2]}"
    end = f"{last}{_BOUNDARY}" if ord(last) >= _WIDE else f"{f' {word}'[-2:]}{_BOUNDARY}"
    bits = _KEY_BITS // max(CHARACTERS.sizes)

    def key(gram: str) -> int:
        return reduce(lambda packed, char: packed << bits | ord(char), gram, 0)

    return key(begin), key(end)


def _idf(frequency: npt.NDArray[np.int64], count: int) -> Weights:
    idf: Weights = (np.log((1.0 + count) / (1.0 + frequency)) + 1.0).astype(np.float32)
    return idf


def write_lexical(folder: Path, names: Sequence[str], name_rows: Rows) -> None:
    """Index `names` in every view; `name_rows` (ascending) gives the tag row of each name."""
    folded = [fold(name) for name in names]
    for view in VIEWS:
        forms: dict[tuple[int, str], None] = {}
        for row, name in zip(name_rows.tolist(), folded, strict=True):
            form = view.form(name)
            if len(form) >= view.least:
                forms[row, form] = None
        _write_view(
            folder / view.name, [form for _, form in forms], np.array([row for row, _ in forms], np.int32), view
        )


def _write_view(folder: Path, forms: list[str], rows: Rows, view: View) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    keys, owners, weights = _term_frequencies(forms, view)
    boundaries = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else np.zeros(0, np.int64)
    frequency = np.diff(np.r_[boundaries, len(keys)])
    weights *= np.repeat(_idf(frequency, len(forms)), frequency)
    norms = np.sqrt(np.bincount(owners, weights.astype(np.float64) ** 2, minlength=len(forms)))
    weights /= np.maximum(norms, 1e-12)[owners].astype(np.float32)
    write_inverted(folder, keys, owners.astype(np.int32), weights)
    save_array(folder / "rows.npy", rows)


class _NameIndex:
    """The names of an index in one view."""

    def __init__(self, folder: Path, view: View) -> None:
        self._view = view
        self._rows = np.asarray(map_array(folder / "rows.npy"))
        self._index = InvertedIndex(folder, len(self._rows))

    def terms(self, folded: str) -> tuple[Keys, Weights]:
        """The n-grams of a query with their TF-IDF weights, the vector of length 1."""
        form = self._view.form(folded)
        if len(form) < self._view.least or not len(self._rows):
            return np.zeros(0, np.uint64), np.zeros(0, np.float32)
        keys, _, weights = _term_frequencies([form], self._view)
        weights = weights * _idf(self._index.frequency(keys), self._index.document_count)
        return keys, (weights / max(float(np.linalg.norm(weights)), 1e-12)).astype(np.float32)

    def cosines(self, keys: Keys, weights: Weights, row_count: int) -> Weights:
        """(row_count,) float32 in 0..1: for every tag the best cosine of its names."""
        result = np.zeros(row_count, np.float32)
        if len(keys):
            by_name = self._index.scores(keys, weights, budget=POSTINGS_BUDGET)
            named = np.flatnonzero(by_name)
            rows = self._rows[named]
            # Names are in the order of their tags: reducing those that share a term alone costs a fraction of reducing all.
            first = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]]) if len(rows) else named
            result[rows[first]] = np.maximum.reduceat(by_name[named], first) if len(rows) else 0.0
        return result

    def coverage(self, keys: Keys, weights: Weights, row_count: int) -> Weights:
        """(row_count,) float32 in 0..1: the share of a query's squared weight that the names of every tag hold together."""
        result = np.zeros(row_count, np.float32)
        for names, weight in self._index.postings(keys, weights, budget=POSTINGS_BUDGET):
            # Fancy addition adds once to a row that several names repeat, which is what is wanted.
            result[self._rows[names]] += weight * weight
        return result

    def holders(self, key: int, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """(n,) for n tags: whether a name of theirs has this n-gram."""
        held = np.zeros(len(rows), bool)
        for names, _ in self._index.entries(np.array([key], np.uint64)):
            holding = self._rows[names]  # ascending, as names are in the order of their tags
            held = holding[np.minimum(np.searchsorted(holding, rows), len(holding) - 1)] == rows
        return held


@dataclass(frozen=True, slots=True)
class NameScores:
    """How every tag's names fit a query; (rows,) float32 arrays in 0..1.

    `cosine`, `spelling` and `skeleton` are of the best name; `coverage` is of all names together. The two of the sound are
    0 for a query in Latin letters, which the characters serve better.
    """

    cosine: Weights
    coverage: Weights
    spelling: Weights
    skeleton: Weights


class LexicalChannel:
    """Finds tags whose names look or sound like the query."""

    def __init__(self, folder: Path) -> None:
        self._views = {view.name: _NameIndex(folder / view.name, view) for view in VIEWS}

    def scores(self, query: str, row_count: int) -> Weights:
        """(row_count,) float32 in 0..1: for every tag the best cosine of its names' characters with the query's."""
        names = self._views[CHARACTERS.name]
        return names.cosines(*names.terms(fold(query)), row_count)

    def match(self, query: str, row_count: int) -> NameScores:
        """How every tag's names fit the query, in every view."""
        folded = fold(query)
        names = self._views[CHARACTERS.name]
        keys, weights = names.terms(folded)
        sounds = [np.zeros(row_count, np.float32) for _ in SOUNDS]
        if any(ord(char) >= _WIDE for char in folded):
            views = (self._views[view.name] for view in SOUNDS)
            sounds = [view.cosines(*view.terms(folded), row_count) for view in views]
        return NameScores(names.cosines(keys, weights, row_count), names.coverage(keys, weights, row_count), *sounds)

    def ends(self, query: str, rows: npt.NDArray[np.int64]) -> Weights:
        """(n, 4) float32 in 0..1 for n tags: the shares of the query's words as which a name of theirs begins, and ends, then 0 or
        1 for the query as a whole.

        Two letters at the end count, or one character that carries meaning: in Chinese, Japanese and English the last word says
        what a thing is.
        """
        names, folded = self._views[CHARACTERS.name], fold(query)[:MAX_NAME_CHARS].strip()
        words = folded.split()[:_ENDS_OF_WORDS]
        shares = np.zeros((len(rows), 4), np.float32)
        for word in words:
            for side, key in enumerate(_end_keys(word)):
                shares[:, side] += names.holders(key, rows) / np.float32(len(words))
        if len(words) == 1:
            shares[:, 2:] = shares[:, :2]
        elif words:
            for side, key in enumerate(_end_keys(folded)):
                shares[:, 2 + side] = names.holders(key, rows)
        return shares
