"""The colours that a text says, and the one in a tag: a colour belongs to its noun. colours.json has the words of all languages."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

from ..text.fold import fold

_FILE = Path(__file__).with_name("colours.json")
_TEXTS = 10_000  # whose colours are kept; they are strangers' words, so there is no end of them
# What may stand around the word of a colour that describes nothing: marks of case, a copula, "coloured".
_SHADE = re.compile(r"(?:[深浅淡亮暗浓薄濃淺]|(?:light|dark|deep|pale|bright)[\s-]+|연|진)?")
_ENDING = re.compile(r"[\s\W_]*|(?:色|い|な|の|的|색|a|o|as|os|e|es|s|em|en|er|ая|ый|ые|ой|ого|ую|ое)+")


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    table: dict[str, list[str]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return {
        colour: re.compile("|".join(_word(fold(word)) for word in sorted(words, key=len, reverse=True)))
        for colour, words in table.items()
    }


def _word(word: str) -> str:
    # A stem of an alphabet begins a word; a short one is the whole word: "red", but not "redo"; "rot", but not "rotate".
    if "\uac00" <= word[0] <= "\ud7a3":
        return rf"(?<![\uac00-\ud7a3]){re.escape(word)}"  # 검은색 is not 은색
    if not word[0].isalpha() or word[0] > "\u0600":
        return re.escape(word)
    return rf"\b{re.escape(word)}" + (r"\b" if len(word) < 4 and word.isascii() else "")


@lru_cache(maxsize=_TEXTS)
def said_colours(text: str) -> tuple[str, ...]:
    """The colours that a text may say, as they begin tags: 青 is blue, green or aqua.

    >>> sorted(said_colours("青い髪")), said_colours("a red umbrella"), said_colours("猫")
    (['aqua', 'blue', 'green'], ('red',), ())
    """
    folded = fold(text)
    # A tuple of strings, unlike a set, is nothing that the garbage collector visits for as long as it is kept.
    return tuple(colour for colour, pattern in _patterns().items() if pattern.search(folded))


@lru_cache(maxsize=_TEXTS)
def is_colour(text: str) -> bool:
    """Whether a text says a colour, or a shade of one, and nothing else.

    >>> is_colour("red"), is_colour("빨간"), is_colour("深蓝色"), is_colour("红伞")
    (True, True, True, False)
    """
    folded = fold(text).strip()
    return any(
        _SHADE.fullmatch(folded[: match.start()]) and _ENDING.fullmatch(folded[match.end() :])
        for pattern in _patterns().values()
        for match in pattern.finditer(folded)
    )


def colour_of(tag: str) -> str:
    """The colour that a tag begins with, "" where it has none.

    >>> colour_of("black_cat"), colour_of("cat")
    ('black', '')
    """
    first, _, rest = tag.partition("_")
    return first if rest and first in _patterns() else ""
