"""Text folding: one comparable form for names from every script, used on both the index's and the query's side."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

MAX_QUERY_CHARS = 20_000

_KEEP_MARKS = {0x3099, 0x309A}  # the kana voicing marks: dropping them would turn ガ into カ
_KATAKANA_TO_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
HAN_RANGES = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF))
_HAN = re.compile("[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in HAN_RANGES) + "]")
_KANA_OR_HANGUL = re.compile(
    "(?P<kana>[\u3041-\u30ff\uff66-\uff9f])|(?P<hangul>[\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e])"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@lru_cache(maxsize=1)
def _han_table() -> dict[int, int]:
    """Code point map of every Traditional and Japanese Han form to its Simplified form (OpenCC's tables, by character)."""
    import opencc

    to_traditional, to_simplified = opencc.OpenCC("jp2t"), opencc.OpenCC("t2s")
    table = {}
    for first, last in HAN_RANGES:
        for code in range(first, last + 1):
            folded = to_simplified.convert(to_traditional.convert(chr(code)))
            if len(folded) == 1 and ord(folded) != code:
                table[code] = ord(folded)
    return table


@lru_cache(maxsize=1)
def _to_taiwan() -> Callable[[str], str]:
    import opencc

    converter = opencc.OpenCC("s2twp")
    return lambda text: str(converter.convert(text))


def traditional(text: str) -> str:
    """Simplified Chinese as it is written in Taiwan, for people to read.

    >>> traditional("双马尾，头发分成两束")
    '雙馬尾，頭髮分成兩束'
    """
    return text if text.isascii() else _to_taiwan()(text)


@lru_cache(maxsize=1)
def _fold_table() -> dict[int, int]:
    return {**_KATAKANA_TO_HIRAGANA, **_han_table()}


def simplified(text: str) -> str:
    """The text with every Traditional or Japanese Han form replaced by its Simplified form, all else as it is.

    >>> simplified("Long 黒髮 ツインテール")
    'Long 黑发 ツインテール'
    """
    return text if text.isascii() else text.translate(_han_table())


def fold(text: str) -> str:
    """Fold width, case, diacritics, kana and Han variants.

    >>> fold("ＡＢＣ Café 黒髮 ツインテール")
    'abc cafe 黑发 ついんてーる'
    """
    if text.isascii():
        return text.lower()
    kept = unicodedata.normalize("NFKD", text).casefold()
    if not kept.replace(" ", "").isalnum():  # else it has no marks
        kept = "".join(c for c in kept if not unicodedata.combining(c) or ord(c) in _KEEP_MARKS)
    return unicodedata.normalize("NFKC", kept).translate(_fold_table())


def match_key(text: str) -> str:
    """What two spellings of one name share: the folded letters and digits alone.

    A name made of signs only (`:d` has a letter, `^_^` has none) keeps its signs without spaces.

    >>> match_key("Long Hair"), match_key("long_hair"), match_key("longhair"), match_key("^_^")
    ('longhair', 'longhair', 'longhair', '^_^')
    """
    return folded_key(fold(text))


def folded_key(folded: str) -> str:
    """The match key of a text that is folded already."""
    key = folded.replace(" ", "")
    if not key.isalnum():
        key = "".join(c for c in folded if c.isalnum() or unicodedata.category(c)[0] == "M")
    # Emoticon tags such as ":d", ";)" and ":3" must not fall together on their one letter.
    if len(key) <= 1:
        return "".join(folded.split()) or key
    return key


def clean(text: str) -> str:
    r"""Drop lone surrogates, turn control characters into spaces and collapse white space.

    >>> clean("a\x00b\ud800  c")
    'a b c'
    """
    if text.isprintable():  # neither of them is
        return " ".join(text.split())
    return " ".join(_CONTROL.sub(" ", without_surrogates(text)).split())


def without_surrogates(text: str) -> str:
    """A text without lone surrogates, halves of characters that some program cut in two; they have no UTF-8."""
    return _SURROGATE.sub("", text)


def script_language(text: str) -> str:
    """The language that the script of a name points to: `ja` (kana), `ko` (Hangul), `zh` (Han alone) or `en`.

    >>> [script_language(t) for t in ("ツインテール", "양갈래", "双马尾", "twintails")]
    ['ja', 'ko', 'zh', 'en']
    """
    if text.isascii():
        return "en"
    found = _KANA_OR_HANGUL.search(text)
    if found:
        return "ja" if found.lastgroup == "kana" else "ko"
    return "zh" if _HAN.search(text) else "en"


def is_kana(code: int) -> bool:
    """Whether a code point is hiragana or katakana, full or half width, the long mark included."""
    return 0x3041 <= code <= 0x30FF or 0xFF66 <= code <= 0xFF9F


def is_han(code: int) -> bool:
    """Whether a code point is a Han character of the basic plane."""
    return any(first <= code <= last for first, last in HAN_RANGES)


def spaced(tag: str) -> str:
    """A tag as words: underscores become spaces, except in emoticons such as `^_^`, which have no letter to separate.

    >>> spaced("long_hair"), spaced("^_^"), spaced("saber_(fate)")
    ('long hair', '^_^', 'saber (fate)')
    """
    return tag.replace("_", " ") if any(c.isalnum() for c in tag.replace("_", "")) and len(tag) > 3 else tag


def prompt_form(tag: str, *, spaces: bool = True, escape: bool = True) -> str:
    r"""A tag as prompts write it: words instead of underscores, and brackets that do not change weights.

    >>> prompt_form("saber_(fate)"), prompt_form("^_^"), prompt_form("saber_(fate)", spaces=False, escape=False)
    ('saber \\(fate\\)', '^_^', 'saber_(fate)')
    """
    written = spaced(tag) if spaces else tag
    return written.replace("(", r"\(").replace(")", r"\)") if escape else written
