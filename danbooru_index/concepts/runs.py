"""The runs of atoms in a text that could be a name, as the match keys by which an index knows names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .atoms import HANGUL, SIGN, WORD, Atom

MOST_ATOMS = {WORD: 7, HANGUL: 8}  # of a run that begins with such an atom
MOST_CHARACTERS = 16  # of one in other scripts

Names = Mapping[str, Sequence[tuple[int, int]]]  # match key -> (row, kind) of the tags that it names, best kind first


class Run(NamedTuple):
    """The atoms `first` to `last` - 1 of a line, at `text[start:end]`, as what could be a name.

    `keys` are its match keys: a word of an alphabet also without or with its plural s.
    """

    first: int
    last: int
    start: int
    end: int
    keys: tuple[str, ...]

    def named(self, names: Names) -> tuple[tuple[int, int], ...]:
        """The (row, kind) of the tags that it names."""
        return next((tuple(names[key]) for key in self.keys if key in names), ())


def runs_of(atoms: Sequence[Atom]) -> list[Run]:
    """Every run of atoms that could be a name."""
    found = []
    for first, atom in enumerate(atoms):
        most = MOST_ATOMS.get(atom.script, MOST_CHARACTERS)
        key = ""
        for last in range(first + 1, min(len(atoms), first + most) + 1):
            end = atoms[last - 1]
            if end.script != SIGN:
                key += end.key
            inside = atom.script != SIGN != end.script
            if key and (inside or last == first + 1):
                found.append(Run(first, last, atom.start, end.end, _spellings(key, end.script)))
    return found


def _spellings(key: str, script: str) -> tuple[str, ...]:
    if script != WORD or len(key) < 4:
        return (key,)
    return (key, key[:-1]) if key.endswith("s") else (key, key + "s")
