"""What a text leaves out: words that exclude, and how far each of them reaches. negation.json has the words of each language.

A language may exclude before ("without X", 没有X, sin X) or after (X なし, X 없이). The reach ends at the end of the clause, at a
word of contrast ("but", 而是), at the particle that ends a phrase, or before the noun that the exclusion describes (没有X的Y).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from ..text.fold import fold, simplified
from .atoms import Clause
from .function_words import function_words

_FILE = Path(__file__).with_name("negation.json")
_NEEDS_SPACE = frozenset(("en", "es", "fr", "de", "ru", "pt", "it", "nl", "pl", "tr", "ko"))
# "scarves or gloves", at the beginning of a clause.
_OR = re.compile(
    r"\w+(?: \w+)? (?:or|nor|and|&|ni|o|y|e|ou|et|oder|noch|und|или|ни|и|nem|né) \w+(?: \w+)?(?: please| pls)?",
    re.IGNORECASE,
)
_LONGEST_LOOK = 80  # characters before an excluding word that are looked at
_WORD = re.compile(r"[^\W\d_]+")
_LINKS = frozenset(["de", "d", "di", "del", "della", "du", "des", "da", "do", "dos", "das", "von"])
_JOINS = frozenset(
    [
        "ni",
        "o",
        "u",
        "y",
        "e",
        "ou",
        "et",
        "oder",
        "und",
        "noch",
        "или",
        "ни",
        "и",
        "nem",
        "né",
        "en",
        "lub",
        "ani",
        "i",
    ]
)
_LONGEST_REACH = 24  # characters of Han and kana; a longer stretch holds more than what is excluded


@dataclass(frozen=True, slots=True)
class Stretch:
    """`text[start:end]` of one clause, and whether it is what the text excludes."""

    start: int
    end: int
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class _Words:
    before: re.Pattern[str] | None
    after: re.Pattern[str] | None
    ends: re.Pattern[str] | None
    verbs: re.Pattern[str] | None = None
    verb_ends: re.Pattern[str] | None = None
    phrase: int = 0  # words of a noun phrase, where an excluding word reaches no further; 0 where it does
    silent: frozenset[str] = frozenset()


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return table


@cache
def _words(language: str) -> _Words | None:
    table = _table().get(language)
    if table is None:
        return None
    whole = language in _NEEDS_SPACE
    before, after, ends = (_pattern(table[name], name, language, whole=whole) for name in ("before", "after", "ends"))
    verbs = re.compile("|".join(table["verbs"])) if "verbs" in table else None
    verb_ends = _pattern(table.get("verb_ends", ()), "ends", language, whole=whole)
    silent = function_words().get(language, frozenset()) - _LINKS - _JOINS
    return _Words(before, after, ends, verbs, verb_ends, int(table.get("phrase", 0)), silent)


def _pattern(words: Sequence[str], name: str, language: str, *, whole: bool) -> re.Pattern[str] | None:
    if not words:
        return None
    listed = "|".join(_one(word, whole=whole) for word in sorted(words, key=len, reverse=True))
    # Korean words of exclusion are attached to endings, and so are "-less" and "-los".
    left = r"(?<!\w)" if whole and name != "after" else ""
    right = r"(?!\w)" if whole and language != "ko" else ""
    return re.compile(f"{left}(?:{listed}){right}", re.IGNORECASE)


def _one(word: str, *, whole: bool) -> str:
    escaped = re.escape(word).replace(r"\ ", r"\s+")
    # English words in a text without spaces: no眼镜.
    return escaped if whole or not word[0].isascii() else f"(?<![A-Za-z]){escaped}(?![A-Za-z])"


def stretches(
    text: str, clauses: Sequence[Clause], language: str, is_name: Callable[[int, int], bool] = lambda start, end: False
) -> list[Stretch]:
    """Every clause in stretches that are wanted and such that are excluded, in order; the excluding words are in neither.

    :param is_name: whether `text[start:end]` is inside a longer name of the index (面无表情, "no humans"): such a word excludes
        nothing.
    """
    words = _words(language)
    text = simplified(text) if language == "zh" else text  # character by character, so places stay
    found: list[list[Stretch]] = []
    open_list = False
    for number, clause in enumerate(clauses):
        # "no hats, scarves or gloves": the list goes on to its last item.
        listed = clause.enumerated or _OR.fullmatch(text, clause.start, clause.end) is not None
        continued = open_list and listed
        made, open_list = _of_clause(text, clause, words, is_name, continued=continued)
        found.append(made)
        if (
            clause.enumerated
            and not continued
            and len(made) == 1
            and made[0].excluded
            and made[0].start == clause.start
        ):
            _exclude_items(found, clauses, number)
    return [stretch for made in found for stretch in made]


def _exclude_items(found: list[list[Stretch]], clauses: Sequence[Clause], last: int) -> None:
    """Exclude the items of a list whose last one an excluding word follows: 眼镜、帽子、围巾都不要."""
    while last > 0 and clauses[last].enumerated:
        last -= 1
        found[last] = [Stretch(stretch.start, stretch.end, excluded=True) for stretch in found[last]]


def _of_clause(
    text: str, clause: Clause, words: _Words | None, is_name: Callable[[int, int], bool], *, continued: bool
) -> tuple[list[Stretch], bool]:
    if words is None:
        return [Stretch(clause.start, clause.end)], False
    ranges: list[tuple[int, int, int, int]] = []  # the word's start and end, then the reach's
    position = clause.start
    while words.before is not None and (cue := words.before.search(text, position, clause.end)):
        position = cue.end()
        if not is_name(cue.start(), cue.end()):
            end = _reach_after(text, cue.end(), clause.end, words)
            end = _phrase_end(text, cue.end(), end, words.phrase, words.silent)
            ranges.append((cue.start(), cue.end(), cue.end(), end))
            position = max(position, end)
    for pattern, ends in ((words.after, words.ends), (words.verbs, words.verb_ends)):
        position = clause.start
        while pattern is not None and (cue := pattern.search(text, position, clause.end)):
            position = max(cue.end(), position + 1)
            if cue.start() > clause.start and not is_name(cue.start(), cue.end()) and not _covered(ranges, cue.start()):
                start = _reach_before(text, clause.start, cue.start(), ends)
                # The stem of an excluded verb stays with what is excluded: 笑わ|ない.
                end = cue.start() + (pattern is words.verbs)
                ranges.append((cue.start(), cue.end(), start, end))
    if not ranges:
        return [Stretch(clause.start, clause.end, excluded=continued)], continued
    ranges.sort()
    if continued and min(ranges[0][0], ranges[0][2]) > clause.start:
        ranges.insert(0, (clause.start, clause.start, clause.start, min(ranges[0][0], ranges[0][2])))
    return _cut(clause, ranges), any(end >= clause.end for *_, end in ranges)


def _reach_after(text: str, start: int, end: int, words: _Words) -> int:
    """Where what follows an excluding word ends."""
    stop = words.ends.search(text, start + 1, end) if words.ends is not None else None
    reach = stop.start() if stop is not None else end
    return min(reach, start + _LONGEST_REACH) if text[start : start + 1] > "\u2e80" else reach


def _phrase_end(text: str, start: int, end: int, most: int, silent: frozenset[str]) -> int:
    """The end of the first noun phrase, and of those that "ni" or "et" join to it: `most` words, not counting "de" and its like."""
    if not most:
        return end
    count, linked = 0, False
    for word in _WORD.finditer(text, start, end):
        key = fold(word.group())
        if count and (key in silent or (count >= most and not linked and key not in _LINKS | _JOINS)):
            return word.start()
        if key in _JOINS and count:
            count, linked = 0, False
            continue
        linked = key in _LINKS
        count += key not in silent and not linked
    return end


def _reach_before(text: str, start: int, end: int, ends: re.Pattern[str] | None) -> int:
    """Where what stands before an excluding word begins."""
    begin = start = max(start, end - _LONGEST_LOOK)
    if ends is not None:
        for stop in ends.finditer(text, start, end):
            if stop.end() < end:
                begin = stop.end()
    if text[end - 1 : end].isascii() or text[end - 1 : end].isspace() or "\uac00" <= text[end - 1 : end] <= "\ud7a3":
        # Words apart by spaces: the last one or two belong to the exclusion.
        earlier = text[begin:end].rstrip().split()
        if len(earlier) > 2:
            begin = text.index(earlier[-2], begin) if earlier[-2] else begin
            begin = (
                text.rfind(" ".join(earlier[-2:]), begin, end) if " ".join(earlier[-2:]) in text[begin:end] else begin
            )
    return max(begin, end - _LONGEST_REACH)


def _covered(ranges: Sequence[tuple[int, int, int, int]], position: int) -> bool:
    return any(min(start, reach) <= position < max(end, reach_end) for start, end, reach, reach_end in ranges)


def _cut(clause: Clause, ranges: Sequence[tuple[int, int, int, int]]) -> list[Stretch]:
    """The clause without its excluding words."""
    found, position = [], clause.start
    for start, end, reach, reach_end in ranges:
        first = min(start, reach)
        if first > position:
            found.append(Stretch(position, first))
        if reach_end > max(reach, position):
            found.append(Stretch(max(reach, position), reach_end, excluded=True))
        position = max(position, end, reach_end)
    if position < clause.end:
        found.append(Stretch(position, clause.end))
    return found


def excluding_words(language: str) -> frozenset[str]:
    """The single words that exclude what follows them, folded; none where the language has no table."""
    return frozenset(fold(word) for word in _table().get(language, {}).get("before", ()) if " " not in word)
