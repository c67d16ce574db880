"""The spans of one stretch of a text that may name one thing: runs of its words, and the names of the index in it.

No grammar chooses among them: every span is scored by the engine, and the best cover is taken (cover.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import lru_cache

from .atoms import HAN, KANA, PARTICLE, SIGN, THAI, WORD, Atom, Clause, atoms_of
from .function_words import unseen_words
from .kana import is_inside, name_starts
from .meanings import meanings
from .negation import Stretch
from .places import Furthest
from .runs import Names, runs_of
from .words import thai_starts, word_starts

MAX_WORDS = 3  # of a span that is not a name; six found nothing more on the train part of the prose benchmark
_SHORT = 5  # letters of function words that may be spelled like a name
_NO_NAMES: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` as one thing.

    `clause` is the number of the stretch that it lies in, `words` how many words it has, `aligned` whether it begins and ends
    where words do, `named` the (row, kind) of the tags of which it is a name as it stands, `excluded` whether the text leaves
    it out.
    """

    start: int
    end: int
    text: str
    clause: int
    words: int
    aligned: bool
    named: tuple[tuple[int, int], ...]
    excluded: bool

    def covers(self, other: Span) -> bool:
        """Whether the other span lies inside this one, and is not the same."""
        return self.start <= other.start and other.end <= self.end and self.end - self.start > other.end - other.start

    def cuts(self, other: Span) -> bool:
        """Whether this span begins or ends inside the other one and reaches beyond it."""
        return other.start < self.start < other.end < self.end or self.start < other.start < self.end < other.end


@lru_cache(maxsize=16)
def _nothing(text: str, language: str) -> frozenset[str]:
    """Words that name nothing by themselves: unseen ones, and such as mean nothing in this text (links in German)."""
    meaningless = frozenset(key for key, meaning in meanings(text, language).items() if not meaning.tags)
    return unseen_words().get(language, frozenset()) | meaningless


@dataclass(frozen=True, slots=True)
class _Counted:
    """The atoms of words that count persons: the one after each by its first, and the first of each by the one after."""

    after: Mapping[int, int]
    before: Mapping[int, int]


class Line:
    """One stretch as atoms, whose names are among `names`."""

    def __init__(self, text: str, stretch: Stretch, number: int, language: str, names: Names, known: Set[str]) -> None:
        self._text, self.stretch, self._number, self._names = text, stretch, number, names
        self.atoms = atoms_of(text, Clause(stretch.start, stretch.end))
        self._silent, self._nothing = unseen_words().get(language, frozenset()), _nothing(text, language)
        if language == "th":
            self.starts = thai_starts(self.atoms, known)
        else:
            self.starts = word_starts(self.atoms, japanese=language == "ja", known=known)
        self._known = known
        self._kana = name_starts(self.atoms, known) if language == "ja" else None
        self._runs = runs_of(self.atoms)
        unseen = self._long_unseen_words()
        self._unseen = Furthest(unseen, len(self.atoms))
        self._unseen_starts = {end: start for start, end in sorted(unseen, reverse=True)}  # by its end, of the longest

    def find(self, counted: Mapping[int, int]) -> None:
        """Look for the spans, once for texts of every length.

        :param counted: the ends of words that only count persons, by their starts: no span begins or ends with them.
        """
        bounds = [i for i, begins in enumerate(self.starts) if begins]
        skipped = self._counted(counted)
        self._words: dict[tuple[int, int], int] = {}  # the spans that are no names, and how many words each needs
        for i, first in enumerate(bounds):
            for words, last in enumerate(bounds[i + 1 : i + 1 + MAX_WORDS], 1):
                trimmed = None if self._is_word(first, last) else self._trimmed(first, last, skipped)
                if trimmed is not None and self._says_something(*trimmed):
                    self._words[trimmed] = min(words, self._words.get(trimmed, words))
        runs = ((run, run.named(self._names)) for run in self._runs)
        self._named = [(run, named) for run, named in runs if named and not self._is_inside(run.first, run.last)]

    def spans(self, most: int) -> list[Span]:
        """The spans of at most so many words, and every name."""
        found = dict.fromkeys((place for place, words in self._words.items() if words <= most), _NO_NAMES)
        for run, named in self._named:
            if (run.first, run.last) in found or len(run.keys[0]) > 1:
                found[run.first, run.last] = named
        return [self._span(first, last, named) for (first, last), named in sorted(found.items())]

    def _counted(self, counted: Mapping[int, int]) -> _Counted:
        starts = {atom.start: i for i, atom in enumerate(self.atoms)}
        ends = {atom.end: i + 1 for i, atom in enumerate(self.atoms)}
        pairs = [(starts.get(start), ends.get(end)) for start, end in counted.items()]
        whole = [(i, j) for i, j in pairs if i is not None and j is not None and self.starts[i] and self.starts[j]]
        return _Counted(dict(whole), {j: i for i, j in whole})

    def _says_something(self, first: int, last: int) -> bool:
        """Whether a run is no function word, no piece of one, and no end of a word."""
        in_word = self._is_word(first, last) or self._unseen.has_longer(first, last)
        return not in_word and not self._is_ending(first, last)

    def _is_word(self, first: int, last: int) -> bool:
        """Whether a run is one function word: "on" and 表情 name nothing here, whatever tag is spelled so."""
        return "".join(atom.key for atom in self.atoms[first:last]) in self._nothing

    def _long_unseen_words(self) -> list[tuple[int, int]]:
        """The atoms of words of several that name nothing, in which nothing is named: no noodles in 上面, no way in "by the way"."""
        several = ((run.first, run.last) for run in self._runs if run.last - run.first > 1)
        return [(first, last) for first, last in several if self._is_word(first, last)]

    def _is_inside(self, first: int, last: int) -> bool:
        """Whether a run is or is in a function word, or kana inside a Japanese word, whatever it names: りす in 雨宿りする."""
        in_kana = self._kana is not None and is_inside(self.atoms, first, last, self._kana, self._known)
        in_word = self._is_word(first, last) or self._unseen.has_longer(first, last)
        return in_kana or in_word or self._are_words(first, last)

    def _are_words(self, first: int, last: int) -> bool:
        """Whether a run is only spelled like a name: short function words (Spanish "a las", alas), or words before an "a" ("past a")."""
        run = self.atoms[first:last]
        if len(run) < 2 or any(atom.script != WORD for atom in run):
            return False
        short = sum(len(atom.key) for atom in run) <= _SHORT
        return run[-1].key == "a" or (short and all(atom.key in self._silent for atom in run))

    def _is_ending(self, first: int, last: int) -> bool:
        """Whether a run is or begins with the rest of a Japanese word: い in 赤い, and れた目 in 濡れた目; or is one kana."""
        if self.atoms[first].script != KANA:
            return False
        before = self.atoms[first - 1] if first else None
        if before is None or before.end < self.atoms[first].start:
            return last == first + 1
        return last == first + 1 or before.script == HAN or not self.starts[first]

    def _trimmed(self, first: int, last: int, counted: _Counted) -> tuple[int, int] | None:
        """Without function words and counts of persons at its ends; None where nothing else is left."""
        while first < last and (end := self._skipped_until(first, last, counted)):
            first = end
        while last > first:
            before = self._before(last, counted)
            if not before and not self._is_silent(self.atoms[last - 1]):
                break
            last = before or last - 1
        return (first, last) if last > first and not self._is_rest(first, last) else None

    def _is_rest(self, first: int, last: int) -> bool:
        """Whether one Han character is left of a Chinese word without being a name: 高 of 高中."""
        inside = last == first + 1 and not (self.starts[first] and self.starts[last]) and self._kana is None
        return inside and self.atoms[first].script == HAN and self.atoms[first].key not in self._names

    def _skipped_until(self, first: int, last: int, counted: _Counted) -> int:
        """Where the count or function word that begins at an atom ends, 0 if none does; of hiragana and Thai it is a whole word."""
        if counted.after.get(first, last) < last:
            return counted.after[first]
        if first < self._unseen.beginning(first) <= last:
            return self._unseen.beginning(first)
        if self.atoms[first].script not in (KANA, THAI):
            return first + 1 if self._is_silent(self.atoms[first]) else 0
        end = next((i for i in range(first + 1, last) if self.starts[i]), last)
        whole = self._is_word(first, end) or all(self._is_silent(atom) for atom in self.atoms[first:end])
        return end if whole else 0

    def _before(self, last: int, counted: _Counted) -> int:
        """Where the count or the word of grammar that ends before an atom begins, 0 if none does."""
        return counted.before.get(last) or self._unseen_starts.get(last, 0)

    def _is_silent(self, atom: Atom) -> bool:
        return atom.script in (PARTICLE, SIGN) or atom.key in self._silent

    def _span(self, first: int, last: int, named: tuple[tuple[int, int], ...]) -> Span:
        start, end = self.atoms[first].start, self.atoms[last - 1].end
        words = sum(self.starts[first:last])
        aligned = self.starts[first] and self.starts[last]
        text = self._text[start:end]
        return Span(start, end, text, self._number, max(1, words), aligned, named, self.stretch.excluded)
