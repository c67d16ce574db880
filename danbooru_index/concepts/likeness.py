"""What something is only likened to, which is not in the picture: 棋盘 in 棋盘一样的水田, 猫 in 猫みたいに."""

from __future__ import annotations

import re

# Behind what something is likened to; a dress みたいな another may well be one.
_LIKENESS = re.compile(r"みたいに|のように(?!見え)|[一似]?[样樣般](?:的|地)|似的|처럼|-like\b")
_LONGEST = 4
# Before it, in Chinese: 红成番茄 is red in the face.
_BECOMING = re.compile("[红乱淋笑哭气吓累挤瘦胖冻晒饿困急热抖湿忙吵]成了?一?[只个团条头片]?")
# Likewise, and one thing for another: 拿大葱当话筒.
_INSTEAD = re.compile("[拿用把][^，。、]{1,8}?[当當](?:成|作|做)?一?[只个根把条团]?")
_NOUN = 4  # characters of it
# In alphabets; who is dressed or made up like something, or looks like it, shows it.
_SHOWS = (
    "i|i['’]?d|would|you['’]?d|we['’]?d|just|more|look|looks|looking|looked|dress|dressed|dresses|pose|posing|styled|feel|feels|drawn|something|anything|vestid[oa]|disfrazad[oa]|"
    "parece|posando|habillée?|déguisée?|ressemble|aussehend|gekleidet|verkleidet|aussieht|sieht|vestit[oa]|travestit[oa]|fantasiad[oa]|"
    "одета?|выглядит|наряжен[аы]?"
)
_LIKE_A = re.compile(
    rf"(?<![\w’'])(?!(?:{_SHOWS})\s)[\w’']+\s+"
    r"(?:like an?|como una?|como uma?|comme une?|wie eine?[nmrs]?|come un[oa]?|словно|будто)\s+(?=\w)",
    re.IGNORECASE,
)
_LIKE_WORDS = 2  # that what it is likened to may have
_WORD = re.compile(r"[^\W的了地得]+")


def is_likened(text: str, start: int, end: int) -> bool:
    """Whether something is likened to `text[start:end]`, or to a part of it.

    >>> is_likened("猫みたいに丸い", 0, 1), is_likened("猫と犬", 0, 1)
    (True, False)
    """
    found = _LIKENESS.search(text, start + 1, end + _LONGEST)
    if found is not None and found.start() <= end:
        return True
    return (
        _follows(_BECOMING, text, start, end, _NOUN + 3)
        or _follows(_INSTEAD, text, start, end, 16)
        or _is_like(text, start, end)
    )


def _follows(pattern: re.Pattern[str], text: str, start: int, end: int, before: int) -> bool:
    """Whether the Chinese noun behind a pattern is among `text[start:end]`."""
    for found in pattern.finditer(text, max(0, start - before), end):
        noun = _WORD.match(text, found.end(), found.end() + _NOUN)
        if noun is not None and start < noun.end() and found.end() < end and found.start() < end:
            return True
    return False


def _is_like(text: str, start: int, end: int) -> bool:
    """Whether the words behind "like a" and the like end with `text[start:end]` or begin with it."""
    for found in _LIKE_A.finditer(text, max(0, start - 60), end):
        words = text[found.end() : start].split()
        if (
            found.end() <= start
            and len(words) < _LIKE_WORDS
            and not re.search(r"[,.;:!?]|\b(?:with|in|on|and|con|com|avec|mit|с)\b", text[found.end() : start])
        ):
            return True
    return False
