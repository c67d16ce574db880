"""Head-counts by rule: how many girls and boys a text names, as Danbooru's count tags. The words stand in starter/headcount.json."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..text import match_key

HEADCOUNT_FILE = Path(__file__).parents[1] / "starter" / "headcount.json"
MANY = "many"
LANGUAGES = ("zh", "ja", "en", "ko")


@dataclass(frozen=True, slots=True)
class Person:
    """One mention of persons: `number` is "1" to "6", MANY, or None when no number is given."""

    kind: str
    number: str | None


@lru_cache(maxsize=1)
def headcount() -> dict[str, Any]:
    """The word lists: persons, numbers and fixed phrases by language, and the tags they become."""
    table: dict[str, Any] = json.loads(HEADCOUNT_FILE.read_text(encoding="utf-8"))
    return table


@lru_cache(maxsize=1)
def person_words() -> dict[str, tuple[str, bool]]:
    """{match key: (kind, whether the word is a plural)}."""
    return {
        match_key(word): (kind, language == "en" and word.endswith(("s", "men", "people")))
        for kind in ("girl", "boy", "person")
        for language in LANGUAGES
        for word in headcount()[kind][language]
    }


@lru_cache(maxsize=4)
def number_words(language: str) -> dict[str, str]:
    """{match key: number} of one language."""
    return {match_key(word): number for number, words in headcount()["numbers"].items() for word in words[language]}


@lru_cache(maxsize=4)
def alone_words(language: str) -> frozenset[str]:
    """Match keys that say that someone is alone."""
    return frozenset(match_key(word) for word in headcount()["solo"][language])


@lru_cache(maxsize=4)
def fixed_phrases(language: str) -> dict[str, tuple[str, ...]]:
    """{match key: count tags} of phrases that name persons of several kinds at once."""
    return {match_key(phrase): tuple(tags) for phrase, tags in headcount()["phrases"][language].items()}


def count_tags(persons: Iterable[Person], *, alone: bool = False) -> tuple[str, ...]:
    """The count tags of all mentions of a text.

    Numbered mentions of one kind add up; a bare mention ("the girl") refers to one that is there already. A person of
    unsaid sex has no count tag: Danbooru's 1other means a sex that cannot be told.

    >>> count_tags([Person("girl", "1"), Person("girl", None), Person("boy", "2")])
    ('1girl', '2boys')
    >>> count_tags([Person("girl", "many"), Person("person", "1")])
    ('multiple_girls',)
    """
    mentions = list(persons)
    tags = []
    for kind, names in headcount()["tags"].items():
        numbers = [p.number for p in mentions if p.kind == kind]
        if MANY in numbers:
            tags.append(names[MANY])
        elif numbers:
            total = sum(int(n) for n in numbers if n)
            tags.append(names[str(min(6, max(1, total)))])
    if alone and (not tags or tags in (["1girl"], ["1boy"])):
        tags.append("solo")
    return tuple(tags)
