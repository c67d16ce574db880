"""What a word means in its language, and by the words around it: Hut is a hat in German, and a bat is no animal in baseball.

`meanings.tsv.gz` was written for this project: language, the spellings of the word, the tags that it means, best first, `-` where it means
nothing that a picture shows, and, in a fourth column, cues: words of which any, elsewhere in the text, tells that this is what is
meant; a `*` stands for any ending. Without cues it is what the word means otherwise. This is Lesk's way to tell senses apart
(doi.org/10.1145/318723.318728), with cues written for it in place of a dictionary's definitions.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ..text.fold import fold, match_key
from .language import ALPHABETIC, language_of
from .negation import excluded_texts

_FILE = Path(__file__).with_name("meanings.tsv.gz")
_NOTHING = "-"
_WORD = re.compile(r"\w+")


class Meaning(NamedTuple):
    """The tags of one meaning, best first, and the cues that tell it, apart by |, none where it is what the word means otherwise."""

    tags: tuple[str, ...]
    cues: str


class _Word(NamedTuple):
    """A word as it is written in folded text, with its meanings in the order of the file."""

    written: str
    meanings: tuple[Meaning, ...]


@lru_cache(maxsize=64)
def meanings(text: str, *languages: str) -> Mapping[str, Meaning]:
    """What words mean, by match key; of several languages the first counts.

    :param text: the words that tell; a cue tells in the language that the text seems to have, be it certain or not.
    :param languages: that it is in for certain.

    >>> meanings("", "de")["hut"].tags, meanings("", "de")["links"].tags, meanings("", "en").get("bat")
    (('hat',), (), None)
    >>> meanings("a boy with a bat and a baseball cap", "en")["bat"].tags
    ('baseball_bat',)
    """
    found: dict[str, Meaning] = {}
    for language in reversed(languages):
        found |= _otherwise(language)
    spoken = language_of(text)
    if spoken not in ALPHABETIC:
        found |= _otherwise(spoken)
    for language in dict.fromkeys([spoken, *reversed(languages)]):
        found |= _told(text, language)
    return found


@lru_cache(maxsize=32)
def _otherwise(language: str) -> Mapping[str, Meaning]:
    return {key: meant for key, word in _words(language).items() for meant in word.meanings if not meant.cues}


def _told(text: str, language: str) -> Iterator[tuple[str, Meaning]]:
    """The words of a text whose meaning its other words tell, each with the meaning whose cues have most letters."""
    said, telling = _written(text, language), _written(_without_excluded(text), language)
    for key, word in _words(language).items():
        if word.written in said:
            letters = [_letters(_cues(meant.cues, language), word.written, telling) for meant in word.meanings]
            if most := max(letters):
                yield key, word.meanings[letters.index(most)]


def _without_excluded(text: str) -> str:
    """A text without what it leaves out, which tells nothing: "a bat, the animal, not the baseball kind"."""
    for part in excluded_texts(text):
        text = text.replace(part, " ")
    return text


def _letters(cues: Sequence[str], word: str, said: str) -> int:
    """The letters of the cues that a text has; those that hold the word tell nothing where it stands without them too."""
    found = [cue for cue in cues if cue in said]
    phrases = [cue for cue in found if word in cue]
    alone = said
    for phrase in phrases:
        alone = alone.replace(phrase, " ")
    around = alone.replace(word, " ")
    others = sum(len(cue) for cue in found if word not in cue and cue in around)
    return others + (0 if word in alone else sum(map(len, phrases)))


@lru_cache(maxsize=32)
def _words(language: str) -> Mapping[str, _Word]:
    """Those of one language by match key."""
    words: dict[str, _Word] = {}
    for line in _lines().get(language, ()):
        forms, tags, cues = (*line.split("\t"), "")[:3]
        meaning = Meaning(() if tags == _NOTHING else tuple(tags.split("|")), cues)
        for form in forms.split("|"):
            known = words.get(key := match_key(form))
            words[key] = _Word(_written(form, language), (*(known.meanings if known else ()), meaning))
    return words


@lru_cache(maxsize=1)
def _lines() -> Mapping[str, Sequence[str]]:
    """The lines of each language without its name."""
    lines: dict[str, list[str]] = {}
    for line in gzip.decompress(_FILE.read_bytes()).decode().splitlines():
        language, _, rest = line.partition("\t")
        lines.setdefault(language, []).append(rest)
    return lines


@lru_cache(maxsize=1024)
def _cues(listed: str, language: str) -> tuple[str, ...]:
    """Cues as they are written in folded text; behind one for any ending no space stands."""
    cues = filter(None, listed.split("|"))
    return tuple(
        _written(cue.removesuffix("*"), language).rstrip(" ") if cue.endswith("*") else _written(cue, language)
        for cue in cues
    )


def _written(text: str, language: str) -> str:
    """Folded text; where spaces part words, its words with one space around each, so that only whole words are found in it."""
    return f" {' '.join(_WORD.findall(fold(text)))} " if language in ALPHABETIC else fold(text)
