"""What people should know of an expansion, as sentences with keys."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..concepts.colours import is_colour
from ..index.index import Index
from ..prompt import Choice, own_contradictions
from ..records import Notice
from ..search.things import Things
from .request import ExpandRequest
from .sides import says_no


def warnings_of(
    own: Sequence[Choice], dropped: Sequence[tuple[str, str, str]], read: Sequence[Things], rows: Collection[int]
) -> tuple[str, ...]:
    """What was left out for a contradiction, what contradicts and stays, what was not found, and what was not read.

    :param rows: of the tags that say what the text leaves out.
    """
    left_out = "{one} contradicts {other} ({group}) and was left out."
    both = "{one} contradicts {other} ({group}); both are yours and stay."

    def contradiction(key: str, text: str, three: tuple[str, str, str]) -> Notice:
        one, other, group = three
        return Notice.of(key, text, one=one, other=other, group=group.replace("_", " "))

    return (
        *(contradiction("contradicting", left_out, three) for three in dropped),
        *(contradiction("own_contradiction", both, three) for three in own_contradictions(own)),
        *(
            Notice.of("unfound", 'Nothing was found for "{text}".', text=text)
            for things in read
            for text in things.unfound
        ),
        *(
            Notice.of("unfound_excluded", 'Nothing was found for "{text}", which you leave out.', text=text)
            for things in read
            for text in things.unfound_excluded(rows)
            if not is_colour(text)
        ),
        *(
            Notice.of("removed", '"{text}" is taken off or gone in the text, so neither prompt has it.', text=text)
            for things in read
            for text in things.reading.removed
        ),
        *_unread(sum(things.left_out for things in read)),
    )


def _unread(count: int) -> tuple[str, ...]:
    """That so many characters of prose at the end of a text were not read."""
    text = "The last {count:,} characters were not read: the text is too long."
    return (Notice.of("unread", text, count=count),) if count else ()


def rows_left_out(index: Index, read: Sequence[Things], negative: Sequence[Choice], kept: Sequence[Choice]) -> set[int]:
    """The tags of the negative, and those of the prompt that say no to something, as rows."""
    saying = {choice.tag for choice in negative} | {choice.tag for choice in kept if says_no(choice.tag)}
    rows = {choice.row for things in read for thing in things.named(excluded=True) for choice in thing.choices}
    return {row for row in rows if index.store.record(row).tag in saying}


def not_enriched(index: Index, request: ExpandRequest) -> tuple[str, ...]:
    """That nothing could be added, where that was asked for."""
    if request.enrich and index.cooccurrence is None:
        text = "Nothing was added: this index has no co-occurrence counts (build --cooccurrence FILE)."
        return (Notice.of("no_counts", text),)
    return ()
