"""Whether a number counts the person who comes after it, or something that stands between them: two cats around a girl."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from .atoms import SIGN, Atom
from .counts import headcount
from .function_words import function_words

_REACH = 8  # atoms between a number and its persons: "two young, red-haired girls"
_NEAR = {"zh": 3, "ko": 4}  # ... where they are no clause of their own


def counts(atoms: Sequence[Atom], number: tuple[int, int], person: int, language: str, *, plural: bool) -> bool:
    """Whether the number `atoms[number[0]:number[1]]` counts the person whose word begins at atom `person`.

    :param plural: whether that word is a plural.
    """
    between = [atom.key for atom in atoms[number[1] : person] if atom.script != SIGN]
    if not between or len(between) > _REACH:
        return not between
    if language == "zh":
        return _counts_chinese(atoms, number, between)
    if language == "ko":
        return between[0] not in _words("of_things") and len(between) <= _NEAR["ko"]
    joined = _and(language)
    silent = function_words().get(language, frozenset()) - joined
    return language in ("ja", "th") or (silent.isdisjoint(between) and (plural or joined.isdisjoint(between)))


def _counts_chinese(atoms: Sequence[Atom], number: tuple[int, int], between: Sequence[str]) -> bool:
    """两个坐在长椅上的女孩 and 两个金发女孩; not 抱着两个玩偶的女孩, 两个气球飘在女孩头上 or 三条尾巴的狐娘."""
    if atoms[number[1] - 1].key not in _words("of_persons"):
        return len(between) <= 1
    held = number[0] > 0 and atoms[number[0] - 1].key in _words("held")
    near = between[-1] == "的" or len(between) <= _NEAR["zh"]
    return near and not held and _and("zh").isdisjoint(between)


@lru_cache(maxsize=1)
def _tables() -> dict[str, frozenset[str]]:
    return {name: frozenset(words) for name, words in headcount()["counting"].items() if name != "and"}


def _words(name: str) -> frozenset[str]:
    """Of Chinese the ends of numbers that may be of persons, and the verbs of what somebody has; of Korean the counters of things."""
    return _tables()[name]


@lru_cache(maxsize=16)
def _and(language: str) -> frozenset[str]:
    return frozenset(headcount()["counting"]["and"].get(language, ()))
