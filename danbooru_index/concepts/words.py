"""Where words begin in scripts without spaces: at a change of script, by a dictionary in Chinese, beside particles in Japanese."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence, Set
from itertools import islice

from .atoms import HAN, KANA, KATAKANA, THAI, Atom

PARTICLES = frozenset("をはがのにとでもや")
_LONGEST_THAI = 16  # letters of one known word
_LONGEST_NAME = 8  # Han characters
_CUT_ANEW = 8  # Han characters behind a name, to where the next word ends


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
            for position in _with_names(text, known):
                starts[first + position] = True
        first = max(last, first + 1)
    return starts


def _with_names(text: str, known: Set[str]) -> list[int]:
    """Where the words of a Chinese text begin, with names in place of what the dictionary only guessed.

    Its guess is 黑长 + 直御姐 and 路 + 飞大 + 口吃, though 黑长直 and 路飞 are names. A name that begins with a word and ends inside a
    guess is a word, and what follows is cut anew.

    >>> _with_names("黑长直御姐", {"黑长直", "御姐"})
    [0, 3]
    """
    words = deque(cut_chinese(text))
    found, start = [], 0
    while words:
        found.append(start)
        end = _name_into_guess(text, start, words, known)
        if end:
            stop = start
            while words and stop < end + _CUT_ANEW:
                stop += len(words.popleft())
            words.extendleft(reversed(cut_chinese(text[end:stop])))
            start = end
        else:
            start += len(words.popleft())
    return found


def _name_into_guess(text: str, start: int, words: Sequence[str], known: Set[str]) -> int:
    """The end of the longest name that begins here, if it is inside a word that is in no dictionary, else 0."""
    inside: dict[int, str] = {}
    end = start
    for word in islice(words, _LONGEST_NAME):
        inside |= dict.fromkeys(range(end + 1, end + len(word)), word)
        end += len(word)
    for end in range(min(len(text), start + _LONGEST_NAME), start + 1, -1):
        if text[start:end] in known:
            return end if end in inside and not _is_in_dictionary(inside[end]) else 0
    return 0


def _particle_bounds(atoms: Sequence[Atom], starts: list[bool]) -> list[bool]:
    """Particles stand between scripts: right after a noun in Han or katakana, or right before one."""
    for i, atom in enumerate(atoms):
        if atom.script != KANA or atom.key not in PARTICLES:
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
