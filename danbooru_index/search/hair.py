"""A colour beside a hairstyle is the colour of the hair: 粉色长发, "white mohawk" and 빨간 단발 are of pink, white and red hair."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..concepts.colours import is_colour, said_colours
from ..concepts.reading import Reading
from ..concepts.spans import Span
from ..index.index import Index
from ..records import TagFilter
from .choosing import Choice, Thing
from .naming import coloured

STYLES = frozenset(
    (
        "long_hair", "short_hair", "medium_hair", "very_long_hair", "absurdly_long_hair", "big_hair", "straight_hair",
        "wavy_hair", "curly_hair", "messy_hair", "spiked_hair", "fluffy_hair", "ponytail", "high_ponytail", "low_ponytail",
        "side_ponytail", "twintails", "low_twintails", "short_twintails", "braid", "twin_braids", "single_braid",
        "side_braid", "french_braid", "low_twin_braids", "crown_braid", "hair_bun", "double_bun", "single_hair_bun",
        "bob_cut", "hime_cut", "bowl_cut", "pixie_cut", "wolf_cut", "undercut", "drill_hair", "twin_drills", "ringlets",
        "two_side_up", "one_side_up", "half_updo", "dreadlocks", "mohawk", "mullet", "afro", "pompadour", "buzz_cut",
    )
)  # fmt: skip
# Languages whose colours stand behind their nouns.
COLOURS_BEHIND = frozenset(("es", "fr", "pt", "it", "vi", "th", "id", "ar"))
_NEAR = 2  # characters between a colour and its style: spaces, の, 的
_WORDS_BEFORE = re.compile(r"(?:[^\W\d_]+[\s-]+|[^\s\W]{1,5})$")
_WORD_AFTER = re.compile(r"\s+[^\W\d_]+")


def with_hair_colours(index: Index, reading: Reading, things: Sequence[Thing], filters: TagFilter) -> list[Thing]:
    """The things, each hairstyle with the tag of the colour that is said with it: right before it, or in some languages behind it."""
    found: list[Thing] = []
    for thing in things:
        if found and found[-1].span.start < thing.span.start < found[-1].span.end:
            continue  # the colour of the style before it, taken for something of that colour
        style = not thing.span.excluded and any(
            index.store.record(choice.row).tag in STYLES for choice in thing.choices
        )
        span = _with_colour(reading, thing.span, found[-1] if found else None) if style else None
        row = None if span is None else coloured(index, said_colours(span.text), "hair", filters)
        if span is None or row is None:
            found.append(thing)
            continue
        if found and span.start <= found[-1].span.start < span.end:
            found.pop()
        said = any(choice.row == row for choice in thing.choices)
        colour = () if said else (Choice(row, thing.choices[0].probability, exact=True),)
        found.append(replace(thing, span=span, choices=(*thing.choices, *colour)))
    return found


def _with_colour(reading: Reading, span: Span, before: Thing | None) -> Span | None:
    """The span of a style together with its colour, None where none is said."""
    text = reading.text
    if said_colours(span.text):
        return span
    stretch = reading.stretches[span.clause]
    start = stretch.start
    if before is not None and before.span.end <= span.start:
        if span.start - before.span.end <= _NEAR and is_colour(before.span.text):
            return _between(text, span, before.span.start, span.end)
        start = max(start, before.span.end)
    near = _WORDS_BEFORE.search(text[start : span.start])
    if near and said_colours(near.group()):
        return _between(text, span, start + near.start(), span.end)
    after = _WORD_AFTER.match(text, span.end, stretch.end) if reading.language in COLOURS_BEHIND else None
    return _between(text, span, span.start, after.end()) if after and is_colour(after.group()) else None


def _between(text: str, span: Span, start: int, end: int) -> Span:
    return replace(span, start=start, end=end, text=text[start:end])
