"""What something is only likened to, which is not in the picture: 棋盘 in 棋盘一样的水田, 猫 in 猫みたいに."""

from __future__ import annotations

import re

# Behind what something is likened to; a dress みたいな another may well be one.
_LIKENESS = re.compile(r"みたいに|のように(?!見え)|[一似]?[样樣般](?:的|地)|似的|처럼|-like\b")
_LONGEST = 4


def is_likened(text: str, start: int, end: int) -> bool:
    """Whether something is likened to `text[start:end]`, or to a part of it.

    >>> is_likened("猫みたいに丸い", 0, 1), is_likened("猫と犬", 0, 1)
    (True, False)
    """
    found = _LIKENESS.search(text, start + 1, end + _LONGEST)
    return found is not None and found.start() <= end
