"""Head-counts by rule: how many girls and boys a text names, as Danbooru's count tags. The words stand in headcount.json.gz."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from ..text.fold import match_key
from .kin import kin_words, kind_of, relatives_of

_CHARACTERS = Path(__file__).with_name("characters.json")
HEADCOUNT_FILE = Path(__file__).with_name("headcount.json.gz")
MANY = "many"
_KATAKANA = re.compile("[\u30a0-\u30ff]+")
_HAN = re.compile("[\u3400-\u9fff]{3,}")
_SINGULAR = frozenset(("heroine", "his", "lass", "boss"))
_ONE = ("ess", "us")  # ends of English words for one person: duchess, succubus


@dataclass(frozen=True, slots=True)
class Person:
    """One mention of persons: `number` is "1" to "6", MANY, or None when no number is given.

    `total` where it says how many there are in all (see totals); other mentions may be among them.
    """

    kind: str
    number: str | None
    total: bool = False


@lru_cache(maxsize=1)
def headcount() -> dict[str, Any]:
    """The word lists: persons, numbers and fixed phrases by language, and the tags they become."""
    table: dict[str, Any] = json.loads(gzip.decompress(HEADCOUNT_FILE.read_bytes()))
    return table


@cache
def person_words(language: str) -> dict[str, tuple[str, str | None]]:
    """{match key: (kind, how many the word says by itself)} of one language: MANY for a plural, 2 for sisters."""
    listed = frozenset(headcount()["plurals"].get(language, ()))

    def many(word: str) -> str | None:
        one = word in _SINGULAR or word.endswith(_ONE)
        plural = word in listed or (language == "en" and word.endswith(("s", "men", "people")) and not one)
        return MANY if plural else None

    found = {
        match_key(word): (kind, many(word))
        for kind in ("girl", "boy", "person")
        for word in (
            *headcount()[kind].get(language, ()),
            *(w for w in listed if w in headcount()[kind].get(language, ())),
        )
    }
    if language == "en":
        plurals = {_plural(word): (kind, MANY) for word, (kind, said) in found.items() if not said and len(word) > 3}
        found = {**plurals, **found}
    if language == "zh":  # a Japanese list without kana: 女子高生、制服
        found = {**{key: word for key, word in person_words("ja").items() if _HAN.fullmatch(key)}, **found}
    if language in ("zh", "ja", "ko"):
        found = {**person_words("en"), **found}  # "kimono girl, 縁側"
    for word, kind in _roles(language).items():
        found.setdefault(match_key(word), (kind, many(word)))
    for word in listed:
        for kind in ("girl", "boy"):
            if any(word.startswith(known) for known in headcount()[kind].get(language, ())):
                found.setdefault(match_key(word), (kind, MANY))
    for key, relative in kin_words(language).items():
        found.setdefault(key, (kind_of(relative), None))
    return {**_uncounted(found, language), **_groups(language)}


def _uncounted(found: dict[str, tuple[str, str | None]], language: str) -> dict[str, tuple[str, str | None]]:
    """Without numbers before words that are there too: "drei Mädchen" is drei and Mädchen."""
    numbers = [key for key, number in number_words(language).items() if number not in ("1", MANY) and len(key) > 1]
    counted = {number + key for key in found for number in numbers} & found.keys()
    return {key: said for key, said in found.items() if key not in counted}


@cache
def single_words(language: str) -> frozenset[str]:
    """The match keys of words for persons that are never written as two: Ritterin is no "Ritter in"."""
    table = headcount()
    kinds = (*(table[kind] for kind in ("girl", "boy", "person", "plurals")), *table["roles"].values())
    spelled = [word for words in kinds for word in words.get(language, ())]
    apart = {match_key(word) for word in spelled if re.search(r"[\s'’-]", word)}
    return frozenset(map(match_key, spelled)) - apart


def _groups(language: str) -> dict[str, tuple[str, str]]:
    """Words for several persons that say how many: sisters are two where no number stands with them, 三姉妹 three."""
    return {
        match_key(word): (kind, number)
        for kind, numbers in headcount()["groups"].items()
        for number, words in numbers.items()
        for word in words.get(language, ())
    }


@cache
def role_words(language: str) -> frozenset[str]:
    """The match keys of words that count girls or boys and say more of them, which may be a tag: 女飞行员 is a pilot too."""
    plain = {match_key(word) for kind in ("girl", "boy") for word in headcount()[kind].get(language, ())}
    return (frozenset(map(match_key, _roles(language))) | _groups(language).keys()) - plain


def _roles(language: str) -> dict[str, str]:
    return {word: kind for kind, words in headcount()["roles"].items() for word in words.get(language, ())}


def _plural(word: str) -> str:
    """The plural of an English word, not of a pronoun."""
    if word.endswith("man"):
        return f"{word[:-3]}men"
    if word.endswith(("s", "ch", "sh", "x")):
        return f"{word}es"
    return f"{word[:-1]}ies" if word.endswith("y") and word[-2] not in "aeiou" else f"{word}s"


@lru_cache(maxsize=1)
def all_person_words() -> frozenset[str]:
    """The match keys of the words for persons, of every language."""
    table = headcount()
    kinds = (*(table[kind] for kind in ("girl", "boy", "person")), *table["roles"].values())
    return frozenset(match_key(word) for words in kinds for of_language in words.values() for word in of_language)


@lru_cache(maxsize=1)
def katakana_words() -> frozenset[str]:
    """The match keys of the Japanese words for persons that are written in katakana alone: hiragana of that sound is another word."""
    kinds = (headcount()[kind].get("ja", ()) for kind in ("girl", "boy", "person"))
    spelled = {word for words in kinds for word in words}
    others = {match_key(word) for word in spelled if not _KATAKANA.fullmatch(word)}
    return frozenset(map(match_key, filter(_KATAKANA.fullmatch, spelled))) - others


@lru_cache(maxsize=1)
def _named_characters() -> dict[str, str]:
    """{tag: kind} of the characters of the lexicon who count as a girl or a boy; the others have none."""
    table: dict[str, list[str]] = json.loads(_CHARACTERS.read_text(encoding="utf-8"))
    return {tag: kind for kind, lines in table.items() for line in lines for tag in line.split()}


def with_characters(counts: Sequence[str], tags: Iterable[str]) -> tuple[str, ...]:
    """The count tags of a text together with the characters that it names: two named girls are 2girls.

    One character alone needs no count, and a text may count those whom it names.

    >>> with_characters((), ["hakurei_reimu", "kirisame_marisa"]), with_characters(("1girl",), ["cloud_strife", "tifa_lockhart"])
    (('2girls',), ('1girl', '1boy'))
    """
    kinds = [kind for tag in tags if (kind := _named_characters().get(tag))]
    return at_least(counts, kinds) if len(kinds) > 1 else tuple(counts)


def with_relatives(counts: Sequence[str], tags: Iterable[str]) -> tuple[str, ...]:
    """The count tags of a text together with the related pairs that it names.

    >>> with_relatives(("1boy",), ["grandfather_and_grandson", "pier"]), with_relatives((), ["mother_and_child"])
    (('2boys',), ('1girl',))
    """
    for tag in tags:
        kinds = [kind for relative in relatives_of(tag) if (kind := kind_of(relative)) != "person"]
        counts = at_least(counts, kinds) if kinds else counts
    return tuple(counts)


def at_least(counts: Sequence[str], kinds: Sequence[str]) -> tuple[str, ...]:
    """Count tags that count no fewer girls and boys than stand in `kinds`."""
    names = headcount()["tags"]
    known = {tag for of_kind in names.values() for tag in of_kind.values()}
    found = []
    for kind, of_kind in names.items():
        named = of_kind[str(min(6, kinds.count(kind)))] if kind in kinds else ""
        order = list(of_kind.values())
        said = [tag for tag in (*(tag for tag in counts if tag in order), named) if tag]
        found += [max(said, key=order.index)] if said else []
    return (*found, *(tag for tag in counts if tag not in known and tag not in ("solo", "no_humans")))


@cache
def number_words(language: str) -> dict[str, str]:
    """{match key: number} of one language."""
    return {
        match_key(word): number for number, words in headcount()["numbers"].items() for word in words.get(language, ())
    }


@lru_cache(maxsize=1)
def all_number_words() -> frozenset[str]:
    """The match keys of the numbers, of every language."""
    return frozenset(key for language in headcount()["numbers"]["1"] for key in number_words(language))


@cache
def further_words(language: str) -> frozenset[str]:
    """Match keys that say that one more comes to those who are there."""
    return frozenset(match_key(word) for word in headcount()["another"].get(language, ()))


@cache
def alone_words(language: str) -> frozenset[str]:
    """Match keys that say that someone is alone."""
    return frozenset(match_key(word) for word in headcount()["solo"].get(language, ()))


@cache
def nobody_phrases(language: str) -> tuple[str, ...]:
    """Phrases that say that nobody is there, as they are written; their excluding words exclude nothing else."""
    return tuple(headcount()["nobody"].get(language, ()))


@cache
def nobody_words(language: str) -> frozenset[str]:
    """The match keys of those phrases."""
    return frozenset(map(match_key, nobody_phrases(language)))


@cache
def fixed_phrases(language: str) -> dict[str, tuple[Person, ...]]:
    """{match key: persons} of phrases that name persons of several kinds at once, and of the count tags themselves."""
    of_tag = {
        tag: Person(kind, number, total=True)
        for kind, tags in headcount()["tags"].items()
        for number, tag in tags.items()
    }
    phrases = {
        phrase: tuple(of_tag[tag] for tag in tags) for phrase, tags in headcount()["phrases"].get(language, {}).items()
    }
    return {
        match_key(phrase): persons
        for phrase, persons in {**{tag: (one,) for tag, one in of_tag.items()}, **phrases}.items()
    }


@lru_cache(maxsize=1)
def all_count_tags() -> tuple[str, ...]:
    """Every count tag that this module gives."""
    return tuple(tag for names in headcount()["tags"].values() for tag in names.values())


def kind_tags(kind: str) -> tuple[str, ...]:
    """The count tags of one kind, from one to many; none for persons of unsaid sex."""
    return tuple(headcount()["tags"].get(kind, {}).values())


def totals(clause: Iterable[Person]) -> list[Person]:
    """The persons of a clause that names nothing else: two or more of a kind are all that there are of it.

    >>> totals([Person("girl", "2"), Person("girl", "1"), Person("boy", "1")])
    [Person(kind='girl', number='3', total=True), Person(kind='boy', number='1', total=False)]
    """
    mentions, found = list(clause), []
    for kind in dict.fromkeys(person.kind for person in mentions):
        of_kind = [person for person in mentions if person.kind == kind]
        number = _added(person.number for person in of_kind)
        found += [Person(kind, number, total=True)] if number not in ("0", "1") else of_kind
    return found


def _added(numbers: Iterable[str | None]) -> str:
    """The sum of numbers as one of them: "0" to "6", or MANY."""
    known = [number for number in numbers if number]
    return MANY if MANY in known else str(min(6, sum(map(int, known))))


def count_tags(persons: Iterable[Person], *, alone: bool = False) -> tuple[str, ...]:
    """The count tags of all mentions of a text.

    Numbered mentions of one kind add up, and may be among those of a total; a bare mention ("the girl") refers to one that
    is there already. A person of unsaid sex has no count tag: Danbooru's 1other means a sex that cannot be told.

    >>> count_tags([Person("girl", "1"), Person("girl", None), Person("boy", "2")])
    ('1girl', '2boys')
    >>> count_tags([Person("girl", "many"), Person("person", "1")])
    ('multiple_girls',)
    >>> count_tags([Person("girl", "2", total=True), Person("girl", "1")])
    ('2girls',)
    """
    mentions = list(persons)
    tags = []
    for kind, names in headcount()["tags"].items():
        of_kind = [p for p in mentions if p.kind == kind]
        numbers = [p.number for p in of_kind if p.number and p.total]
        numbers.append(_added(p.number for p in of_kind if not p.total))
        if of_kind:
            tags.append(names[MANY if MANY in numbers else max("1", *numbers)])
    if alone and (not tags or tags in (["1girl"], ["1boy"])):
        tags.append("solo")
    return tuple(tags)
