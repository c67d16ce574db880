"""The runs of atoms in a text that could be a name, as the match keys by which an index knows names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .atoms import HAN, HANGUL, SIGN, WORD, Atom

MOST_ATOMS = {WORD: 7, HANGUL: 8}  # of a run that begins with such an atom
MOST_CHARACTERS = 16  # of one in other scripts

_POSSESSIVES = frozenset(("her", "his", "their", "its", "my", "your"))
# Between a verb and its object: 抱着自己的膝盖 is 抱膝盖. With verbs of dressing 着 says the state, and the name alone the act.
_BETWEEN = re.compile("(?<=[^穿戴系扎绑披盖])着(?:(?:自己|[她他它])的)?(?=.)|(?<=.)(?:自己|[她他它])的(?=.)")

Names = Mapping[str, Sequence[tuple[int, int]]]  # match key -> (row, kind) of the tags that it names, best kind first


class Run(NamedTuple):
    """The atoms `first` to `last` - 1 of a line, at `text[start:end]`, as what could be a name.

    `keys` are its match keys: a word of an alphabet also without or with its plural s, and an English phrase also as tags
    word it: "biting her lip" as biting own lip, biting lip, lip biting and lip bite; a Chinese one also without what stands
    between a verb and its object. Two words are also asked for in the other order: with a space between them if that may be
    the name of a person ("Mai Sakurajima"), of whom alone such a key is a name, and without one as "cheeks puffed".
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
                keys = _spellings(key, end.script)
                if last > first + 1 and atom.script == end.script == WORD:
                    keys = (
                        *keys,
                        *_as_tags_word_it([one.key for one in atoms[first:last]]),
                        *_turned(*atoms[first:last]),
                    )
                elif last > first + 2 and atom.script == HAN:
                    keys = (*keys, *({_BETWEEN.sub("", key)} - {key}))
                found.append(Run(first, last, atom.start, end.end, keys))
    return found


def _spellings(key: str, script: str) -> tuple[str, ...]:
    if script != WORD or len(key) < 4:
        return (key,)
    return (key, key[:-1]) if key.endswith("s") else (key, key + "s")


def _as_tags_word_it(words: Sequence[str]) -> list[str]:
    """The keys of an English phrase with a possessive inside, or that begins with a form in -ing, in the wording of tags."""
    if words[0] in _POSSESSIVES or words[-1] in _POSSESSIVES:
        return []
    own = ["own" if word in _POSSESSIVES else word for word in words]
    bare = [word for word in words if word not in _POSSESSIVES]
    possessive = len(bare) < len(words)
    keys = ["".join(own), "".join(bare)] if possessive else []
    things = _spellings("".join(bare[1:]), WORD)
    for verb, roots in _forms(words[0], finite=possessive):
        keys += [verb + "".join(rest[1:]) for rest in (own, bare) if possessive]
        keys += [thing + form for thing in things for form in (verb, *roots)]
        keys += [root + end + thing for thing in things for root in roots for end in ("ed", "d")]
    return keys


def _forms(verb: str, *, finite: bool) -> list[tuple[str, tuple[str, ...]]]:
    """What could be the form in -ing of an English verb, each with its roots; `finite` takes "bites" too."""
    if len(verb) > 5 and verb.endswith("ing"):
        root = verb[:-3]
        return [(verb, (root, root + "e", *([root[:-1]] if root[-1] == root[-2] else ())))]
    if not finite or len(verb) < 4 or not verb.endswith("s"):
        return []
    roots = [verb[:-1], *([verb[:-2]] if verb.endswith("es") else ())]
    return [(form, (root,)) for root in roots for form in (root + "ing", root[:-1] + "ing", root + root[-1] + "ing")]


def _turned(first: Atom, second: Atom, *others: Atom) -> list[str]:
    """The keys of two words in the other order."""
    if others or min(len(first.key), len(second.key)) < 3:
        return []
    participle = [second.key + first.key] if len(second.key) > 4 and second.key.endswith("ed") else []
    return [*participle, f"{second.key} {first.key}"]
