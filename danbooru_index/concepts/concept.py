"""What a text names: one record a thing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .lexicon import Known


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
    that a compound may name instead ("hair ribbon": hair, ribbon; "red long skirt": long skirt), empty where there is only one.
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
