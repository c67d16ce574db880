"""The lexical channel: names compared by their characters and by their sound, in every script.

A name is brought into one form for each view (VIEWS) and cut into character n-grams: its folded characters; its spelling in
Latin letters; the consonants that survive a transliteration (sounds.py). In the first view alphabets give trigrams, and
scripts where one character already carries meaning give single characters and bigrams as well. Names are compared by the
cosine of their idf vectors (terms.py). Typos leave most n-grams in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import numpy as np

from ..arrays.ragged import Ragged
from ..arrays.ranges import flat_ranges
from ..arrays.types import Columns, FloatArray, Int32Array, IntArray, UInt64Array
from ..storage.files import map_array, save_array
from .channel import Depth, Queries, Shown
from .ngrams import AFFIXES, CHARACTERS, SOUNDS, VIEWS, View, affixes_of, ngram_keys
from .terms import Found, TermIndex, TermQueries, write_terms

POSTINGS = {Depth.WHOLE: 50_000, Depth.PART: 2_000}  # read in each view
NAMED = {Depth.WHOLE: 150, Depth.PART: 24}  # tags that are proposed by the characters of their names ...
SOUNDING = {Depth.WHOLE: 50, Depth.PART: 8}  # ... and by each further view
MAX_QUERY_CHARS = 2_000  # no name is longer, and forms of sounds are made of all characters
STARTS_FILE = "name_starts.npy"  # where the names of each tag begin
AFFIX_COLUMNS = ("begins", "ends", "begins_whole", "ends_whole")


def _distinct(forms: Iterable[str], view: View) -> tuple[UInt64Array, IntArray]:
    """Distinct (key, form) pairs sorted by key then form."""
    keys, owners = ngram_keys(forms, view)
    order = np.argsort(keys, kind="stable")  # the owners of one n-gram ascend already
    keys, owners = keys[order], owners[order]
    first = np.flatnonzero(np.r_[True, (keys[1:] != keys[:-1]) | (owners[1:] != owners[:-1])]) if len(keys) else order
    return keys[first], owners[first]


def forms_of(view: View, folded: Sequence[str], name_rows: Int32Array) -> tuple[list[str], Int32Array]:
    """The distinct forms of each tag's folded names (text.fold) in one view, with the tag row of each.

    :param name_rows: (ascending) the tag row of each name.
    """
    distinct: dict[tuple[int, str], None] = {}
    for row, name in zip(name_rows.tolist(), folded, strict=True):
        form = view.form(name)
        if len(form) >= view.least:
            distinct[row, form] = None
    return [form for _, form in distinct], np.array([row for row, _ in distinct], np.int32)


def write_view(folder: Path, view: View, tags: int, forms: Sequence[str], rows: Int32Array) -> None:
    """Index what `forms_of` gives for one view of so many tags, in a folder of its own."""
    (folder / view.name).mkdir(parents=True, exist_ok=True)
    keys, owners = _distinct(forms, view)
    write_terms(folder / view.name, keys, owners.astype(np.int32), len(forms))
    save_array(folder / view.name / STARTS_FILE, np.searchsorted(rows, np.arange(tags + 1)).astype(np.uint32))


class _NameIndex:
    """The names of an index in one view, tag by tag; `rows` gives the tag of each."""

    def __init__(self, folder: Path, view: View) -> None:
        self.view = view
        self._starts = map_array(folder / STARTS_FILE)
        self.rows = np.repeat(np.arange(len(self._starts) - 1, dtype=np.int32), np.diff(self._starts))
        self.terms = TermIndex(folder)

    def queries(self, folded: Sequence[str], also: tuple[UInt64Array, IntArray] | None = None) -> TermQueries:
        """The n-grams of folded queries; those whose form is too short, or that this view does not serve, have none.

        `also` are further (n-gram, query) pairs that weigh nothing, but are looked for in names.
        """
        forms = [self.view.form(text) if self.view.serves(text) else "" for text in folded]
        usable = [i for i, form in enumerate(forms) if len(form) >= self.view.least]
        keys, owners = _distinct([forms[i] for i in usable], self.view)
        owners = np.array(usable, np.int64)[owners]
        if also is None:
            return self.terms.queries(keys, owners, len(forms))
        strengths = np.r_[np.ones(len(keys), np.float32), np.zeros(len(also[0]), np.float32)]
        keys, owners = np.concatenate([keys, also[0]]), np.concatenate([owners, also[1]])
        order = np.lexsort((-strengths, keys, owners))
        keys, owners, strengths = keys[order], owners[order], strengths[order]
        first = np.r_[True, (keys[1:] != keys[:-1]) | (owners[1:] != owners[:-1])][: len(keys)]
        return self.terms.queries(keys[first], owners[first], len(forms), strengths[first])

    def find(self, queries: TermQueries, budget: int) -> Found:
        """Tags, one of them as often as several of its names share the rarest n-grams, and how well each of these fits."""
        names, scores, starts = self.terms.find(queries, budget)
        return self.rows.take(names).astype(np.int64), scores, starts

    def scores(self, queries: TermQueries, rows: IntArray, owners: IntArray) -> tuple[FloatArray, IntArray, IntArray]:
        """Compare (n,) tags with the queries that own them.

        :return: (n,) the best cosine of each tag's names, and pairs of a tag (its place in `rows`) and a term (its place in
            the queries), one for each name of the tag that has the term.
        """
        if not len(queries.numbers):
            return np.zeros(len(rows), np.float32), np.zeros(0, np.int64), np.zeros(0, np.int64)
        names, places = flat_ranges(self._starts[rows], self._starts[rows + 1])
        of_names, terms = hits = self.terms.hits(queries, names, owners[places])
        cosine = np.zeros(len(rows), np.float32)
        np.maximum.at(cosine, places, self.terms.cosines(queries, names, hits))
        return cosine, places[of_names], terms


@dataclass(frozen=True, slots=True)
class NameQueries:
    """Queries in every view. `affixes` is (k, AFFIXES): the shares of the k terms of the view CHARACTERS."""

    terms: dict[str, TermQueries]
    affixes: FloatArray


class LexicalChannel:
    """Finds tags whose names look or sound like the query."""

    name: ClassVar[str] = "lexical"
    shown: ClassVar[Shown] = {"lexical": ("cosine",), "sound": ("spelling", "skeleton")}
    reranks: ClassVar[int | None] = None

    def __init__(self, folder: Path) -> None:
        self._views = {view.name: _NameIndex(folder / view.name, view) for view in VIEWS}

    def queries(self, folded: Sequence[str]) -> NameQueries:
        """Folded queries (text.fold) in every view."""
        folded = [text[:MAX_QUERY_CHARS] for text in folded]
        affixes = affixes_of(folded)
        terms = {name: view.queries(folded) for name, view in self._views.items() if name != CHARACTERS.name}
        names = self._views[CHARACTERS.name]
        asked = terms[CHARACTERS.name] = names.queries(folded, (affixes.keys, affixes.owners))
        places = names.terms.places(asked, affixes.keys, affixes.owners)
        shares = np.zeros((len(asked.numbers), AFFIXES), np.float32)
        np.add.at(shares, (places[places >= 0], affixes.columns[places >= 0]), affixes.shares[places >= 0])
        return NameQueries(terms, shares)

    def find(self, queries: NameQueries, budget: int) -> dict[str, Found]:
        """For each view the tags near every query with the cosines that its rarest n-grams give.

        :param budget: postings that are read per query and view.
        """
        return {name: view.find(queries.terms[name], budget) for name, view in self._views.items()}

    def propose(self, queries: Queries, depth: Depth) -> list[IntArray]:
        """See Channel.propose: the tags of every view."""
        asked = queries.prepared(self, lambda: self.queries(queries.folded))
        proposed: list[list[IntArray]] = [[] for _ in queries.folded]
        for view, (tags, scores, starts) in self.find(asked, POSTINGS[depth]).items():
            count = (NAMED if view == CHARACTERS.name else SOUNDING)[depth]
            for i, (begin, end) in enumerate(pairwise(starts.tolist())):
                proposed[i].append(queries.best(i, tags[begin:end], scores[begin:end], count))
        return [np.concatenate(rows) for rows in proposed]

    def score(self, queries: Queries, rows: Ragged) -> Columns:
        """See `scores`."""
        asked = queries.prepared(self, lambda: self.queries(queries.folded))
        return self.scores(asked, rows.values, rows.owners)

    def scores(self, queries: NameQueries, rows: IntArray, owners: IntArray) -> Columns:
        """How the names of (n,) tags fit the queries `owners` (n,); distinct rows for each query.

        (n,) float32 in 0..1: `cosine`, `spelling` and `skeleton` of the best name in each view, `coverage` by all names together;
        `begins` and `ends`, the shares of the query's words as which a name of the tag begins and ends; `begins_whole` and
        `ends_whole`, 0 or 1 for the query as a whole (ngrams.affixes_of).
        """
        asked = queries.terms[CHARACTERS.name]
        cosine, tags, terms = self._views[CHARACTERS.name].scores(asked, rows, owners)
        # All names of a tag together have a term once.
        width = max(1, len(asked.numbers))
        tags, terms = np.divmod(np.unique(tags * width + terms), width)
        found = np.column_stack([asked.weights**2, queries.affixes])[terms]
        coverage, *affixes = (np.bincount(tags, column, minlength=len(rows)).astype(np.float32) for column in found.T)
        sounds = [self._views[view.name].scores(queries.terms[view.name], rows, owners)[0] for view in SOUNDS]
        names = ("cosine", "coverage", "spelling", "skeleton", *AFFIX_COLUMNS)
        return dict(zip(names, (cosine, coverage, *sounds, *affixes), strict=True))
