"""What single languages say of their words for persons: where one stands, whom a form counts, which number belongs to it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .atoms import HAN, HANGUL, KANA, KATAKANA, WORD, Atom
from .counts import katakana_words, number_words, person_words, role_words
from .kin import kin_words

PRONOUNS = frozenset(
    ("她", "他", "她们", "他们", "she", "he", "her", "him", "his", "shes", "hes", "она", "он", "er", "ela", "ele", "lei", "lui",
     "ella", "elle", "il", "sie", "hij", "ona", "on")
)  # fmt: skip
_ENDS = frozenset(("男", "女"))  # persons in Chinese where a word ends with them: 短发女, and no 女装
_AND = frozenset("和跟与及")
_BEFORE_HE = frozenset("吉其维利结")  # 吉他, 其他, 结他
# Whose these are is in the picture: on his dad's shoulders, and not in her dad's coat.
OF_BODIES = frozenset(
    ("arm", "arms", "back", "cheek", "chest", "ear", "ears", "eyes", "face", "feet", "hair", "hand", "hands", "head", "knee", "knees",
     "lap", "leg", "legs", "lips", "neck", "nose", "shoulder", "shoulders", "side", "waist")
)  # fmt: skip
_IMPERSONAL = frozenset(("", "pleut", "neige", "y", "fait", "faut", "manque", "vente"))  # il pleut
# Plural forms that are the genitive of one too: портрет девушки.
_OF_ONE = frozenset(("девушки", "девочки"))
_PLURAL_BEFORE = re.compile("(?:ые|ие|ят|ют|ут|ат|ли)$")  # красивые девушки, идут девушки
_DRESSED = re.compile(r"(?:(?:dressed|disguised|dresses|masquerading)(?: up)? as|statues? of)(?: an?| the)?$")
_WITH = {"ja": frozenset("と"), "zh": frozenset("和与跟"), "ko": frozenset(("와", "과", "랑", "이랑", "하고"))}


def joined_words(atoms: Sequence[Atom], readings: Sequence[tuple[int, int, str]], language: str) -> frozenset[str]:
    """The words for persons that stand twice, joined by "and": each is another one."""
    ands = _WITH.get(language, frozenset())
    words = person_words(language)
    found: set[str] = set()
    open_words: set[str] = set()
    for _, last, key in readings if ands else ():
        if key in words and key not in PRONOUNS:
            found |= open_words & {key}
            open_words |= {key} if last < len(atoms) and atoms[last].key in ands else set()
    return frozenset(found)


def is_apposed(atom: Atom, before: str, key: str, language: str) -> bool:
    """Whether a word of an alphabet says what the person right before it is: девушка-хакер is one girl."""
    plain = before in person_words(language) and before not in role_words(language) and before not in PRONOUNS
    return plain and atom.script == WORD and key in role_words(language) and key not in kin_words(language)


def is_described(readings: Sequence[tuple[int, int, str]], language: str) -> bool:
    """Whether an English adjective stands before the first person."""
    if language != "en":
        return False
    words = [key for _, _, key in readings]
    person = next((i for i, key in enumerate(words) if key in person_words(language)), 0)
    return "" in words[:person]


def is_costume(atoms: Sequence[Atom], first: int, language: str) -> bool:
    """Whether somebody only dresses as the person that begins at this atom, or it is of stone: "a girl dressed as a boy"."""
    before = " ".join(atom.key for atom in atoms[max(0, first - 4) : first])
    if language == "zh":
        return before.replace(" ", "").endswith(("扮成", "扮作", "装成", "穿成"))
    return language == "en" and _DRESSED.search(before) is not None


def is_of_one(atoms: Sequence[Atom], first: int, key: str, language: str) -> bool:
    """Whether the word before says that a form which several share is that of one here: портрет девушки."""
    before = atoms[first - 1].key if language == "ru" and key in _OF_ONE and first else ""
    return len(before) > 2 and before not in number_words("ru") and not _PLURAL_BEFORE.search(before)


def is_possessive(atom: Atom) -> bool:
    """Whether an English word ends in 's, and is no plural: dad's."""
    return atom.script == WORD and atom.key.endswith("s") and atom.end - atom.start > len(atom.key)


def stands(atoms: Sequence[Atom], first: int, last: int, key: str, language: str) -> bool:
    """Whether a word is not the beginning or the inside of another one, as a single kana next to more of them is."""
    if key in ("il", "sie") and language in ("fr", "de"):
        said = atoms[last].key if last < len(atoms) else ""
        return said not in _IMPERSONAL if key == "il" else said.endswith("t")  # they "tragen"
    if language == "zh" and key in _ENDS:
        return last == len(atoms) or atoms[last].key in _AND
    if language == "zh" and key == "他":
        return first == 0 or atoms[first - 1].key not in _BEFORE_HE
    if atoms[first].script == KANA and key in katakana_words():
        return False  # まま is not ママ
    if atoms[first].script == KATAKANA and last < len(atoms) and atoms[last].script == KATAKANA:
        return False  # ボーイッシュ, メイドカフェ
    if len(key) > 1 or atoms[first].script in (WORD, HANGUL, HAN):
        return True
    around = [atoms[i].script for i in (first - 1, last) if 0 <= i < len(atoms)]
    return not any(script in (KANA, KATAKANA) for script in around)


def number_after(atoms: Sequence[Atom], first: int, language: str) -> tuple[str, int] | None:
    """A number that follows its persons, and the atom behind it: 女の子が二人, 소녀 두 명, สาวสองคน, 少女二人.

    In Chinese only one of persons, and at once.
    """
    furthest = first + 1 if language == "zh" else first + 3
    for start in range(first, min(len(atoms), furthest)):
        for last in range(min(len(atoms), start + 4), start, -1):
            key = "".join(atom.key for atom in atoms[start:last])
            number = number_words(language).get(key)
            if number is None and language == "zh":
                number = number_words("ja").get(key)  # a Japanese list without kana
            of_persons = language != "zh" or key.endswith(("人", "名"))
            if number is not None and of_persons and (len(key) > 1 or language == "ko"):
                return number, last
    return None
