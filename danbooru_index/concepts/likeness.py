"""What something is only likened to, which is not in the picture: 棋盘 in 棋盘一样的水田, 猫 in 猫みたいに."""

from __future__ import annotations

import re
from functools import lru_cache

# Behind what something is likened to; a dress みたいな another may well be one.
_LIKENESS = re.compile(r"みたいに|のように(?!見え)|[一似]?[样樣般](?:的|地)|似的|처럼|-like\b")
_LONGEST = 4
# Before it, in Chinese: 红成番茄 is red in the face.
_BECOMING = re.compile("[红乱淋笑哭气吓累挤瘦胖冻晒饿困急热抖湿忙吵](?P<word>成了?)一?[只个团条头片]?")
# Likewise, and one thing for another: 拿大葱当话筒.
_INSTEAD = re.compile("[拿用把][^，。、]{1,8}?(?P<word>[当當][成作做]?)一?[只个根把条团]?")
_NOUN = 4  # characters of it
# Around it, in Chinese: 像山一样高, 比脸还大; a sword that is taller than people is no person.
_COMPARED = re.compile(
    "(?:[像跟和比]|如同?|好似|仿佛|宛如)(?P<noun>[^，。、,.;；\\s的]{1,6}?)(?:一[样樣般]|还要|[还還更][大小高长長粗细細重多快亮红紅白黑厚宽寬])"
)
# In alphabets; who is dressed or made up like something, or looks like it, shows it.
_SHOWS = (
    "i|i['’]?d|would|you['’]?d|we['’]?d|just|more|look|looks|looking|looked|dress|dressed|dresses|pose|posing|styled|feel|feels|"
    "drawn|something|anything|vestid[oa]|disfrazad[oa]|parece|posando|habillée?|déguisée?|ressemble|aussehend|gekleidet|verkleidet|aussieht|sieht|vestit[oa]|travestit[oa]|fantasiad[oa]|"
    "одета?|выглядит|наряжен[аы]?"
)
_LIKE_A = re.compile(
    rf"(?<![\w’'])(?!(?:{_SHOWS})\s)[\w’']+\s+"
    r"(?:like an?|como una?|como uma?|comme une?|wie eine?[nmrs]?|come un[oa]?|словно|будто)\s+(?=\w)",
    re.IGNORECASE,
)
_LIKE_WORDS = 2  # that what it is likened to may have
_ENDS_LIKENESS = re.compile(r"[,.;:!?]|\b(?:with|in|on|and|con|com|avec|mit|с)\b")
_FURTHEST = 30  # characters between a likeness and the end of what it is about
_WORD = re.compile(r"[^\W的了地得]+")


def is_likened(text: str, start: int, end: int) -> bool:
    """Whether something is likened to `text[start:end]`, or to a part of it.

    >>> is_likened("猫みたいに丸い", 0, 1), is_likened("猫と犬", 0, 1), is_likened("堆得跟山一樣高", 3, 4)
    (True, False, True)
    """
    found = _LIKENESS.search(text, start + 1, end + _LONGEST)
    if found is not None and found.start() <= end:
        return True
    if _follows(_BECOMING, text, start, end) or _follows(_INSTEAD, text, start, end):
        return True
    if any(noun <= start < last for noun, last in _compared(text)):
        return True
    behind = (text[place:start] for place in _like_ends(text) if start - _FURTHEST <= place <= start)
    return any(len(words.split()) < _LIKE_WORDS and not _ENDS_LIKENESS.search(words) for words in behind)


def _follows(pattern: re.Pattern[str], text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` has a part of a pattern's `word`, or of the Chinese noun behind it, and does not end before the word."""
    for found in pattern.finditer(text, max(0, start - _FURTHEST), end):
        noun = _WORD.match(text, found.end(), found.end() + _NOUN)
        if noun is not None and start < noun.end() and found.start("word") < end:
            return True
    return False


@lru_cache(maxsize=16)
def _compared(text: str) -> tuple[tuple[int, int], ...]:
    """Where each noun stands that something is compared with."""
    return tuple(found.span("noun") for found in _COMPARED.finditer(text))


@lru_cache(maxsize=16)
def _like_ends(text: str) -> tuple[int, ...]:
    """Where each "like a" of a text ends; every span of it asks."""
    return tuple(found.end() for found in _LIKE_A.finditer(text))
