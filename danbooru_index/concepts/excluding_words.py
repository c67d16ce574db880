"""The words that exclude, of each language, as patterns. negation.json has them; its keys are those of `ExcludingWords`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from ..text.fold import fold, match_key
from .counts import nobody_phrases, nobody_words, person_words
from .excluding_verbs import absent_verbs, excluding_verbs, removing_verbs
from .function_words import function_words

_FILE = Path(__file__).with_name("negation.json")
_TOPICS = ("は", "も", "こそ", "すら", "さえ", "など", "なんて", "なんか")
_NEEDS_SPACE = frozenset(("en", "es", "fr", "de", "ru", "pt", "it", "nl", "pl", "tr", "ko", "ar", "vi", "id"))
_DETERMINER = re.escape("~")  # in an entry of the table: any of the determiners of the language, as in "lost her"
_ENDINGS = frozenset(("ko", "ja", "tr"))  # languages whose negating words are endings
# Between a negating word and a verb whose object stays.
_WORD_BETWEEN = r"\s+[\w'’-]+"
_HAN_BETWEEN = r"[^\s，。、,.！？]{0,4}?"
# "hat off", but not in "wiping blood off her katana".
_NO_OBJECT = {"en": r"(?!\s+(?:of|her|his|its|it|them|him|their|my|your|the|an?|each|every)\b)"}
# "nobody" says that nobody is there, but not in "nobody wears a hat".
_NO_VERB = {
    "en": r"(?!\s+(?:is|are|has|have|wears?|looks?|smiles?|likes?|loves?|cares?|knows?|wants?|in\s+\w+\s+wears?|\w+ing)\b)"
}


@dataclass(frozen=True, slots=True)
class ExcludingWords:
    """The patterns of one language.

    `keeps` hold an excluding word and exclude nothing ("not only", 不由得), `forms` do so across other words (しか…ない, "never ...
    without"); `spared` are negated verbs that leave their object in ("not afraid of", 不怕, 離さない); `excepts` are excluding
    words that leave something in after one of `empties` ("an empty room except for a chair") or before `rest`, which leaves out
    all else (除了蓝莓啥都别放);
    `before` exclude what follows them and `after` what they follow; `inside` are words around the verb that they negate, in its
    group `said` ("ne sourit pas", "lächelt nicht"); `suffixes` are endings that exclude the word they are part of ("moonless");
    `ends` are words where the reach of the others ends, `contrasts` such that end it even right behind the
    excluding word; `verbs` are negated endings of verbs, whose reach begins after `verb_ends`. After one of `objects` what is
    excluded stands before the word that excludes (把X去掉). `leads` is what stands before a thing that a word of `after` excludes:
    who has it not, and where; `apart` are endings of Korean words that belong to no noun behind them. `deepens` is what stands
    between a thing and a word of `after` or `verbs`: a particle, an adverb and the beginning of a verb (帽子|は一切かぶ|らない); the
    thing is an object by its particle, where the word says that there is none (`exists`), or where it asks for something
    (`commands`). `absent` are those of `after` that are negated verbs: one leaves somebody in unless it `appears` to say that he is
    not there, and excludes no place or time (`settings`). `phrase` is the number of words of a noun phrase, where `before` reaches
    no further, 0 where it does; `finite` are forms of verbs that end one, `links` words inside of one ("de"), `joins` those between
    two of them ("ni"), `silent` the words that count for nothing in it; `behind_noun` are words that end it right behind one with a
    capital, a noun in German. `persons` are the match keys of words for persons; `subjects`, those of them that are no genitives,
    end a phrase behind a noun: in German, and where `adjectives` tells what is none. `nobody` are the match keys of phrases that
    say that nobody is there. `removes` are those of `before` and `after` that say that something is taken off, lost or given away:
    it may lie in the picture all the same. "~" in an entry is any of the `determiners`: "lost ~" is lost her, lost the.
    """

    keeps: re.Pattern[str] | None
    forms: re.Pattern[str] | None
    spared: re.Pattern[str] | None
    excepts: re.Pattern[str] | None
    empties: re.Pattern[str] | None
    rest: re.Pattern[str] | None
    before: re.Pattern[str] | None
    after: re.Pattern[str] | None
    absent: re.Pattern[str] | None
    leads: re.Pattern[str] | None
    inside: re.Pattern[str] | None
    suffixes: re.Pattern[str] | None
    contrasts: re.Pattern[str] | None
    ends: re.Pattern[str] | None
    verbs: re.Pattern[str] | None
    verb_ends: re.Pattern[str] | None
    objects: re.Pattern[str] | None
    deepens: re.Pattern[str] | None
    exists: re.Pattern[str] | None
    appears: re.Pattern[str] | None
    commands: re.Pattern[str] | None
    settings: re.Pattern[str] | None
    apart: re.Pattern[str] | None
    finite: re.Pattern[str] | None
    phrase: int
    links: frozenset[str]
    joins: frozenset[str]
    silent: frozenset[str]
    adjectives: re.Pattern[str] | None
    persons: tuple[str, ...]
    subjects: frozenset[str]
    nobody: frozenset[str]
    behind_noun: re.Pattern[str] | None
    removes: re.Pattern[str] | None


@cache
def words_of(language: str) -> ExcludingWords | None:
    """The excluding words of a language, None for one that has no table."""
    table = _table().get(language) if language else None
    if table is None:
        return None

    def pattern(name: str, more: Sequence[str] = (), after: str = "") -> re.Pattern[str] | None:
        return _pattern([*table.get(name, ()), *more], name, language, after)

    off_before, off_after = (table.get(f"removes_{side}", []) for side in ("before", "after"))
    links, joins = frozenset(table.get("links", ())), frozenset(table.get("joins", ()))
    return ExcludingWords(
        keeps=pattern("keeps", nobody_phrases(language), _NO_VERB.get(language, "")),
        forms=_any(table, "forms", re.IGNORECASE),
        spared=_spared(table, language),
        excepts=pattern("excepts"),
        empties=pattern("empties", nobody_phrases(language)),
        rest=_any(table, "rest"),
        before=pattern("before", off_before),
        after=_either(
            pattern("after", [*off_after, *_topics(table)], _NO_OBJECT.get(language, "")),
            *excluding_verbs(table, language),
            *table.get("after_forms", ()),
        ),
        absent=_either(None, absent_verbs(table, language)),
        leads=_leads(table, language),
        inside=_any(table, "inside", re.IGNORECASE),
        suffixes=pattern("suffixes"),
        contrasts=pattern("contrasts"),
        ends=_either(pattern("ends"), *table.get("ends_forms", ())),
        verbs=_any(table, "verbs"),
        verb_ends=pattern("verb_ends"),
        objects=pattern("objects"),
        deepens=_any(table, "deepens"),
        exists=_any(table, "exists"),
        appears=_any(table, "appears"),
        commands=_any(table, "commands"),
        settings=_any(table, "settings"),
        apart=_any(table, "apart"),
        finite=_any(table, "finite"),
        phrase=int(table.get("phrase", 0)),
        links=links,
        joins=joins,
        silent=function_words().get(language, frozenset()) - links - joins,
        adjectives=_any(table, "adjectives"),
        persons=tuple(person_words(language)),
        subjects=frozenset(map(match_key, table["subjects"]))
        if "subjects" in table
        else frozenset(person_words(language)),
        nobody=nobody_words(language),
        behind_noun=_any(table, "behind_noun"),
        removes=_either(
            pattern("removes", [*off_before, *off_after]),
            *removing_verbs(table, language),
            *table.get("removes_forms", ()),
        ),
    )


def _topics(table: dict[str, Any]) -> list[str]:
    """Of Japanese words that exclude an object also those that exclude a topic: 制服は着ない beside 制服を着ない."""
    objects = [word[1:] for word in table.get("after", ()) if word.startswith("を")]
    return [particle + word for word in objects for particle in _TOPICS]


def _spared(table: dict[str, Any], language: str) -> re.Pattern[str] | None:
    """A word that negates and a verb of what somebody minds, notices or does not let go of.

    What is denied is no picture's: the wolf is there in "not afraid of the wolf". The verb stands right before the negating word,
    or after it with up to two words between them, none of which joins two others ("nobody | and skip the hat").
    """
    if "negators" not in table:
        return None
    spaced, endings = language in _NEEDS_SPACE, language in _ENDINGS
    left, right = (r"(?<!\w)" if spaced else "", r"(?!\w)" if spaced and not endings else "")
    joining = "|".join(table.get("conjunctions", ()))
    word = rf"(?!\s+(?:{joining})(?!\w)){_WORD_BETWEEN}" if joining else _WORD_BETWEEN
    gap, joined = (rf"(?:{word}){{0,2}}?\s+", r"\s+") if spaced else (_HAN_BETWEEN, "")
    negator = f"(?:{'|'.join(table['negators'])}){right}"
    found = []
    if "spared_after" in table:
        found.append(f"{left}{negator}{gap}(?:{'|'.join(table['spared_after'])}){right}")
    if "spared_before" in table:
        found.append(f"{left}(?:{'|'.join(table['spared_before'])}){'' if endings else joined}{negator}")
    return re.compile("|".join(found), re.IGNORECASE)


def _leads(table: dict[str, Any], language: str) -> re.Pattern[str] | None:
    """What may stand before a thing that is not there and is itself no part of it: somebody, a place, "even" (女孩连|伞都没打)."""
    if "leads" not in table:
        return None
    persons = "|".join(map(re.escape, sorted(person_words(language), key=len, reverse=True)))
    return re.compile(table["leads"].replace("persons", persons))


def _either(first: re.Pattern[str] | None, *others: str) -> re.Pattern[str] | None:
    listed = [*([first.pattern] if first is not None else []), *filter(None, others)]
    return re.compile("|".join(listed), re.IGNORECASE) if listed else None


def _any(table: dict[str, Any], name: str, flags: int = 0) -> re.Pattern[str] | None:
    """What the table gives as patterns already."""
    return re.compile("|".join(table[name]), flags) if name in table else None


@cache
def label_pattern() -> re.Pattern[str]:
    """A clause that says before a colon that what follows is left out, in any language: "negative prompt", 不要."""
    return _whole(_table()[""]["labels"], r"(?:.*[\W_])?")


@cache
def answer_pattern() -> re.Pattern[str]:
    """A clause that answers after a colon or a question mark that what stands before is left out: "hat: no", "hat? nope"."""
    return _whole(_table()[""]["answers"], "")


def _whole(words: Sequence[str], before: str) -> re.Pattern[str]:
    listed = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"{before}(?P<said>{listed})", re.IGNORECASE | re.DOTALL)


@cache
def excluding_words(language: str) -> frozenset[str]:
    """The single words that exclude what follows them, folded; none where the language has no table."""
    return frozenset(fold(word) for word in _table().get(language, {}).get("before", ()) if " " not in word)


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return table


def _pattern(words: Sequence[str], name: str, language: str, after: str) -> re.Pattern[str] | None:
    if not words:
        return None
    whole = language in _NEEDS_SPACE
    # Korean words of exclusion are attached to endings; "-free" and "-less" are endings themselves.
    attached = name == "suffixes" or (name != "before" and language == "ko")
    left = r"(?<=[^\W\d_]{2})" if name == "suffixes" else ""
    listed = "|".join(_one(word, whole=whole, attached=attached) for word in sorted(words, key=len, reverse=True))
    determiners = "|".join(map(re.escape, _table()[language].get("determiners", ())))
    listed = listed.replace(_DETERMINER, rf"(?:{determiners})")
    right = r"(?!\w)" if whole and (language != "ko" or name == "before") else ""
    return re.compile(f"{left}(?:{listed}){right}{after}", re.IGNORECASE)


def _one(word: str, *, whole: bool, attached: bool) -> str:
    escaped = re.escape(word).replace(r"\ ", r"[\s'’]+")
    if whole:
        return escaped if attached or not word[0].isalnum() else rf"(?<!\w){escaped}"
    # English words in a text without spaces: no眼镜.
    return f"(?<![A-Za-z]){escaped}(?![A-Za-z])" if word[0].isascii() else escaped
