"""An animal and a girl in one word are an animal girl: 狐狸少女, 여우 소녀, девочка-лиса and "ragazza volpe" are fox girls."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..concepts.counts import person_words
from ..concepts.reading import Reading
from ..concepts.spans import Span
from ..index.index import Index
from ..records import Category, TagFilter
from ..text.fold import match_key
from .choosing import QUALIFIER, Choice, Thing
from .naming import findable

# What may stand between an animal and the person behind it, and between a person and the animal behind.
_BEFORE = {"zh": "", "ja": "", "ko": " ?", "ru": "-"}
_BEHIND = {"es": "[ -]", "fr": "[ -]", "it": "[ -]", "pt": "[ -]", "ru": "-", "pl": "-"}


def with_hybrids(index: Index, reading: Reading, things: Sequence[Thing], filters: TagFilter) -> list[Thing]:
    """The things, each animal right beside a girl or boy of the same word as the tag of such a girl or boy, if it may be found."""
    return [_hybrid(index, reading, thing, filters) or thing for thing in things]


def _hybrid(index: Index, reading: Reading, thing: Thing, filters: TagFilter) -> Thing | None:
    first = thing.choices[0]
    if not first.exact or index.store.category[first.row] != Category.GENERAL:
        return None
    kind = _person_beside(reading, thing.span)
    animal = QUALIFIER.sub("", index.store.record(first.row).tag)
    row = findable(index, f"{animal}_{kind}", filters) if kind else None
    return None if row is None else replace(thing, choices=(Choice(row, first.probability, exact=True),))


def _person_beside(reading: Reading, span: Span) -> str | None:
    """Whether a girl or a boy is beside a span with nothing in between."""
    text, language = reading.text, reading.language
    for start, end in reading.count_places:
        between, allowed = (span.end, start), _BEFORE.get(language)
        if start < span.start:
            between, allowed = (end, span.start), _BEHIND.get(language)
        if allowed is not None and between[0] <= between[1] and re.fullmatch(allowed, text[slice(*between)]):
            kind, _ = person_words(language).get(match_key(text[start:end]), (None, None))
            if kind in ("girl", "boy"):
                return kind
    return None
