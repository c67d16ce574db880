"""A phrase: the words since the last one that ended a phrase, and the concepts that it becomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..text.fold import match_key
from .atoms import PARTICLE, Atom
from .concept import Concept, ConceptKind
from .counts import Person, count_tags, fixed_phrases, further_words, number_words, person_words
from .grammar import KOREAN_AND, KOREAN_LINK, KOREAN_OBJECT
from .lexicon import Known, Lexicon
from .role_words import roles_of
from .roles import Role
from .segment import Piece


@dataclass(slots=True)
class Reading:
    """What was read of a text so far: its concepts, and what it says of persons."""

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


_SILENT = {Role.LINK, Role.NUMBER}


class Phrase:
    """The words since the last one that ended a phrase."""

    def __init__(
        self, reader: Reading, atoms: Sequence[Atom], known: dict[str, Known], language: str, *, negated: bool
    ) -> None:
        self.reader, self.atoms, self.known, self.language, self.negated = reader, atoms, known, language, negated
        self.pieces: list[Piece] = []
        self.number: str | None = None
        self.further = False
        self.subject: Concept | None = None

    def take(self, piece: Piece, after: Piece | None, *, alone: bool) -> None:
        """Read one word, seeing the next one."""
        role = self._role(piece, after, alone=alone)
        if role in (Role.BREAK, Role.ENUMERATION, Role.COMMA):
            self._end_phrase(piece, role)
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
                self._count(piece.key)
            if self._is_verb(piece, role) and any(p.role is not Role.MODIFIER for p in self.pieces):
                self.flush()
            self.pieces.append(replace(piece, role=role))
            if role is Role.VERB and self.language == "ko":
                self.flush()

    def _count(self, key: str) -> None:
        """Read a number, or a word for one more."""
        languages = (self.language, "en")
        self.further = any(key in further_words(language) for language in languages)
        found = (number_words(language).get(key) for language in languages)
        self.number = "1" if self.further else next(filter(None, found), None)

    def _end_phrase(self, piece: Piece, role: Role) -> None:
        self.flush()
        if piece.role is Role.TOPIC:
            self.subject = self._concept([piece])
        if role is Role.COMMA:
            self.negated = False
        if self.language == "en" and role is Role.BREAK:
            self.number = None

    def _role(self, piece: Piece, after: Piece | None, *, alone: bool) -> Role:
        role = piece.role
        if role is Role.TOPIC:
            ends = after is not None and after.role is Role.BREAK
            return Role.BREAK if alone or ends else Role.CONTENT
        if piece.last > piece.first and self.atoms[piece.first].script == PARTICLE:
            governs = piece.key in KOREAN_OBJECT and after is not None and after.role is Role.VERB
            if governs or piece.key in KOREAN_LINK:
                return Role.LINK
            return Role.ENUMERATION if piece.key in KOREAN_AND else Role.BREAK
        return role

    def _is_verb(self, piece: Piece, role: Role) -> bool:
        """Whether a word is, or begins with, a verb that takes its object after it."""
        return self.language in ("zh", "en") and (
            role is Role.VERB or roles_of(self.language).get(self.atoms[piece.first].key) is Role.VERB
        )

    def _person(self, piece: Piece, role: Role) -> None:
        reader = self.reader
        if self.negated and role is not Role.ALONE:
            self.number, self.further = None, False
            return
        place = (self.atoms[piece.first].start, self.atoms[piece.last - 1].end)
        if role is Role.ALONE:
            reader.alone = True
        elif role is Role.PERSONS:
            reader.fixed += fixed_phrases(self.language).get(piece.key) or fixed_phrases("en")[piece.key]
        else:
            kind, plural = person_words()[piece.key]
            before = [person.number for person in reader.persons if person.kind == kind]
            if self.further and before and not any(before):
                reader.persons.append(Person(kind, "1"))  # "a girl and another girl": the first one counts too
            reader.persons.append(Person(kind, self.number or ("many" if plural else None)))
        reader.first_person = reader.first_person or place
        self.number, self.further = None, False

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
        if concept.known is not None:
            return concept
        groups = _parts(pieces)
        groups = groups if len(groups) > 1 else []
        head = _head(pieces)
        if head and head not in groups:
            groups.append(head)
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


def _head(pieces: Sequence[Piece]) -> list[Piece]:
    """The one name that modifiers before it describe (red | long skirt, where no name is the whole), else empty."""
    words = [piece for piece in pieces if piece.role is not Role.LINK]
    head = [piece for piece in words if piece.role is not Role.MODIFIER]
    alone = len(words) > len(head) == 1 and words[-1] is head[0] and head[0].known
    return head if alone else []


def _trim(group: list[Piece]) -> list[Piece]:
    while group and group[0].role in _SILENT:
        group = group[1:]
    while group and group[-1].role in _SILENT:
        group = group[:-1]
    return group
