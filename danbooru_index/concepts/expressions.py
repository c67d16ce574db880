"""Expressions that do not mean what their words name: "raining cats and dogs", 猫の手も借りたい, 落汤鸡.

`expressions.tsv.gz` was written for this project: language, the forms of the expression, apart by |, and the tags that say what it
means, best first, or `-` where it means nothing that a picture shows. Of a form `[a/b]` is a or b and `{her}` any word of that list,
which a line of its own gives. What people also say of things that are there (a red carpet, cold feet) is not in it.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from pathlib import Path

from ..text.fold import match_key
from .places import Furthest
from .runs import Run

_FILE = Path(__file__).with_name("expressions.tsv.gz")
_NOTHING = "-"
_LIST = re.compile(r"\{(\w+)\}")
_GROUP = re.compile(r"\[([^\[\]]*)\]")
_SHORT = 3  # characters of Han and kana that may also be the end of one word and the beginning of another: 吃土|豆


@lru_cache(maxsize=1)
def expressions() -> Mapping[str, tuple[str, ...]]:
    """The tags that each expression means, by match key; none for one that means nothing that is seen.

    >>> expressions()[match_key("raining cats and dogs")], expressions()[match_key("猫の手も借りたい")]
    (('rain',), ())
    """
    lists: dict[tuple[str, str], str] = {}
    found: dict[str, tuple[str, ...]] = {}
    for line in gzip.decompress(_FILE.read_bytes()).decode().splitlines():
        language, forms, tags = (*line.split("\t"), "")[:3]
        if (named := _LIST.fullmatch(forms)) is not None:
            lists[language, named[1]] = f"[{tags.replace('|', '/')}]"
            continue
        meant = () if tags == _NOTHING else tuple(tags.split("|"))
        for form in forms.split("|"):
            found |= dict.fromkeys(map(match_key, _written(_with_lists(form, language, lists))), meant)
    return found


def _with_lists(form: str, language: str, lists: Mapping[tuple[str, str], str]) -> str:
    """A form with the words of each list that it names: {her} becomes [her/his/their]."""
    return _LIST.sub(lambda name: lists[language, name[1]], form)


def _written(form: str) -> Iterator[str]:
    """Every way to write a form: "rain[s/ed]" is "rains" and "rained"."""
    group = _GROUP.search(form)
    if group is None:
        yield form
        return
    for choice in group[1].split("/"):
        yield from _written(form[: group.start()] + choice + form[group.end() :])


def expressions_in(lines: Sequence[Sequence[Run]], names: Set[str], length: int) -> list[Run]:
    """The expressions of a text, the longest first where they overlap, in order.

    :param lines: the runs of each clause.
    :param names: match keys of the names of the index: one that has an expression inside of it is read as a name.
    :param length: characters of the text.
    """
    known = expressions()
    runs = [run for line in lines for run in line if run.keys[0] in known]
    if not runs:
        return []
    named = Furthest([(r.start, r.end) for line in lines for r in line if r.keys[0] in names], length)
    found: list[Run] = []
    taken = bytearray(length)
    for run in sorted(runs, key=lambda run: (run.start - run.end, run.start)):
        if not any(taken[run.start : run.end]) and not _is_in_name(run, named):
            taken[run.start : run.end] = b"\1" * (run.end - run.start)
            found.append(run)
    return sorted(found)


def _is_in_name(run: Run, named: Furthest) -> bool:
    """Whether an expression is inside a longer name, or a short one ends inside the beginning of a name: 猫背 in 猫背景."""
    if named.has_longer(run.start, run.end):
        return True
    short = run.end - run.start <= _SHORT and run.last - run.first > 1
    return short and any(named.beginning(place) > run.end for place in range(run.start + 1, run.end))


def places_of(runs: Iterable[Run], length: int) -> bytearray:
    """1 for every character that one of the runs has."""
    taken = bytearray(length)
    for run in runs:
        taken[run.start : run.end] = b"\1" * (run.end - run.start)
    return taken
