"""A clause as words: the cheapest way through its atoms, where function words, names of the index and dictionary words cost least.

Dynamic programming over all spans (the word-graph method of jieba and MeCab, with a constant cost for each kind of
word). The index's own names are the dictionary; a Chinese dictionary says where words of ordinary language end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .atoms import HAN, HANGUL, KANA, KATAKANA, WORD, Atom
from .roles import Role

MAX_ATOMS = {WORD: 7, HANGUL: 8}
MAX_CHARACTERS = 16
FUNCTION_COST, KNOWN_COST, WORD_COST, ATOM_COST = 0.9, 1.0, 1.2, 1.3
MISALIGNED_COST = 0.6  # at each end that stands inside a word
_PARTICLES = frozenset("をはがのにとでもや")


@dataclass(frozen=True, slots=True)
class Piece:
    """Atoms `first` to `last` (exclusive) as one word. `known` when the index has a name of this spelling."""

    first: int
    last: int
    key: str
    role: Role
    known: bool = False


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


def cut_chinese(text: str) -> list[str]:
    """Words of Simplified Chinese."""
    import rjieba

    words: list[str] = rjieba.cut(text)
    return words


def spans(atoms: Sequence[Atom]) -> list[tuple[int, int]]:
    """Every (first, last) that may be one word."""
    found = []
    for first, atom in enumerate(atoms):
        most = MAX_ATOMS.get(atom.script, MAX_CHARACTERS)
        found += [(first, last) for last in range(first + 1, min(len(atoms), first + most) + 1)]
    return found


def segment(
    atoms: Sequence[Atom],
    starts: Sequence[bool],
    role_of: Callable[[str], Role | None],
    known: Callable[[int, int], str | None],
) -> list[Piece]:
    """The cheapest sequence of pieces.

    :param starts: (n + 1,) where words begin, from word_starts.
    :param role_of: the role of a function word's key.
    :param known: the key of a span that is a name in the index, None when it is none.
    """
    count = len(atoms)
    best: list[tuple[float, Piece | None]] = [(0.0, None), *[(float("inf"), None)] * count]
    for first, last in spans(atoms):
        piece, cost = _piece(atoms, starts, first, last, role_of, known)
        total = best[first][0] + cost
        if piece is not None and total < best[last][0]:
            best[last] = (total, piece)
    path: list[Piece] = []
    while count:
        piece = best[count][1]
        assert piece is not None, "single atoms reach every place"
        path.append(piece)
        count = piece.first
    return path[::-1]


def _piece(
    atoms: Sequence[Atom],
    starts: Sequence[bool],
    first: int,
    last: int,
    role_of: Callable[[str], Role | None],
    known: Callable[[int, int], str | None],
) -> tuple[Piece | None, float]:
    key = "".join(atom.key for atom in atoms[first:last])
    misaligned = MISALIGNED_COST * ((not starts[first]) + (not starts[last]))
    role = role_of(key)
    if role is not None:
        return Piece(first, last, key, role, known(first, last) is not None), FUNCTION_COST + misaligned
    name = known(first, last)
    if name is not None:
        return Piece(first, last, name, Role.CONTENT, True), KNOWN_COST + misaligned
    if starts[first] and starts[last] and not any(starts[first + 1 : last]):
        return Piece(first, last, key, Role.CONTENT), WORD_COST if last > first + 1 else ATOM_COST
    if last == first + 1:
        return Piece(first, last, key, Role.CONTENT), ATOM_COST + misaligned
    return None, 0.0
