"""A text as the things it names.

Clauses are cut into words (segment.py); function words end phrases; a phrase is one concept with its modifiers, or
several where the index knows several names in it. Persons become counts, characters and series are taken out first, and
what follows a negation is marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache

from ..text import match_key
from .atoms import HANGUL, PARTICLE, WORD, Atom, Clause, atoms_of, clauses, is_japanese
from .counts import Person, alone_words, count_tags, fixed_phrases, headcount, number_words, person_words
from .grammar import CHINESE, ENGLISH, JAPANESE, KOREAN, KOREAN_AND, KOREAN_LINK
from .lexicon import Known, Lexicon
from .relative import join_modifiers, join_objects, join_relative, mark_verbs
from .roles import Role
from .segment import Piece, segment, spans, word_starts


class ConceptKind(Enum):
    """What a concept asks for."""

    THING = "thing"
    NAME = "name"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing that a text names.

    `text` is what to search for; `start` and `end` its place in the text; `tags` are given by rule (counts) and `known`
    by the index's own names; `weight` is the number of words that say something, at least 1. `parts` are the things
    that a compound may name instead ("hair ribbon": hair, ribbon), empty where there is only one.
    """

    text: str
    start: int
    end: int
    kind: ConceptKind = ConceptKind.THING
    negated: bool = False
    tags: tuple[str, ...] = ()
    known: Known | None = None
    weight: int = 1
    parts: tuple[Concept, ...] = ()


@lru_cache(maxsize=4)
def roles_of(language: str) -> dict[str, Role]:
    """{match key: role} of the function words, persons and numbers of a language, English ones included."""
    own = {"zh": CHINESE, "ja": JAPANESE, "ko": KOREAN, "en": ENGLISH}
    roles: dict[str, Role] = {}
    for code in dict.fromkeys(("en", language)):
        roles.update(dict.fromkeys(number_words(code), Role.NUMBER))
        roles.update({match_key(word): role for word, role in own[code].items()})
        roles.update(dict.fromkeys(alone_words(code), Role.ALONE))
        roles.update(dict.fromkeys(fixed_phrases(code), Role.PERSONS))
    roles.update(dict.fromkeys(person_words(), Role.PERSON))
    return roles


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
    reader = _Reader(text, lexicon)
    negated = False
    for clause in clauses(text):
        negated = reader.read(
            clause, language_of(text, clause, japanese=japanese), negated=negated and clause.enumerated
        )
    return reader.result()


@dataclass(slots=True)
class _Reader:
    """Reads clause after clause; keeps what a sentence says of persons."""

    text: str
    lexicon: Lexicon
    concepts: list[Concept] = field(default_factory=list)
    persons: list[Person] = field(default_factory=list)
    fixed: list[str] = field(default_factory=list)
    alone: bool = False
    first_person: tuple[int, int] | None = None

    def result(self) -> list[Concept]:
        counts = tuple(dict.fromkeys([*self.fixed, *count_tags(self.persons, alone=self.alone)]))
        if not counts:
            return self.concepts
        start, end = self.first_person or (0, 0)
        return [Concept(self.text[start:end], start, end, ConceptKind.COUNT, tags=counts), *self.concepts]

    def read(self, clause: Clause, language: str, *, negated: bool) -> bool:
        """Add the concepts of one clause; returns whether a negation is still open at its end."""
        atoms = atoms_of(self.text, clause)
        roles = roles_of(language)
        names = self._names(atoms, roles)
        pieces = segment(atoms, word_starts(atoms, japanese=language == "ja"), roles.get, names.key_of)
        if language == "zh":
            pieces = join_relative(mark_verbs(pieces))
        elif language == "ja":
            pieces = join_objects(join_modifiers(pieces))
        phrase = _Phrase(self, atoms, names.known, language, negated=negated)
        for i, piece in enumerate(pieces):
            phrase.take(piece, pieces[i + 1] if i + 1 < len(pieces) else None, alone=len(pieces) == 1)
        phrase.flush()
        return phrase.negated

    def _names(self, atoms: Sequence[Atom], roles: dict[str, Role]) -> _Names:
        """Look all spans of a clause up at once."""
        keys: dict[tuple[int, int], tuple[str, ...]] = {}
        for first, last in spans(atoms):
            inner = [
                a.key
                for i, a in enumerate(atoms[first:last])
                if not (a.script == WORD and roles.get(a.key) is Role.LINK)
            ]
            edge = {roles.get(atoms[first].key), roles.get(atoms[last - 1].key)}
            key = "".join(inner)
            if len(key) < 2 or edge & {Role.LINK} and last - first > 1:
                continue
            keys[first, last] = _variants(key) if atoms[last - 1].script == WORD else (key,)
        known = dict(self.lexicon.find({key for variants in keys.values() for key in variants}))
        counts = {k.row for k in self.lexicon.find(_count_keys()).values()}
        found = {}
        for (first, last), variants in keys.items():
            name = next((key for key in variants if key in known and known[key].row not in counts), None)
            if name is not None and not (known[name].is_name and _is_common(self.text, atoms[first:last])):
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
    return tuple(match_key(tag) for names in headcount()["tags"].values() for tag in names.values())


def _is_common(text: str, atoms: Sequence[Atom]) -> bool:
    """Whether a spelling is too short to be taken for a name: up to two characters, or one word without a capital."""
    if atoms[0].script == WORD:
        return len(atoms) == 1 and not text[atoms[0].start].isupper()
    return len(atoms) <= 2 and atoms[0].script != HANGUL


def _variants(key: str) -> tuple[str, ...]:
    """An English key with its plural and singular."""
    return (key, key[:-1]) if key.endswith("s") and len(key) > 3 else (key, key + "s")


_SILENT = {Role.LINK, Role.NUMBER}


class _Phrase:
    """The words since the last one that ended a phrase."""

    def __init__(
        self, reader: _Reader, atoms: Sequence[Atom], known: dict[str, Known], language: str, *, negated: bool
    ) -> None:
        self.reader, self.atoms, self.known, self.language, self.negated = reader, atoms, known, language, negated
        self.pieces: list[Piece] = []
        self.number: str | None = None
        self.subject: Concept | None = None

    def take(self, piece: Piece, after: Piece | None, *, alone: bool) -> None:
        """Read one word, seeing the next one."""
        role = self._role(piece, after, alone=alone)
        if role in (Role.BREAK, Role.ENUMERATION, Role.COMMA):
            self.flush()
            if piece.role is Role.TOPIC:
                self.subject = self._concept([piece])
            if role is Role.COMMA:
                self.negated = False
            if self.language == "en" and role is Role.BREAK:
                self.number = None
        elif role is Role.NEGATION:
            self.flush()
            self.negated = True
        elif role is Role.POSTNEGATION:
            self._negate_last()
        elif role in (Role.PERSON, Role.PERSONS, Role.ALONE):
            self.flush()
            self._person(piece, role)
        elif role is Role.POSTURE:
            self.flush()
            self.pieces = [piece]
            self.flush()
        else:
            if role is Role.NUMBER:
                self.number = number_words(self.language).get(piece.key) or number_words("en").get(piece.key)
            if self._is_verb(piece, role) and any(p.role is not Role.MODIFIER for p in self.pieces):
                self.flush()
            self.pieces.append(replace(piece, role=role))

    def _role(self, piece: Piece, after: Piece | None, *, alone: bool) -> Role:
        role = piece.role
        if role is Role.TOPIC:
            ends = after is not None and after.role is Role.BREAK
            return Role.BREAK if alone or ends else Role.CONTENT
        if piece.last > piece.first and self.atoms[piece.first].script == PARTICLE:
            return (
                Role.LINK if piece.key in KOREAN_LINK else Role.ENUMERATION if piece.key in KOREAN_AND else Role.BREAK
            )
        return role

    def _is_verb(self, piece: Piece, role: Role) -> bool:
        """Whether a word is, or begins with, a verb that takes its object after it."""
        return self.language in ("zh", "en") and (
            role is Role.VERB or roles_of(self.language).get(self.atoms[piece.first].key) is Role.VERB
        )

    def _person(self, piece: Piece, role: Role) -> None:
        reader = self.reader
        place = (self.atoms[piece.first].start, self.atoms[piece.last - 1].end)
        if role is Role.ALONE:
            reader.alone = True
        elif role is Role.PERSONS:
            reader.fixed += fixed_phrases(self.language).get(piece.key) or fixed_phrases("en")[piece.key]
        elif not self.negated:
            kind, plural = person_words()[piece.key]
            reader.persons.append(Person(kind, self.number or ("many" if plural else None)))
        reader.first_person = reader.first_person or place
        self.number = None

    def _negate_last(self) -> None:
        if any(piece.role not in _SILENT for piece in self.pieces):
            self.negated = True
            self.flush()
            self.negated = False
        elif self.reader.concepts:
            last = self.reader.concepts[-1]
            self.reader.concepts[-1] = Concept(
                last.text, last.start, last.end, last.kind, True, last.tags, last.known, last.weight
            )

    def flush(self) -> None:
        """End the phrase and make it concepts."""
        pieces, self.pieces = self.pieces, []
        while pieces and pieces[0].role in _SILENT:
            pieces = pieces[1:]
        while pieces and pieces[-1].role in _SILENT:
            pieces = pieces[:-1]
        if not pieces:
            return
        if all(piece.role is Role.MODIFIER for piece in pieces) and self.subject is not None:
            self._predicate(pieces, self.subject)
            return
        made = [self._compound(group) for group in _around_names(pieces, self.known)]
        self.reader.concepts += made
        bare = len(pieces) == 1 and len(made) == 1
        self.subject = made[0] if bare else None

    def _predicate(self, pieces: Sequence[Piece], subject: Concept) -> None:
        """ "her hair is silver and long": the modifiers belong to the noun before them."""
        concepts = self.reader.concepts
        if concepts and concepts[-1] is subject:
            concepts.pop()
        for piece in pieces:
            space = "" if self.language in ("zh", "ja") else " "
            text = self._text([piece]) + space + subject.text
            known = self.reader.lexicon.find([match_key(text)]).get(match_key(text))
            concepts.append(
                Concept(text, subject.start, self._end(piece), ConceptKind.THING, self.negated, known=known, weight=2)
            )

    def _compound(self, pieces: Sequence[Piece]) -> Concept:
        concept = self._concept(pieces)
        groups = _parts(pieces)
        if concept.known is not None or len(groups) < 2:
            return concept
        return replace(concept, parts=tuple(self._concept(group) for group in groups))

    def _concept(self, pieces: Sequence[Piece]) -> Concept:
        known = self.known.get(pieces[0].key) if len(pieces) == 1 and pieces[0].known else None
        kind = ConceptKind.NAME if known is not None and known.is_name else ConceptKind.THING
        weight = sum(piece.role not in _SILENT for piece in pieces)
        return Concept(
            self._text(pieces),
            self.atoms[pieces[0].first].start,
            self._end(pieces[-1]),
            kind,
            self.negated,
            known=known,
            weight=max(1, weight),
        )

    def _end(self, piece: Piece) -> int:
        return self.atoms[piece.last - 1].end

    def _text(self, pieces: Sequence[Piece]) -> str:
        text = self.reader.text
        if self.language == "en":
            return " ".join(text[self.atoms[p.first].start : self._end(p)] for p in pieces if p.role is not Role.LINK)
        if any(a.last != b.first for a, b in zip(pieces, pieces[1:], strict=False)):
            return ("" if self.language != "ko" else " ").join(
                text[self.atoms[p.first].start : self._end(p)] for p in pieces if p.role is not Role.LINK
            )
        return text[self.atoms[pieces[0].first].start : self._end(pieces[-1])]


def _around_names(pieces: Sequence[Piece], known: dict[str, Known]) -> list[list[Piece]]:
    """A phrase cut at the characters and series in it, each of them alone."""
    groups: list[list[Piece]] = [[]]
    for piece in pieces:
        name = known.get(piece.key) if piece.known and piece.role is Role.CONTENT else None
        if name is not None and name.is_name:
            groups += [[piece], []]
        else:
            groups[-1].append(piece)
    return [trimmed for group in groups if (trimmed := _trim(group))]


def _parts(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """What a phrase may name apart: each name of the index with the words before it; several modifiers of one noun each with the noun."""
    groups: list[list[Piece]] = [[]]
    for piece in pieces:
        groups[-1].append(piece)
        if piece.known and piece.role is Role.CONTENT:
            groups.append([])
    tail = groups.pop()
    if not groups or tail:
        groups.append(tail)
    parts: list[list[Piece]] = []
    for group in (trimmed for group in groups if (trimmed := _trim(group))):
        modifiers, noun = (
            [p for p in group if p.role is Role.MODIFIER],
            [p for p in group if p.role is not Role.MODIFIER],
        )
        parts += [[modifier, *noun] for modifier in modifiers] if len(modifiers) > 1 and noun else [group]
    return parts


def _trim(group: list[Piece]) -> list[Piece]:
    while group and group[0].role in _SILENT:
        group = group[1:]
    while group and group[-1].role in _SILENT:
        group = group[:-1]
    return group
