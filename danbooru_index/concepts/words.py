"""Where words begin in scripts without spaces: at a change of script, by a dictionary in Chinese, beside particles in Japanese."""

from __future__ import annotations

from collections.abc import Sequence, Set
from itertools import pairwise

from .atoms import HAN, KANA, KATAKANA, THAI, Atom

_PARTICLES = frozenset("をはがのにとでもや")
_LONGEST_THAI = 16  # letters of one known word
_LONGEST_NAME = 8  # Han characters
_LONGEST_TILING = 16


def word_starts(atoms: Sequence[Atom], *, japanese: bool, known: Set[str] = frozenset()) -> list[bool]:
    """Where a word may begin: after a change of script, and inside Chinese where the dictionary, or names, say so.

    :param known: match keys of names.
    """
    starts = [atom.begins for atom in atoms] + [True]
    if japanese:
        return _particle_bounds(atoms, starts)
    first = 0
    while first < len(atoms):
        last = first
        while last < len(atoms) and atoms[last].script == HAN and (last == first or not atoms[last].begins):
            last += 1
        if last - first > 1:
            text = "".join(a.key for a in atoms[first:last])
            for position in _tiled(text, cut_chinese(text), known):
                starts[first + position] = True
        first = max(last, first + 1)
    return starts


def _tiled(text: str, words: Sequence[str], known: Set[str]) -> list[int]:
    """Where the words of a Chinese text begin, with names in place of what the dictionary only guessed.

    Its guess is 黑长 + 直御姐, which are no words of it, but 黑长直 + 御姐 are names. Names that lie one after another count
    where they begin and end as the dictionary's words do.

    >>> _tiled("黑长直御姐", ["黑长", "直御姐"], {"黑长直", "御姐"})
    [0, 3]
    """
    bounds = [0]
    for word in words:
        bounds.append(bounds[-1] + len(word))
    found, i = [], 0
    while i < len(words):
        tiles = _tiles(text, bounds[i:], known)
        if tiles:
            found += tiles[:-1]
            i = bounds.index(tiles[-1], i)
        else:
            found.append(bounds[i])
            i += 1
    return found


def _tiles(text: str, bounds: Sequence[int], known: Set[str]) -> list[int]:
    """The shortest row of names from the first bound to a later one that crosses one between, [] where there is none."""
    begin, ends = bounds[0], frozenset(bounds[1:])
    rows = [[begin]]
    while rows:
        row = rows.pop(0)
        for end in range(row[-1] + 2, min(len(text), row[-1] + _LONGEST_NAME, begin + _LONGEST_TILING) + 1):
            if text[row[-1] : end] not in known:
                continue
            if end not in ends:
                rows.append([*row, end])
            elif len(row) > 1:
                words = [text[a:b] for a, b in pairwise(bounds[: bounds.index(end) + 1])]
                return [] if all(map(_is_in_dictionary, words)) else [*row, end]
    return []


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


def _is_in_dictionary(word: str) -> bool:
    import rjieba

    known: bool = rjieba.has_word(word)
    return known


def cut_chinese(text: str) -> list[str]:
    """Words of Simplified Chinese."""
    import rjieba

    words: list[str] = rjieba.cut(text)
    return words
