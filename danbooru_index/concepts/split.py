"""A text as the things it names.

Clauses are cut into words (segment.py); function words end phrases; a phrase is one concept with its modifiers, or
several where the index knows several names in it. Persons become counts, characters and series are taken out first, and
what follows a negation is marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..text.fold import match_key
from .atoms import HANGUL, WORD, Atom, Clause, atoms_of, clauses, is_japanese
from .concept import Concept
from .counts import all_count_tags, totals
from .lexicon import Known, Lexicon
from .phrase import Phrase, Reading
from .relative import join_modifiers, join_objects, join_relative, mark_verbs
from .role_words import roles_of
from .roles import Role
from .segment import segment, spans, word_starts

# Words of grammar that no name begins or ends with.
_EDGELESS = frozenset(("a", "an", "the", "的", "着", "了", "の", "は", "を"))


def language_of(text: str, clause: Clause, *, japanese: bool) -> str:
    """The language whose grammar a clause follows."""
    stretch = text[clause.start : clause.end]
    if any("\uac00" <= c <= "\ud7a3" for c in stretch):
        return "ko"
    if all(ord(c) < 0x2E80 for c in stretch):
        return "en"
    return "ja" if japanese else "zh"


def split(text: str, lexicon: Lexicon) -> list[Concept]:
    """The concepts of a text in order, the head-count first."""
    japanese = is_japanese(text)
    reading = Reading(text, lexicon)
    negated = False
    for clause in clauses(text):
        language, persons, concepts = (
            language_of(text, clause, japanese=japanese),
            len(reading.persons),
            len(reading.concepts),
        )
        negated = read(reading, clause, language, negated=negated and clause.enumerated)
        if len(reading.concepts) == concepts:
            reading.persons[persons:] = totals(reading.persons[persons:])
    return reading.result()


def read(reading: Reading, clause: Clause, language: str, *, negated: bool) -> bool:
    """Add the concepts of one clause; returns whether a negation is still open at its end."""
    atoms = atoms_of(reading.text, clause)
    roles = roles_of(language)
    names = _names(reading, atoms, roles)
    pieces = segment(atoms, word_starts(atoms, japanese=language == "ja"), roles.get, names.key_of)
    if language == "zh":
        pieces = join_relative(mark_verbs(pieces))
    elif language == "ja":
        pieces = join_objects(join_modifiers(pieces))
    phrase = Phrase(reading, atoms, names.known, language, negated=negated)
    for i, piece in enumerate(pieces):
        phrase.take(piece, pieces[i + 1] if i + 1 < len(pieces) else None, alone=len(pieces) == 1)
    phrase.flush()
    return phrase.negated


def _names(reading: Reading, atoms: Sequence[Atom], roles: dict[str, Role]) -> _Names:
    """Look all spans of a clause up at once."""
    keys: dict[tuple[int, int], tuple[str, ...]] = {}
    for first, last in spans(atoms):
        inner = [
            a.key for i, a in enumerate(atoms[first:last]) if not (a.script == WORD and roles.get(a.key) is Role.LINK)
        ]
        key = "".join(inner)
        if len(key) < 2 or (last - first > 1 and not _EDGELESS.isdisjoint((atoms[first].key, atoms[last - 1].key))):
            continue
        keys[first, last] = _variants(key) if atoms[last - 1].script == WORD else (key,)
    known = dict(reading.lexicon.find({key for variants in keys.values() for key in variants}))
    counts = {k.row for k in reading.lexicon.find(_count_keys()).values()}
    found = {}
    for (first, last), variants in keys.items():
        name = next((key for key in variants if key in known and known[key].row not in counts), None)
        if name is not None and not (known[name].is_name and _is_common(reading.text, atoms[first:last])):
            found[first, last] = name
    return _Names(found, known)


@dataclass(frozen=True, slots=True)
class _Names:
    """The spans of a clause that are names in the index."""

    spans: dict[tuple[int, int], str]
    known: dict[str, Known]

    def key_of(self, first: int, last: int) -> str | None:
        return self.spans.get((first, last))


@lru_cache(maxsize=1)
def _count_keys() -> tuple[str, ...]:
    """Match keys of the count tags, which the grammar of persons gives and not the dictionary."""
    return tuple(match_key(tag) for tag in all_count_tags())


def _is_common(text: str, atoms: Sequence[Atom]) -> bool:
    """Whether a spelling is too short to be taken for a name: up to two characters, or one word without a capital."""
    if atoms[0].script == WORD:
        return len(atoms) == 1 and not text[atoms[0].start].isupper()
    return len(atoms) <= 2 and atoms[0].script != HANGUL


def _variants(key: str) -> tuple[str, ...]:
    """An English key with its plural and singular."""
    return (key, key[:-1]) if key.endswith("s") and len(key) > 3 else (key, key + "s")
