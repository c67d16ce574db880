"""How names sound: one Latin spelling for kana, Han and Latin, and the consonants that survive a transliteration.

A katakana name and the Latin tag that it was made from share no character, and two translators write one foreign name with
different Han characters of the same sound. Kana follow Hepburn romanisation, Han characters Mandarin's pinyin without tones.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

from ..errors import MissingDependencyError
from .fold import is_han

_VOWELS = "aiueo"
_ROWS = {
    "": "あいうえお", "k": "かきくけこ", "s": "さしすせそ", "t": "たちつてと", "n": "なにぬねの", "h": "はひふへほ", "m": "まみむめも",
    "r": "らりるれろ", "g": "がぎぐげご", "z": "ざじずぜぞ", "d": "だぢづでど", "b": "ばびぶべぼ", "p": "ぱぴぷぺぽ",
}  # fmt: skip
_IRREGULAR = {
    "し": "shi", "ち": "chi", "つ": "tsu", "ふ": "fu", "じ": "ji", "ぢ": "ji", "づ": "zu", "や": "ya", "ゆ": "yu", "よ": "yo", "わ": "wa",
    "ゐ": "i", "ゑ": "e", "を": "o", "ん": "n", "ゔ": "vu",
}  # fmt: skip
_KANA = {
    kana: row + vowel for row, column in _ROWS.items() for kana, vowel in zip(column, _VOWELS, strict=True)
} | _IRREGULAR
_SMALL = {"ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e", "ぉ": "o", "ゃ": "ya", "ゅ": "yu", "ょ": "yo", "ゎ": "wa"}
_PALATAL = ("sh", "ch", "j")

# Spellings of one consonant, longest first; then sounds that Japanese or Mandarin do not keep apart. A c that is not soft is k.
_CONSONANTS = (
    ("sch", "s"), ("tch", "t"), ("ph", "f"), ("sh", "s"), ("ch", "c"), ("th", "s"), ("ts", "t"), ("ck", "k"), ("qu", "k"), ("q", "k"),
    ("x", "ks"), ("zh", "z"), ("gh", "g"), ("wh", "w"), ("dj", "j"),
)  # fmt: skip
_MERGED = str.maketrans({"l": "r", "v": "b", "f": "h", "j": "z", "c": "k", "m": "n"})
_SOFT_C = re.compile(r"c(?=[eiy])")
_PINYIN_C = re.compile(r"^c(?=[aou])")
_SILENT_R = re.compile(r"(?<=[aeiouy])r(?=[^aeiouy]|$)")
_WEAK = re.compile(r"[aeiouyw]")
_REPEATED = re.compile(r"(.)\1+")
_LATIN_WORD = re.compile("[a-z0-9]+")
_NOT_LATIN = re.compile(r"[^a-z0-9 ]")
_ONE_ROMANISATION = (("ou", "o"), ("l", "r"), (" ", ""), ("si", "shi"), ("tu", "tsu"), ("dz", "z"))


def romanise(hiragana: str) -> str:
    """Hiragana in Hepburn romanisation, long vowels unmarked; other characters stay.

    >>> romanise("ついんてーる"), romanise("しゅとろはいむ"), romanise("ふぁ"), romanise("きって")
    ('tsuinteru', 'shutorohaimu', 'fa', 'kitte')
    """
    parts: list[str] = []
    doubled = False
    for char in hiragana:
        if char in _KANA:
            sound = _KANA[char]
            parts.append(sound[0] + sound if doubled and sound[0] not in _VOWELS else sound)
            doubled = False
        elif char in _SMALL:
            _join_small(parts, _SMALL[char])
        elif char == "っ":
            doubled = True
        elif char != "ー":
            parts.append(char)
    return "".join(parts)


def _join_small(parts: list[str], small: str) -> None:
    stem = parts[-1][:-1] if parts and parts[-1][-1] in _VOWELS else ""
    if not stem:
        parts.append(small)
    elif stem in _PALATAL and small[0] == "y":
        parts[-1] = stem + small[1:]
    else:
        parts[-1] = stem + small


@lru_cache(maxsize=1)
def _readings() -> dict[int, str]:
    """Code point of a character -> its readings, the most common first, with commas between them.

    Only this table of pypinyin is loaded: importing the package reads its dictionary of phrases too, in 0.2 s.
    """
    try:
        package = find_spec("pypinyin")
        if package is None or not package.submodule_search_locations:
            raise ImportError("it is not installed")
        path = Path(package.submodule_search_locations[0]) / "pinyin_dict.py"
        spec = spec_from_file_location("pypinyin.pinyin_dict", path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} is not a module")
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    except (ImportError, OSError) as error:
        message = f"The package pypinyin cannot be imported: {error}."
        raise MissingDependencyError(message, hint="Install it: pip install pypinyin") from error
    readings: dict[int, str] = module.pinyin_dict
    return readings


def _pinyin(char: str) -> str:
    """The most common pinyin of a Han character without tone, "" for one that has none."""
    return _toneless(_readings().get(ord(char), "").split(",", 1)[0])


def _toneless(syllable: str) -> str:
    decomposed = unicodedata.normalize("NFD", syllable)
    letters = "".join(c for c in decomposed if "a" <= c <= "z").replace("yv", "yu")
    # Pinyin's c is a ts, never the k that a Latin c mostly is.
    return _PINYIN_C.sub("t", letters)


def latin(folded: str, *, han: bool) -> str:
    """A folded text (text.fold) in Latin words; Han characters as pinyin, or left out.

    >>> latin("あくあ border", han=False), latin("鲁道夫", han=True)
    ('akua border', 'lu dao fu')
    """
    if folded.isascii():
        return " ".join(_LATIN_WORD.findall(folded))
    spelled = "".join([_spelled(char, han) for char in folded])
    return " ".join(_NOT_LATIN.sub("", romanise(spelled)).split())


@lru_cache(maxsize=1 << 14)
def _spelled(char: str, han: bool) -> str:
    if is_han(ord(char)):
        return f" {_pinyin(char)} " if han else " "
    return char if char.isalnum() or char == "ー" else " "


def spelling(folded: str) -> str:
    """Kana and Latin in one spelling without spaces and long vowels, so that romanised and kana names compare.

    >>> spelling("はつねみく"), spelling("hatsune miku"), spelling("とうほう"), spelling("touhou")
    ('hatsunemiku', 'hatsunemiku', 'toho', 'toho')
    """
    text = latin(folded, han=False)
    for old, new in _ONE_ROMANISATION:
        text = text.replace(old, new)
    return _REPEATED.sub(r"\1", text)


def skeleton(folded: str) -> str:
    """The consonants of a name that survive a transliteration, with `a` for a vowel at its very beginning.

    >>> skeleton("あでるばーと"), skeleton("adelbert"), skeleton("艾德尔贝特")
    ('adrbt', 'adrbt', 'adrbt')
    """
    parts = ["r" if word == "er" else _consonants(word) for word in latin(folded, han=True).split()]
    joined = "".join(parts)
    return joined[:1] + joined[1:].replace("a", "")


@lru_cache(maxsize=1 << 14)
def _consonants(word: str) -> str:
    for old, new in _CONSONANTS:
        word = word.replace(old, new)
    first = "a" if word[:1] in tuple(_VOWELS) else ""
    word = _SILENT_R.sub("", _SOFT_C.sub("s", word)).translate(_MERGED)
    return first + _REPEATED.sub(r"\1", _WEAK.sub("", word))
