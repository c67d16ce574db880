"""A noun with what describes it: "rotes Kleid" is a red_dress, 红色的裙子 a red_skirt, "long black hair" long_hair and black_hair."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..concepts.colours import colour_of, is_colour, said_colours
from ..concepts.language import likely_languages
from ..concepts.places import Overlapping
from ..concepts.reading import Reading
from ..concepts.spans import Span
from ..index.index import Index
from ..records import Category, TagFilter
from ..text.fold import match_key
from .choosing import Choice, Thing
from .hair import COLOURS_BEHIND, STYLES
from .naming import coloured, names_of

_SURE = 0.5  # below which what a noun is guessed to be is not described
# Nouns whose colours are tags of what they are a kind of.
_KINDS = {
    "backpack": "bag", "handbag": "bag", "beanie": "hat", "sundress": "dress", "miniskirt": "skirt", "blouse": "shirt",
    "sweatshirt": "shirt", "swimsuit": "one-piece_swimsuit", "kitten": "cat", "puppy": "dog",
}  # fmt: skip
_MOST_WORDS = 2  # beside the head of a noun that is described already: "long wavy red hair"
_LONGEST = 6  # characters of a colour in scripts without spaces, marks of case with it: ピンク色の
_LOOK = 40  # characters before a noun that are looked at for a word that describes it
_Described = tuple[
    tuple[int, int], list[Choice]
]  # the place of a word that describes a noun, and the tags that it makes of it
_WORD = re.compile(r"[^\W\d_]+")
_WORD_BEFORE = re.compile(r"([^\W\d_]+(?:-[^\W\d_]+)?) $")
_WORD_BEHIND = re.compile(r" (?:(?:y|e|et) )?([^\W\d_]+(?:-[^\W\d_]+)?)")
_AND_BEFORE = re.compile(r"([^\W\d_]+)(?: (?:and|&|und|и) |-and-|/)$", re.IGNORECASE)
_AND_BEHIND = re.compile(r" (?:y|e|et) ([^\W\d_]+)", re.IGNORECASE)
# Between a noun and the colour that it is said to have: "her dress is red", スカートは赤, 裙子是红色的, 드레스는 빨간색.
_IS = re.compile(
    r"(?:的颜色|颜色)?(?:是|为)|(?:の色)?[はがも]|(?: ?색깔?)?[은는이가] (?:색은 )?"
    r"| (?:is|are|was|were|es|son|é|são|est|sont|è|sono|ist|sind) ",
    re.IGNORECASE,
)
# What has a tag in its colour alone.
_OF_BODIES = {
    "hair": re.compile(
        r"머리카락|머리|髪の毛|髪|头发|頭髮|\b(?:hair|haare?|cheveux|pelo|cabello|cabelos?|capelli|волосы)\b",
        re.IGNORECASE,
    ),
    "eyes": re.compile(
        r"눈동자|(?<![가-힣])눈|瞳|(?<!お)目|眼睛|眼眸|\b(?:eyes|augen|yeux|ojos|olhos|occhi|глаза)\b", re.IGNORECASE
    ),
}


def with_descriptions(index: Index, reading: Reading, things: Sequence[Thing], filters: TagFilter) -> list[Thing]:
    """The things, each noun as the tag of it in the colour that is said of it, and with what else shares its head.

    What describes a noun is no thing of its own then.
    """
    bodies = list(_of_bodies(index, reading, filters))
    found: list[Thing] = []
    taken = [_place(body) for body in bodies]  # by words that describe
    for thing in things:
        described = thing
        if _may_be_described(index, thing):
            for ways in ((_coloured,), (_second_colour,), (_of_head,) * _MOST_WORDS):
                for way in ways:
                    place, more = way(index, reading, described, filters)
                    if not more:
                        break
                    described = _described(index, reading, described, place, more)
                    taken.append(place)
        found.append(described)
    near = Overlapping(taken)
    inside = (
        any(
            start <= old.span.start and old.span.end <= end
            for start, end in (taken[i] for i in near.numbers(*_place(old)))
        )
        for old in things
    )
    kept = [thing for thing, gone in zip(found, inside, strict=True) if not gone]
    return sorted([*kept, *bodies], key=lambda thing: thing.span.start)


def _of_bodies(index: Index, reading: Reading, filters: TagFilter) -> Iterator[Thing]:
    """Hair and eyes whose colour is said behind them: 머리는 분홍색, "her hair is red"."""
    for number, stretch in enumerate(reading.stretches):
        for part, pattern in _OF_BODIES.items() if not stretch.excluded else ():
            for noun in pattern.finditer(reading.text, stretch.start, stretch.end):
                said = _IS.match(reading.text, noun.end(), stretch.end)
                for start, end in _beginning(reading.text, said.end(), stretch.end) if said else ():
                    row = coloured(index, said_colours(reading.text[start:end]), part, filters)
                    if row is not None:
                        text = reading.text[noun.start() : end]
                        span = Span(noun.start(), end, text, number, 2, True, (), excluded=False)
                        yield Thing(span, (Choice(row, 1.0, exact=True),))


def _place(thing: Thing) -> tuple[int, int]:
    return thing.span.start, thing.span.end


def _may_be_described(index: Index, thing: Thing) -> bool:
    first = thing.choices[0]
    sure = first.exact or first.probability >= _SURE
    return sure and not thing.span.excluded and index.store.category[first.row] == Category.GENERAL


def _described(index: Index, reading: Reading, thing: Thing, place: tuple[int, int], more: Sequence[Choice]) -> Thing:
    """With the tags of the noun as it is described, which stand in place of a noun that they are kinds of."""
    start, end = min(place[0], thing.span.start), max(place[1], thing.span.end)
    span = replace(thing.span, start=start, end=end, text=reading.text[start:end])
    kinds = tuple(index.store.record(choice.row).tag for choice in more)
    rest = [c for c in thing.choices if not any(kind.endswith(f"_{index.store.record(c.row).tag}") for kind in kinds)]
    return replace(thing, span=span, choices=tuple(dict.fromkeys((*rest, *more))))


def _coloured(index: Index, reading: Reading, thing: Thing, filters: TagFilter) -> _Described:
    """The place of the colour that is said of a noun, and the tag of the noun in this colour, none where there is none."""
    tag = index.store.record(thing.choices[0].row).tag
    if colour_of(tag) or said_colours(thing.span.text) or tag in STYLES:
        return (0, 0), []
    for start, end in _colours_near(reading, thing.span):
        colours = said_colours(reading.text[start:end])
        for noun in _nouns(tag):
            if (row := coloured(index, colours, noun, filters)) is not None:
                return (start, end), [Choice(row, thing.choices[0].probability, exact=True)]
    return (0, 0), []


def _second_colour(index: Index, reading: Reading, thing: Thing, filters: TagFilter) -> _Described:
    """The other of two colours, and the tag of the noun in it: "black and white dress", "vestido azul y blanco"."""
    colour = colour_of(tag := index.store.record(thing.choices[0].row).tag)
    stretch, span = reading.stretches[thing.span.clause], thing.span
    if reading.language in COLOURS_BEHIND:
        said = _AND_BEHIND.match(reading.text, span.end, stretch.end)
    else:
        said = _AND_BEFORE.search(reading.text[: span.start], max(stretch.start, span.start - _LOOK))
    if not colour or said is None or not is_colour(said[1]):
        return (0, 0), []
    row = coloured(index, said_colours(said[1]), tag.removeprefix(f"{colour}_"), filters)
    more = [] if row is None else [Choice(row, thing.choices[0].probability, exact=True)]
    return said.span(1), more


def _nouns(tag: str) -> Iterator[str]:
    """A tag, its last words and what it is a kind of: school_bag and bag, t-shirt and shirt, blouse and shirt."""
    yield tag
    yield from (tag[match.end() :] for match in re.finditer("[_-]", tag) if tag[match.end() :] != "hair")
    if tag in _KINDS:
        yield _KINDS[tag]


def _colours_near(reading: Reading, span: Span) -> Iterator[tuple[int, int]]:
    """The places of the colours that may be said of a span: of the words before or behind it, or of what it is said to be."""
    text, stretch = reading.text, reading.stretches[span.clause]
    if reading.language not in COLOURS_BEHIND:
        yield from _ending(text, stretch.start, span.start)
    elif behind := _WORD_BEHIND.match(text, span.end, stretch.end):
        yield from [behind.span(1)] if is_colour(behind[1]) else []
    if said := _IS.match(text, span.end, stretch.end):
        yield from _beginning(text, said.end(), stretch.end)


def _ending(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The colour at the end of `text[start:end]`."""
    start = max(start, end - _LOOK)
    if (word := _WORD_BEFORE.search(text[start:end])) and is_colour(word[1]):
        yield start + word.start(1), start + word.end(1)
    elif text[end - 1 : end] > "\u2e80":
        places = (place for place in range(max(start, end - _LONGEST), end) if is_colour(text[place:end]))
        yield from ((place, end) for place in [next(places, end)] if place < end)


def _beginning(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The colour at the beginning of `text[start:end]`."""
    if (word := _WORD.match(text, start, end)) and is_colour(word[0]):
        yield word.span()
    else:
        places = (place for place in range(min(end, start + _LONGEST), start, -1) if is_colour(text[start:place]))
        yield from ((start, place) for place in [next(places, start)] if place > start)


def _of_head(index: Index, reading: Reading, thing: Thing, filters: TagFilter) -> _Described:
    """A word beside a description of a noun that describes it too, and what they are together: "long" in "long black hair"."""
    text, span = reading.text, thing.span
    words = re.findall(r"[^\W\d_]+", span.text)
    if len(words) < 2:
        return (0, 0), []
    stretch = reading.stretches[span.clause]
    if reading.language in COLOURS_BEHIND:
        beside, head = _WORD_BEHIND.match(text, span.end, stretch.end), words[0]
        place = beside.span(1) if beside else (0, 0)
        said = f"{head} {text[slice(*place)]}"
    else:
        first = max(stretch.start, span.start - _LOOK)
        beside, head = _WORD_BEFORE.search(text[first : span.start]), words[-1]
        place = (first + beside.start(1), first + beside.end(1)) if beside else (0, 0)
        said = f"{text[slice(*place)]} {head}"
    if (
        not beside
        or is_colour(text[slice(*place)])
        or any(a < place[1] and place[0] < b for a, b in reading.count_places)
    ):
        return (0, 0), []
    key = match_key(said)
    named = names_of(index, [key], filters, likely_languages(text), text).get(key, [])
    rows = [row for row, _ in named if index.store.category[row] == Category.GENERAL]
    known = {choice.row for choice in thing.choices}
    more = [Choice(row, thing.choices[0].probability, exact=True) for row in rows[:1] if row not in known]
    return place, more
