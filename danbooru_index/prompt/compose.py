"""From chosen tags to an order without contradictions. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

GROUPS_FILE = Path(__file__).parents[1] / "starter" / "groups.json"
_SEVERAL = "2girls 3girls 4girls 5girls 6+girls multiple_girls 2boys 3boys 4boys 5boys 6+boys multiple_boys"
SEVERAL_PERSONS = frozenset(_SEVERAL.split())
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


@lru_cache(maxsize=1)
def groups() -> tuple[Group, ...]:
    """The groups of starter/groups.json."""
    table = json.loads(GROUPS_FILE.read_text(encoding="utf-8"))["groups"]
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
        best = max(members, key=lambda choice: (choice.own, choice.score))
        for choice in members:
            if choice is not best and not choice.own:
                dropped[choice.tag] = (choice.tag, best.tag, group.name)
    return [choice for choice in choices if choice.tag not in dropped], list(dropped.values())


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
