"""What something is only likened to, which is not in the picture: 棋盘 in 棋盘一样的水田, 猫 in 猫みたいに."""

from __future__ import annotations

import re

# Behind what something is likened to; a dress みたいな another may well be one.
_LIKENESS = re.compile(r"みたいに|のように(?!見え)|[一似]?[样樣般](?:的|地)|似的|처럼|-like\b")
_LONGEST = 4
# Before it, in Chinese: 红成番茄 is red in the face.
_BECOMING = re.compile("[红乱淋笑哭气吓累挤瘦胖冻晒饿困急热抖湿忙吵]成了?一?[只个团条头片]?")
_NOUN = 4  # characters of it
_WORD = re.compile(r"[^\W的了地得]+")


def is_likened(text: str, start: int, end: int) -> bool:
    """Whether something is likened to `text[start:end]`, or to a part of it.

    >>> is_likened("猫みたいに丸い", 0, 1), is_likened("猫と犬", 0, 1)
    (True, False)
    """
    found = _LIKENESS.search(text, start + 1, end + _LONGEST)
    if found is not None and found.start() <= end:
        return True
    for becoming in _BECOMING.finditer(text, max(0, start - _NOUN - 3), end):
        noun = _WORD.match(text, becoming.end(), becoming.end() + _NOUN)
        if noun is not None and start < noun.end() and becoming.start() + 1 < end:
            return True
    return False
