"""Who is whose: relatives that a text names together are several persons, and have the tag of their pair.

kin.json was written for this project: by relative, the words for it in each language. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from ..text.fold import match_key

_FILE = Path(__file__).with_name("kin.json")
_GIRLS = frozenset(
    ("mother", "daughter", "little_girl", "older_sister", "younger_sister", "sister", "grandmother", "granddaughter",
     "aunt", "niece", "wife", "girlfriend")
)  # fmt: skip
_BOYS = frozenset(
    ("father", "son", "little_boy", "older_brother", "younger_brother", "brother", "grandfather", "grandson",
     "uncle", "nephew", "husband", "boyfriend")
)  # fmt: skip
_DAUGHTERS, _SONS = ("daughter", "little_girl"), ("son", "little_boy")
_SISTERS = ("older_sister", "younger_sister", "sister")
_BROTHERS = ("older_brother", "younger_brother", "brother")
# Of the relatives on each side the first that is named counts; what stands first says most.
_PAIRS = (
    (("mother",), _DAUGHTERS, "mother_and_daughter"),
    (("mother",), _SONS, "mother_and_son"),
    (("mother",), ("child",), "mother_and_child"),
    (("father",), _DAUGHTERS, "father_and_daughter"),
    (("father",), _SONS, "father_and_son"),
    (("father",), ("child",), "father_and_child"),
    (("parent",), (*_DAUGHTERS, *_SONS, "child"), "parent_and_child"),
    (("grandmother",), ("granddaughter", "little_girl"), "grandmother_and_granddaughter"),
    (("grandmother",), ("grandson", "little_boy"), "grandmother_and_grandson"),
    (("grandfather",), ("granddaughter", "little_girl"), "grandfather_and_granddaughter"),
    (("grandfather",), ("grandson", "little_boy"), "grandfather_and_grandson"),
    (_BROTHERS, _SISTERS, "brother_and_sister"),
    (("older_sister",), ("younger_sister",), "sisters"),
    (("older_brother",), ("younger_brother",), "brothers"),
    (_SISTERS, ("sibling",), "siblings"),
    (_BROTHERS, ("sibling",), "siblings"),
    (("aunt",), ("niece",), "aunt_and_niece"),
    (("aunt",), ("nephew",), "aunt_and_nephew"),
    (("uncle",), ("niece",), "uncle_and_niece"),
    (("uncle",), ("nephew",), "uncle_and_nephew"),
    (("husband",), ("wife",), "husband_and_wife"),
    (("boyfriend",), ("girlfriend",), "couple"),
)


def kind_of(relative: str) -> str:
    """girl, boy, or person where the word does not say.

    >>> kind_of("aunt"), kind_of("son"), kind_of("child")
    ('girl', 'boy', 'person')
    """
    return "girl" if relative in _GIRLS else "boy" if relative in _BOYS else "person"


@cache
def kin_words(language: str) -> dict[str, str]:
    """{match key: relative} of one language."""
    return {match_key(word): relative for relative, words in _table().items() for word in words.get(language, ())}


def pairs_of(relatives: Iterable[str]) -> dict[str, tuple[str, str]]:
    """{tag: the two relatives} of those that a text names, in its words; who has a son or daughter there has no mere child.

    >>> pairs_of(["younger_sister", "older_brother"])
    {'brother_and_sister': ('older_brother', 'younger_sister')}
    >>> pairs_of(["mother", "daughter", "little_girl", "child"]), pairs_of(["mother", "older_sister"])
    ({'mother_and_daughter': ('mother', 'daughter')}, {})
    """
    named = dict.fromkeys(relatives)
    found: dict[str, tuple[str, str]] = {}
    paired: set[str] = set()
    for ones, others, tag in _PAIRS:
        one = next((relative for relative in ones if relative in named), None)
        other = next((relative for relative in others if relative in named), None)
        if one is None or other is None or (other == "child" and one in paired):
            continue
        paired.add(one)
        found[tag] = one, other
    return found


def relatives_of(tag: str) -> tuple[str, ...]:
    """The two relatives of a pair's tag; none of another tag, or where it does not say whether they are girls or boys."""
    found = (
        (ones[0], others[0]) for ones, others, pair in _PAIRS if pair == tag and pair not in ("couple", "siblings")
    )
    return next(found, ())


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, list[str]]]:
    table: dict[str, dict[str, list[str]]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return table
