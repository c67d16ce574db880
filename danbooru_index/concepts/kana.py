"""Which short names in kana stand in a Japanese text, and which are only the inside of a longer word: たび in くたびれた."""

from __future__ import annotations

from collections.abc import Sequence, Set

from ..text.fold import fold
from .atoms import HAN, KANA, KATAKANA, Atom
from .words import PARTICLES

_SHORT = 3  # kana; a longer name does not stand inside another word by chance
_LONGEST = 8  # kana of a word before a name
_ENDING = 3  # kana of the ending of a verb or adjective that is written with Han
_VERBS = frozenset("るいたな")  # the last of them
_SMALL_TSU = fold("っ")  # ぎゅっ in ぎゅって is a word, no verb
_VERBS_ONLY = frozenset("てた")  # behind a noun they would be a verb's
# Particles, and what begins する, さん, ちゃん, みたい.
_BEHIND_NOUNS = PARTICLES | frozenset("なだすしさちくへかよねみ") | {_SMALL_TSU}
# Words of grammar behind which a noun may stand without a particle.
_BEFORE_NOUNS = frozenset(
    ("さん", "ちゃん", "くん", "たち", "なく", "じゃなく", "だけ", "とか", "など", "みたいな", "けど", "から", "まま")
)
# What stands before nouns in kana: 白くま, 猫みみ.
_WITH_KANA = frozenset("赤青白黒金銀緑紫桃茶灰大小猫犬狐狼兎熊牛馬鹿竜龍鬼")


def name_starts(atoms: Sequence[Atom], known: Set[str]) -> list[bool]:
    """Where a short name in kana may begin: at a change of script, behind a particle, and behind a known word that begins so itself.

    Behind Han kana are its ending, but for colours, sizes, animals and known words of two characters; behind such an ending a word may
    begin if it is one of verbs or adjectives.

    :param known: match keys of names and function words.
    :returns: a flag for each atom, and one for the end.
    """
    may = [True] * (len(atoms) + 1)
    endings = -1  # where the last Han ended, whose ending the kana are
    for i, atom in enumerate(atoms):
        before = atoms[i - 1] if i else None
        if atom.script not in (KANA, KATAKANA) or before is None or before.end < atom.start:
            continue
        if atom.script == KANA and before.script == HAN:
            endings = i
            may[i] = before.key in _WITH_KANA or _ends_with_known(atoms, i, known)
        elif before.script == atom.script:
            behind_verb = atom.script == KANA and i - endings <= _ENDING and before.key in _VERBS
            may[i] = behind_verb or before.key in PARTICLES or _follows_known(atoms, i, may, known)
    return may


def _ends_with_known(atoms: Sequence[Atom], end: int, known: Set[str]) -> bool:
    """Whether a known word of two characters or more ends before an atom."""
    return any(_key(atoms, first, end) in known for first in range(max(0, end - _LONGEST), end - 1))


def _follows_known(atoms: Sequence[Atom], end: int, may: Sequence[bool], known: Set[str]) -> bool:
    """Whether a known word that may begin where it does ends before an atom."""
    return any(
        _key(atoms, first, end) in _BEFORE_NOUNS or (may[first] and _key(atoms, first, end) in known)
        for first in range(max(0, end - _LONGEST), end)
    )


def _key(atoms: Sequence[Atom], first: int, last: int) -> str:
    return "".join(atom.key for atom in atoms[first:last])


def is_inside(atoms: Sequence[Atom], first: int, last: int, may: Sequence[bool], known: Set[str]) -> bool:
    """Whether a name of a few kana is only the inside of a word, by what is before it and by what goes on behind it.

    A name at the end of a run of katakana is what the run is about: イカ in ダイオウイカ.

    :param may: what `name_starts` gives for these atoms and the same `known`.
    """
    if last - first > _SHORT or any(atom.script not in (KANA, KATAKANA) for atom in atoms[first:last]):
        return False
    follows = last < len(atoms) and atoms[last - 1].end == atoms[last].start
    script = atoms[last].script if follows else ""
    katakana = all(atom.script == KATAKANA for atom in atoms[first:last])
    if katakana and script != KATAKANA:
        return False
    return not may[first] or (script in (KANA, KATAKANA) and _goes_on(atoms, last, known, script))


def _goes_on(atoms: Sequence[Atom], last: int, known: Set[str], script: str) -> bool:
    """Whether the kana behind a name are of the same word: the end of a verb, or nothing that is known."""
    ends = range(last + 1, min(len(atoms), last + _LONGEST) + 1)
    if script == KATAKANA:
        return not any(_key(atoms, last, end) in known for end in ends[1:])
    if atoms[last - 1].key == _SMALL_TSU or atoms[last].key in _BEHIND_NOUNS or _key(atoms, last, last + 2) == "たち":
        return False
    return atoms[last].key in _VERBS_ONLY or not any(_key(atoms, last, end) in known for end in ends)
