"""Where words begin in scripts without spaces: at a change of script, by a dictionary in Chinese, beside particles in Japanese."""

from __future__ import annotations

from collections.abc import Sequence, Set

from .atoms import HAN, KANA, KATAKANA, THAI, Atom

_PARTICLES = frozenset("をはがのにとでもや")
_LONGEST_THAI = 16  # letters of one known word


def word_starts(atoms: Sequence[Atom], *, japanese: bool) -> list[bool]:
    """Where a word may begin: after a change of script, and inside Chinese where the dictionary says so."""
    starts = [atom.begins for atom in atoms] + [True]
    if japanese:
        return _particle_bounds(atoms, starts)
    first = 0
    while first < len(atoms):
        last = first
        while last < len(atoms) and atoms[last].script == HAN and (last == first or not atoms[last].begins):
            last += 1
        if last - first > 1:
            position = first
            for word in cut_chinese("".join(a.key for a in atoms[first:last])):
                starts[position] = True
                position += len(word)
        first = max(last, first + 1)
    return starts


def _particle_bounds(atoms: Sequence[Atom], starts: list[bool]) -> list[bool]:
    """Particles stand between scripts: right after a noun in Han or katakana, or right before one."""
    for i, atom in enumerate(atoms):
        if atom.script != KANA or atom.key not in _PARTICLES:
            continue
        after_noun = i > 0 and atoms[i - 1].script in (HAN, KATAKANA)
        before_noun = i + 1 < len(atoms) and atoms[i + 1].script in (HAN, KATAKANA)
        if atom.key == "を" or before_noun:
            starts[i] = True
        if atom.key == "を" or after_noun:
            starts[i + 1] = True
    return starts


def thai_starts(atoms: Sequence[Atom], known: Set[str]) -> list[bool]:
    """Where a word of Thai begins, which has no spaces: from left to right at the longest known word, and right after it.

    :param known: match keys of words of one letter or more.
    """
    starts = [atom.begins for atom in atoms] + [True]
    first = 0
    while first < len(atoms):
        last = first
        if atoms[first].script == THAI:
            last = max(_known_ends(atoms, first, known), default=first)
        if last > first:
            starts[first] = starts[last] = True
        first = max(last, first + 1)
    return starts


def _known_ends(atoms: Sequence[Atom], first: int, known: Set[str]) -> list[int]:
    """Where the known words that begin at an atom end."""
    ends, key = [], ""
    for last in range(first, min(len(atoms), first + _LONGEST_THAI)):
        if atoms[last].script != THAI or (last > first and atoms[last].start > atoms[last - 1].end):
            break
        key += atoms[last].key
        if key in known:
            ends.append(last + 1)
    return ends


def cut_chinese(text: str) -> list[str]:
    """Words of Simplified Chinese."""
    import rjieba

    words: list[str] = rjieba.cut(text)
    return words
