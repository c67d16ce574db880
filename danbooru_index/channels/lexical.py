"""The lexical channel: names compared by their characters and by their sound, in every script.

A name is brought into one form for each view (VIEWS) and cut into character n-grams: its folded characters; its spelling in
Latin letters; the consonants that survive a transliteration (sounds.py). In the first view alphabets give trigrams, and
scripts where one character already carries meaning give single characters and bigrams as well. Names are compared by the
cosine of their idf vectors (terms.py). Typos leave most n-grams in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..files import map_array, save_array
from ..sounds import skeleton, spelling
from ..text import fold
from .inverted import Keys, Weights
from .ranges import Numbers, flat_ranges
from .terms import Found, TermIndex, TermQueries, write_terms

MAX_NAME_CHARS = 120
_KEY_BITS = 64
_WIDE = 0x2E80  # from here on one character carries meaning
_BOUNDARY = "\x01"
_SEPARATOR = 0

Rows = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class View:
    """One way to compare names: `form` of the folded name, in n-grams of `sizes`; forms shorter than `least` are left out.

    `short_if_wide` are further sizes, used where they hold a character of a script without an alphabet. A view of the `sound`
    serves no query in Latin letters, which the characters serve better.
    """

    name: str
    form: Callable[[str], str]
    sizes: tuple[int, ...]
    short_if_wide: tuple[int, ...] = ()
    least: int = 1
    sound: bool = False

    def serves(self, folded: str) -> bool:
        """Whether a folded query is looked up in this view."""
        return not self.sound or any(ord(char) >= _WIDE for char in folded)


def _same(folded: str) -> str:
    return folded


CHARACTERS = View("characters", _same, sizes=(3,), short_if_wide=(1, 2))
SPELLING = View("spelling", spelling, sizes=(3, 4), least=3, sound=True)
SKELETON = View("skeleton", skeleton, sizes=(2, 3, 4), least=2, sound=True)
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


def _distinct(forms: Iterable[str], view: View) -> tuple[Keys, npt.NDArray[np.int64]]:
    """Distinct (key, form) pairs sorted by key then form."""
    keys, owners = ngram_keys(forms, view)
    order = np.lexsort((owners, keys))
    keys, owners = keys[order], owners[order]
    first = np.flatnonzero(np.r_[True, (keys[1:] != keys[:-1]) | (owners[1:] != owners[:-1])]) if len(keys) else order
    return keys[first], owners[first]


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
    keys, owners = _distinct(forms, view)
    write_terms(folder, keys, owners.astype(np.int32), len(forms))
    save_array(folder / "rows.npy", rows)


class _NameIndex:
    """The names of an index in one view; `rows` (ascending) gives the tag of each."""

    def __init__(self, folder: Path, view: View) -> None:
        self.view = view
        self.rows: Rows = map_array(folder / "rows.npy")
        self.terms = TermIndex(folder)

    def queries(self, folded: Sequence[str]) -> TermQueries:
        """The n-grams of folded queries; those whose form is too short, or that this view does not serve, have none."""
        forms = [self.view.form(text) if self.view.serves(text) else "" for text in folded]
        usable = [i for i, form in enumerate(forms) if len(form) >= self.view.least]
        keys, owners = _distinct([forms[i] for i in usable], self.view)
        return self.terms.queries(keys, np.array(usable, np.int64)[owners], len(forms))

    def find(self, queries: TermQueries, budget: int) -> Found:
        """Tags, one of them as often as several of its names share the rarest n-grams, and how well each of these fits."""
        names, scores, starts = self.terms.find(queries, budget)
        return self.rows[names].astype(np.int64), scores, starts

    def scores(self, queries: TermQueries, rows: Numbers, owners: Numbers) -> tuple[Weights, Weights]:
        """(n,) each for (n,) tags and the queries that they are compared with: the best cosine of their names, and the share
        of the query's squared weight that their names hold together."""
        # Numbers of another type would make searchsorted convert all of self.rows each time.
        wanted = rows.astype(self.rows.dtype)
        begins, ends = np.searchsorted(self.rows, wanted, "left"), np.searchsorted(self.rows, wanted, "right")
        names, places = flat_ranges(begins, ends)
        of_names, terms = hits = self.terms.hits(queries, names, owners[places])
        cosine = np.zeros(len(rows), np.float32)
        np.maximum.at(cosine, places, self.terms.cosines(queries, names, hits))
        held = np.unique(places[of_names] * max(1, len(queries.numbers)) + terms)
        by_tag, term = np.divmod(held, max(1, len(queries.numbers)))
        coverage = np.bincount(by_tag, queries.weights[term] ** 2, minlength=len(rows))
        return cosine, coverage.astype(np.float32)


@dataclass(frozen=True, slots=True)
class NameScores:
    """How the names of n tags fit their queries; (n,) float32 arrays in 0..1.

    `cosine`, `spelling` and `skeleton` are of the best name; `coverage` is of all names together.
    """

    cosine: Weights
    coverage: Weights
    spelling: Weights
    skeleton: Weights


class LexicalChannel:
    """Finds tags whose names look or sound like the query."""

    def __init__(self, folder: Path) -> None:
        self._views = {view.name: _NameIndex(folder / view.name, view) for view in VIEWS}

    def queries(self, folded: Sequence[str]) -> dict[str, TermQueries]:
        """Folded queries (text.fold) in every view."""
        return {name: view.queries(folded) for name, view in self._views.items()}

    def find(self, queries: dict[str, TermQueries], budget: int) -> dict[str, Found]:
        """For each view the tags near every query with the cosines that its rarest n-grams give; `budget` postings are read a
        query and view."""
        return {name: view.find(queries[name], budget) for name, view in self._views.items()}

    def scores(self, queries: dict[str, TermQueries], rows: Numbers, owners: Numbers) -> NameScores:
        """How the names of (n,) tags fit the queries `owners` (n,), in every view; distinct rows for each query."""
        found = {name: view.scores(queries[name], rows, owners) for name, view in self._views.items()}
        return NameScores(*found[CHARACTERS.name], *(found[view.name][0] for view in SOUNDS))
