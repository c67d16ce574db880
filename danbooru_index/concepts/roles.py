"""What a word does in a sentence, and the token that carries it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Role(Enum):
    """The part that a token plays when a sentence is cut into the things it names."""

    CONTENT = auto()  # names something
    MODIFIER = auto()  # a colour or size: names something only together with a noun
    VERB = auto()  # an action that takes its object along ("holding a sword")
    POSTURE = auto()  # an action that stands alone before a place (坐在椅子上)
    LINK = auto()  # vanishes inside a phrase without ending it (articles, possessives, 的, の)
    BREAK = auto()  # ends a phrase (prepositions, copulas, particles, verbs of wearing)
    COMMA = auto()  # ends a phrase and what a word governs
    ENUMERATION = auto()  # ends a phrase inside an enumeration (and, 、)
    TOPIC = auto()  # an aspect that is named only to be filled (expression, 表情は)
    NEGATION = auto()  # sends what follows to the negative side
    POSTNEGATION = auto()  # sends what precedes to the negative side (Japanese, Korean)
    NUMBER = auto()
    PERSON = auto()  # a girl, a boy
    PERSONS = auto()  # several kinds of persons at once (一男一女)
    ALONE = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """`text[start:end]` of the whole text, with its role; `word` is its comparable form."""

    start: int
    end: int
    word: str
    role: Role
