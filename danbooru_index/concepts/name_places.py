"""Where the names of the index lie in a text, and whether a word is only a part of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set

from ..text.fold import match_key
from .counts import all_person_words
from .places import Furthest
from .runs import Run


def name_places(lines: Sequence[Sequence[Run]], names: Set[str]) -> list[tuple[int, int]]:
    """The places of names, given as match keys, of two or more characters."""
    return [
        (run.start, run.end)
        for runs in lines
        for run in runs
        if len(run.keys[0]) > 1 and any(key in names for key in run.keys)
    ]


def inside_names(text: str, names: Sequence[tuple[int, int]]) -> Callable[[int, int], bool]:
    """Whether `text[start:end]` is the inside of a longer name; "no" in "no shoes" still excludes what follows it."""
    furthest = Furthest(names, len(text))

    def inside(start: int, end: int) -> bool:
        single = text[start] > "\u2e80" and end - start == 1  # 无表情, but not 没有眼镜
        return furthest.has_longer(start, end) if single else furthest.from_before(start) >= end

    return inside


def begins_name(text: str, names: Sequence[tuple[int, int]]) -> Callable[[int, int], bool]:
    """Whether `text[start:end]` is the beginning of a longer name that is no word for a person: メイド in メイド服."""
    persons = all_person_words()
    things = [(start, end) for start, end in names if match_key(text[start:end]) not in persons]
    furthest = Furthest(things, len(text))
    return lambda start, end: furthest.beginning(start) > end
