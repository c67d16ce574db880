"""Of characters who share a name the one whose series another character of the text comes from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..arrays.types import FloatArray
from ..concepts.reading import Reading
from ..concepts.wanted import Candidates
from ..index.index import Index
from ..records import Category
from ..text.fold import match_key
from .choosing import COSPLAY, QUALIFIER, Choice, Thing

_ARTICLES = frozenset(
    ("a", "an", "the", "ein", "eine", "einen", "un", "une", "una", "um", "uma", "el", "la", "le", "il", "der", "die")
)


def of_one_series(index: Index, things: Sequence[Thing], text: str) -> list[Thing]:
    """Of several characters of one name the one whose series another character of the text comes from: Ram beside Rem.

    Where another one comes from is in its tag or in its definition (robin_(dc) beside Batman, "a superhero from DC Comics"). The name
    of a character is that of its tag without the qualifier too.
    """
    tags = [index.store.record(thing.choices[0].row).tag for thing in things]
    series = [_series_of(tag) for tag in tags]
    times = Counter(name for name in series if name)
    found = []
    for number, thing in enumerate(things):
        others = {name for name in times if name != series[number] or times[name] > 1}
        others |= _told(index, things, thing, text)
        better = [choice for choice in (*thing.choices, *thing.others) if _is_of(index, thing, choice, others)]
        if better and series[number] not in others:
            rest = tuple(c for c in (*thing.choices, *thing.others) if c.row != better[0].row)
            found.append(Thing(thing.span, (replace(better[0], exact=True),), rest))
        else:
            found.append(thing)
    return found


def _told(index: Index, things: Sequence[Thing], thing: Thing, text: str) -> set[str]:
    """The series of those who are called like a thing that is nobody, and that the definition of a character of the text tells."""
    before = text[: thing.span.start].split()
    article = before and before[-1].lower() in _ARTICLES  # "Batman with a robin": a bird
    if article or index.store.category[thing.choices[0].row] == Category.CHARACTER:
        return set()
    named = [one.choices[0] for one in things if one is not thing and one.choices[0].exact]
    characters = [index.store.record(c.row) for c in named if index.store.category[c.row] == Category.CHARACTER]
    told = "\n".join(record.text.lower() for record in characters)
    found = (_series_of(index.store.record(choice.row).tag) for choice in (*thing.choices, *thing.others))
    return {name for name in found if name and told and _says(told, name)}


def _says(text: str, series: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(series.replace('_', ' '))}(?!\w)", text) is not None


def others_of_series(
    index: Index, reading: Reading, found: Candidates, probabilities: FloatArray, things: Sequence[Thing]
) -> list[Thing]:
    """The things, and beside them the words that are likely nobody, but a character of the series of one who is named."""
    series = {_series_of(index.store.record(thing.choices[0].row).tag) for thing in things} - {""}
    result = list(things)
    named = bytearray(len(reading.text))  # 1 where a name stands
    for thing in things:
        if thing.choices[0].exact:
            named[thing.span.start : thing.span.end] = b"\1" * (thing.span.end - thing.span.start)
    for place in np.flatnonzero(found.category == Category.CHARACTER).tolist() if series else ():
        span = reading.spans[int(found.span[place])]
        if span.excluded or named.find(1, span.start, span.end) >= 0:
            continue
        thing = Thing(span, (Choice(int(found.row[place]), float(probabilities[place]), exact=True),))
        if _is_of(index, thing, replace(thing.choices[0], exact=False), series):
            result.append(thing)
            named[span.start : span.end] = b"\1" * (span.end - span.start)
    return sorted(result, key=lambda thing: thing.span.start)


def _names_copyright(index: Index, key: str) -> bool:
    return any(index.store.category[row] == Category.COPYRIGHT for row, _ in index.store.find([key])[0])


def _series_of(tag: str) -> str:
    return match[1] if (match := QUALIFIER.search(tag)) and match[1] != COSPLAY else ""


def _is_of(index: Index, thing: Thing, choice: Choice, series: set[str]) -> bool:
    """Whether a choice is a character of one of these series that is called as the text says."""
    if not series or index.store.category[choice.row] != Category.CHARACTER:
        return False
    record = index.store.record(choice.row)
    if _series_of(record.tag) not in series:
        return False
    said = match_key(thing.span.text)
    if said == match_key(_series_of(record.tag)) or _names_copyright(index, said):
        return False  # "Power from Chainsaw Man" names nobody else
    names = (QUALIFIER.sub("", record.tag), *(word for name in record.all_names() for word in name.split()))
    return choice.exact or any(match_key(name) == said for name in names)
