"""The two sides of a prompt: what the text wants and what it leaves out, where one bears on the other."""

from __future__ import annotations

from collections.abc import Sequence

from ..index.index import Index
from ..prompt import Choice
from ..search.choosing import Thing

_WITHOUT = "no_"
_NOBODY = "no_humans"
_NO_COUNTS = (_NOBODY, "solo")


def says_no(tag: str) -> bool:
    """Whether a tag says that a thing is not there: no_shoes."""
    return tag.startswith(_WITHOUT)


def is_wanted(thing: Thing, tag: str) -> bool:
    """Whether a tag of a thing goes into the prompt, as no_bra does where a bra is left out."""
    return says_no(tag) or not thing.span.excluded


def without_said(negative: Sequence[Choice], wanted: Sequence[Choice]) -> list[Choice]:
    """Without what the text names elsewhere as wanted, where it is only near to what is left out.

    머리 묶지 마 is not a reason against the hair_down that follows it.
    """
    said = {choice.tag for choice in wanted if choice.own or choice.score >= 1.0}
    return [choice for choice in negative if choice.score >= 1.0 or choice.tag not in said]


def without_excluded(choices: Sequence[Choice], negative: Sequence[Choice]) -> list[Choice]:
    """Without what the text leaves out, and kinds of it that it does not name: no witch_hat where there is to be no hat.

    A red_panda stays in "a red panda, not a panda".
    """
    out = {choice.tag for choice in negative}
    heads = tuple(f"_{tag}" for tag in out)
    return [c for c in choices if c.own or not (c.tag in out or (c.score < 1.0 and heads and c.tag.endswith(heads)))]


def without_nobody(choices: Sequence[Choice]) -> list[Choice]:
    """Without no_humans where somebody is counted elsewhere in the text: "a girl, nobody else around"."""
    counted = any(choice.category == "count" and choice.tag not in _NO_COUNTS for choice in choices)
    return [choice for choice in choices if choice.own or not (counted and choice.tag == _NOBODY)]


def wanted_later(index: Index, things: Sequence[Thing]) -> set[str]:
    """The tags of what is first left out and then named as wanted: 骑 in 没骑驯鹿改骑摩托, of which neither prompt has it.

    What comes the other way round is left out, as the text says last: "with a dog, oh no, no dog".
    """
    out: set[int] = set()
    later: set[int] = set()
    for thing in sorted(things, key=lambda thing: thing.span.start):
        rows = {choice.row for choice in thing.choices if choice.exact}
        if thing.span.excluded:
            out |= rows
        else:
            later |= rows & out
    return {index.store.record(row).tag for row in later}
