"""A text as atoms: words of alphabets, single Han, kana and Thai characters, Korean stems and particles, signs; and its clauses."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from ..text.fold import fold, is_han, match_key
from .counts import all_person_words
from .korean import particle_of

_CLAUSE_END = re.compile(
    r"[,，。；;!！?？\n、・|\[\]{}()（）「」『』【】《》〈〉“”\"…—～]|[:：](?!\d)|(?<!\d)[:：]|\.(?=\s|$)|\s[-–/]\s"
)
_ENUMERATION_SIGNS = "、・"
_WORD = re.compile(
    r"[^\W_\u0e01-\u0e4e\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff]+(?:['’_.+-][^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+|(?<=\d)[:：/]\d+)*"
)
_ELIDED = re.compile(r"(l|d|n|j|c|un|qu|[dn]ell|[ad]all|all|sull)['’](?=[^\W\d_]{2})", re.IGNORECASE)
_HANGUL = re.compile(r"[\uac00-\ud7a3]+")
_THAI = re.compile("[\u0e01-\u0e4e][\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]*")  # a letter with its vowel signs and tone marks

HAN, KANA, KATAKANA, HANGUL, PARTICLE, WORD, SIGN = "han", "kana", "katakana", "hangul", "particle", "word", "sign"
THAI = "thai"


@dataclass(frozen=True, slots=True)
class Atom:
    """The smallest unit: `text[start:end]`, its folded form, its script, and whether a new word begins here."""

    start: int
    end: int
    key: str
    script: str
    begins: bool = True


@dataclass(frozen=True, slots=True)
class Clause:
    """`text[start:end]` between two marks of punctuation; `enumerated`: the mark before it was one of an enumeration."""

    start: int
    end: int
    enumerated: bool = False


def clauses(text: str) -> list[Clause]:
    """The stretches between marks of punctuation, without white space around them."""
    found, start, enumerated = [], 0, False
    for mark in [*_CLAUSE_END.finditer(text), None]:
        end = mark.start() if mark else len(text)
        stretch = text[start:end]
        if stretch.strip():
            left = len(stretch) - len(stretch.lstrip())
            found.append(Clause(start + left, start + len(stretch.rstrip()), enumerated))
        if mark:
            start, enumerated = mark.end(), mark.group() in _ENUMERATION_SIGNS
    return found


def atoms_of(text: str, clause: Clause) -> list[Atom]:
    """The atoms of one clause."""
    found: list[Atom] = []
    position = clause.start
    while position < clause.end:
        if text[position].isspace():
            position += 1
            continue
        new = _atoms_at(text, position, clause.end, found)
        found += new
        position = new[-1].end
    return found


def _atoms_at(text: str, position: int, end: int, before: list[Atom]) -> list[Atom]:
    for pattern in (_WORD, _HANGUL):
        match = pattern.match(text, position, end)
        if match:
            return _words(match) if pattern is _WORD else _korean(match)
    letter = _THAI.match(text, position, end)
    if letter:
        fresh = not before or before[-1].end < position or before[-1].script != THAI
        return [Atom(position, letter.end(), _fold_thai(letter.group()), THAI, fresh)]
    script = _script(text[position])
    if script == SIGN:
        stop = position + 1
        while stop < end and not text[stop].isspace() and _script(text[stop]) == SIGN and not text[stop].isalnum():
            stop += 1
        return [Atom(position, stop, text[position:stop], SIGN)]
    fresh = not before or before[-1].end < position or before[-1].script != script
    return [Atom(position, position + 1, _fold_char(text[position]), script, fresh)]


def _words(match: re.Match[str]) -> list[Atom]:
    """The word, or two: of an article without its vowel ("l'ombrello"), or where a hyphen joins a person to something (девочка-лиса)."""
    if elided := _ELIDED.match(match.group()):
        article = Atom(match.start(), match.start() + elided.end(), fold(elided[1]), PARTICLE)
        return [article, _word(match.group()[elided.end() :], article.end)]
    parts = match.group().split("-")
    if len(parts) == 2 and any(len(part) > 3 and match_key(part) in all_person_words() for part in parts):
        middle = match.start() + len(parts[0])
        return [_word(parts[0], match.start()), _word(parts[1], middle + 1)]
    return [_word(match.group(), match.start())]


def _word(text: str, start: int) -> Atom:
    key = "".join(c for c in fold(text) if c.isalnum()) or text
    return Atom(start, start + len(text), key, WORD)


def _korean(match: re.Match[str]) -> list[Atom]:
    word, particle = match.group(), particle_of(match.group())
    if not particle:
        return [Atom(match.start(), match.end(), word, HANGUL)]
    middle = match.end() - len(particle)
    stem = Atom(match.start(), middle, word[: -len(particle)], HANGUL)
    return [stem, Atom(middle, match.end(), particle, PARTICLE)]


def _script(char: str) -> str:
    code = ord(char)
    if is_han(code) or char in "々〆ヶ":
        return HAN
    if 0x30A0 <= code <= 0x30FF or 0xFF66 <= code <= 0xFF9F:
        return KATAKANA
    if 0x3041 <= code <= 0x309F:
        return KANA
    return WORD if char.isalnum() else SIGN


@lru_cache(maxsize=20_000)
def _fold_thai(letter: str) -> str:
    """As in match keys, which keep the vowel signs that carry no class of their own."""
    return "".join(c for c in fold(letter) if c.isalnum() or unicodedata.category(c)[0] == "M")


@lru_cache(maxsize=20_000)
def _fold_char(char: str) -> str:
    # The Traditional aspect particle; OpenCC leaves it alone, since it also means a work of letters.
    return "着" if char == "著" else fold(char)
