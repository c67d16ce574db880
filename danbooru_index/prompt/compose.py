"""From chosen tags to an order without contradictions. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

GROUPS_FILE = Path(__file__).with_name("groups.json")
_SEVERAL = "2girls 3girls 4girls 5girls 6+girls multiple_girls 2boys 3boys 4boys 5boys 6+boys multiple_boys"
SEVERAL_PERSONS = frozenset(_SEVERAL.split())
# What holds however many persons a picture shows; two of them may differ in all else.
_OF_THE_PICTURE = frozenset(("solo", "no_humans", "1girl", "1boy", "1other", "monochrome", "greyscale", "sepia"))
_WITHOUT_HUE = frozenset(("black", "white", "grey", "dark", "pale"))
# The order of general tags: whom one sees, what they wear and do, where, and how it is drawn.
KINDS = ("发型", "眼睛", "表情", "身体", "服装", "物品", "姿势", "动物", "植物", "食物", "场景", "构图", "通用", "NSFW")


@dataclass(frozen=True, slots=True)
class Choice:
    """A tag of a prompt.

    `score` 0..1 decides contradictions; `passage` is the number of the part of the text that it comes from; `category`
    orders it (a category's label, or "count"), and within general tags `kind`, its label in the corpus. An `own` choice
    is written by the user and wins every contradiction.
    """

    tag: str
    score: float
    passage: int
    category: str = "general"
    kind: str = ""
    own: bool = False
    implies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Tags of which one picture of one person can have one; with one of the exceptions in the prompt it can have several."""

    name: str
    tags: frozenset[str]
    exceptions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Tags of which none can stand beside one of `against`, as monochrome beside a colour, unless an exception does."""

    tags: frozenset[str]
    against: frozenset[str]
    exceptions: frozenset[str]

    @property
    def of_the_picture(self) -> bool:
        """Whether it holds for several persons too."""
        return bool(self.tags & _OF_THE_PICTURE)


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(GROUPS_FILE.read_text(encoding="utf-8"))
    return table


@lru_cache(maxsize=1)
def conflicts() -> tuple[Conflict, ...]:
    """The conflicts of groups.json. `group:NAME` is a group's tags, `hue:NAME` those that are not black, white or grey."""
    members = {group.name: group.tags for group in groups()}

    def side(value: str | list[str]) -> frozenset[str]:
        tags: set[str] = set()
        for item in [value] if isinstance(value, str) else value:
            kind, colon, name = item.partition(":")
            if not colon or name not in members:
                tags.add(item)
            else:
                tags |= {t for t in members[name] if kind == "group" or t.partition("_")[0] not in _WITHOUT_HUE}
        return frozenset(tags)

    found = []
    for first, second in _table()["conflicts"]:
        tags = side(first)
        exceptions = {e for tag in tags for e in _table()["conflict_exceptions"].get(tag, ())}
        found.append(Conflict(tags, side(second), frozenset(exceptions)))
    return tuple(found)


@lru_cache(maxsize=1)
def groups() -> tuple[Group, ...]:
    """The groups of groups.json."""
    table = _table()["groups"]
    return tuple(Group(name, frozenset(g["tags"]), frozenset(g["exceptions"])) for name, g in table.items())


def resolve(choices: Sequence[Choice]) -> tuple[list[Choice], list[tuple[str, str, str]]]:
    """Drop the weaker of two tags that contradict each other.

    Two persons may differ in everything but how many they are, so with several of them only the count groups hold.

    :returns: what stays, in order, and (dropped tag, tag that stays, group) for each that went.
    """
    tags = {choice.tag for choice in choices}
    several = bool(tags & SEVERAL_PERSONS) or len(tags & {"1girl", "1boy", "1other"}) > 1
    dropped: dict[str, tuple[str, str, str]] = {}
    for group in groups():
        members = [choice for choice in choices if choice.tag in group.tags and choice.tag not in dropped]
        if len(members) < 2 or tags & group.exceptions or (several and not group.name.endswith("_count")):
            continue
        best = max(members, key=_surer)
        for choice in members:
            if choice is not best and not choice.own:
                dropped[choice.tag] = (choice.tag, best.tag, group.name)
    for conflict in conflicts():
        if not tags & conflict.exceptions and (conflict.of_the_picture or not several):
            dropped.update(_conflicting(conflict, [choice for choice in choices if choice.tag not in dropped]))
    return [choice for choice in choices if choice.tag not in dropped], list(dropped.values())


def own_contradictions(choices: Sequence[Choice]) -> list[tuple[str, str, str]]:
    """Pairs of the user's own tags that contradict each other, with the group; both stay."""
    return resolve([replace(choice, own=False) for choice in choices if choice.own])[1]


def _surer(choice: Choice) -> tuple[bool, float]:
    return choice.own, choice.score


def _conflicting(conflict: Conflict, choices: Sequence[Choice]) -> dict[str, tuple[str, str, str]]:
    """By tag, what goes of the side whose best is less sure; the user's own stays."""
    sides = [[c for c in choices if c.tag in tags] for tags in (conflict.tags, conflict.against)]
    if not all(sides):
        return {}
    best, other = (max(side, key=_surer) for side in sides)
    stays, losers = (best, sides[1]) if _surer(best) >= _surer(other) else (other, sides[0])
    return {c.tag: (c.tag, stays.tag, "conflict") for c in losers if not c.own}


def without_implied(choices: Sequence[Choice]) -> list[Choice]:
    """Drop the tags that another one implies; the user's own stay, and what is surer than the tag that implies it.

    So "long hair" in a text is not lost to the guess that it is very long.
    """
    score: dict[str, float] = {}
    for choice in choices:
        for tag in choice.implies:
            score[tag] = max(score.get(tag, 0.0), choice.score)
    return [choice for choice in choices if choice.own or choice.score > score.get(choice.tag, -1.0)]


def ordered(choices: Sequence[Choice], order: Sequence[str]) -> list[Choice]:
    """Counts, characters, series, general tags by kind, the rest; within a kind as they come."""
    place: Mapping[str, int] = {name: i for i, name in enumerate(order)}
    kinds = {name: i for i, name in enumerate(KINDS)}
    return sorted(choices, key=lambda c: (place.get(c.category, len(place)), kinds.get(c.kind, len(kinds))))
