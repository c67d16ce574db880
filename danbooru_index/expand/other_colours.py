"""What a text excludes by its colour alone: "a blue dress, not red" leaves out red_dress, and "any kimono but red" red_kimono."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..concepts.colours import colour_of, is_colour, said_colours
from ..concepts.reading import Reading
from ..index.index import Index
from ..prompt import Choice
from .request import ConceptReport, ExpandRequest

MOST = 8  # tags of one colour


def colours_left_out(reading: Reading) -> list[str]:
    """The colours that a text excludes without a noun, in order, as the text says them."""
    alone = (span.text for span in reading.spans if span.excluded and is_colour(span.text))
    return list(dict.fromkeys(alone))


def colours_out(reading: Reading) -> frozenset[str]:
    """The same, as they begin tags."""
    return frozenset(colour for said in colours_left_out(reading) for colour in said_colours(said))


def is_coloured(choice: Choice, colours: frozenset[str]) -> bool:
    """Whether a tag is a guess in one of these colours: blue_eyes for "des yeux pas bleus"."""
    return bool(colours) and not choice.own and choice.score < 1.0 and colour_of(choice.tag) in colours


def in_other_colours(
    index: Index, request: ExpandRequest, reading: Reading, wanted: Sequence[Choice]
) -> Iterator[tuple[str, list[str]]]:
    """Each excluded colour with the tags that give it to something wanted; nothing that is wanted itself."""
    allowed = index.store.allowed(request.filter)
    chosen = {choice.tag for choice in wanted}
    nouns = dict.fromkeys(tag.removeprefix(f"{colour_of(tag)}_") for tag in chosen)
    for said in colours_left_out(reading):
        tags = (f"{colour}_{noun}" for noun in nouns for colour in sorted(said_colours(said)))
        rows = ((tag, index.store.row_of(tag)) for tag in tags if tag not in chosen)
        found = [tag for tag, row in rows if row is not None and (allowed is None or allowed.tags[row])]
        if found:
            yield said, sorted(found)[:MOST]


def reports_of(colours: Sequence[tuple[str, list[str]]]) -> Iterator[ConceptReport]:
    """The excluded colours as concepts of the answer."""
    for said, tags in colours:
        yield ConceptReport(said, "covered", tuple(tags), (1.0,) * len(tags), negated=True)
