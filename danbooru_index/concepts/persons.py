"""Who is in a text: its words for persons, with the number that stands beside each, become head-counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache

from .atoms import HANGUL, PARTICLE, SIGN, WORD, Atom
from .counted import counts
from .counts import (
    MANY,
    Person,
    alone_words,
    count_tags,
    fixed_phrases,
    further_words,
    kind_tags,
    nobody_words,
    number_words,
    person_words,
    role_words,
    single_words,
    totals,
)
from .kin import kin_words, kind_of, pairs_of
from .person_rules import (
    OF_BODIES,
    PRONOUNS,
    is_apposed,
    is_costume,
    is_described,
    is_of_one,
    is_possessive,
    joined_words,
    number_after,
    stands,
)

_MOST_ATOMS = {WORD: 5, HANGUL: 4}
_MOST_CHARACTERS = 9
_BETWEEN = 2  # characters between two words that stand together
_BESIDE_NOBODY = 1  # atoms beside the persons that a text leaves out: "no people around"; in Korean none, 여자애 안경 빼줘 has a girl
# They refer to someone who is named elsewhere, or say what kind the one person is.
_CHILDREN = {"her": "daughter", "她": "daughter", "his": "son", "他": "son"}  # of a mother or father: "her mother"
_PLURAL_PRONOUNS = {"她们": "girl", "他们": "boy"}  # several, where nobody is named


@dataclass(slots=True)
class Crowd:
    """The persons that a text has named so far.

    `described` are those in the names of other things, who are nobody where somebody else is named, and in Chinese, Japanese and
    Korean in any case (公主抱); `they` are the kinds of whom plural pronouns speak;
    `relatives` are those who are named by how they are related; `nobody` when it says that there are none, and `without` the
    kinds that it leaves out; `places` are those of the words that say so, numbers among them, `roles` those of the words that
    say more than that, and `first` is that of the first person.
    """

    persons: list[Person] = field(default_factory=list)
    described: list[Person] = field(default_factory=list)
    relatives: list[str] = field(default_factory=list)
    they: set[str] = field(default_factory=set)
    alone: bool = False
    nobody: bool = False
    without: set[str] = field(default_factory=set)
    places: list[tuple[int, int]] = field(default_factory=list)
    roles: list[tuple[int, int]] = field(default_factory=list)
    first: tuple[int, int] | None = None

    def tags(self) -> tuple[str, ...]:
        """The head-count tags and those of related pairs; `no_humans` where nobody is wanted and nobody named."""
        persons = self.persons or self.described
        if any(person.kind not in self.without for person in persons):
            persons = [person for person in persons if person.kind not in self.without]
        persons = [*persons, *(Person(kind, MANY) for kind in sorted(self.they - {one.kind for one in persons}))]
        pairs = pairs_of(self.relatives)
        counted = count_tags([*persons, *_related(pairs.values())], alone=self.alone)
        if counted or not self.nobody:
            return (*counted, *pairs)
        return ("no_humans",)

    def excluded_tags(self) -> tuple[str, ...]:
        """The head-count tags of the kinds that the text leaves out, and does not name elsewhere: 1girl for "no girls"."""
        named = set(self.tags())
        kinds = (kind_tags(kind) for kind in sorted(self.without))
        return tuple(tag for tags in kinds if named.isdisjoint(tags) for tag in (tags[0], tags[-1]))


def _related(pairs: Iterable[tuple[str, str]]) -> list[Person]:
    """How many girls and boys there are at least: a mother and a daughter are two, though neither has a number."""
    kinds = [kind_of(relative) for relative in {relative for pair in pairs for relative in pair}]
    return [Person(kind, str(min(6, kinds.count(kind))), total=True) for kind in sorted(set(kinds))]


def read_persons(
    crowd: Crowd,
    atoms: Sequence[Atom],
    language: str,
    *,
    excluded: bool,
    bare: bool,
    describes: Callable[[int, int], bool] = lambda start, end: False,
    names: Set[str] = frozenset(),
) -> None:
    """Add the persons that one stretch names.

    :param excluded: the text leaves them out: "no people".
    :param describes: whether the word at these places of the text is the beginning of the name of another thing.
    :param names: match keys that name tags other than head-counts: 不是女巫 leaves out the witch, and no girl.
    :param bare: the stretch names nothing else, so that what it counts is all there is ("一男一女").
    """
    reader = _Reader(crowd, atoms, language)
    readings = list(_readings(atoms, language))
    more = sum(last - first for first, last, key in readings if not key and atoms[first].script != PARTICLE)
    # "no other girls"; and "not a blonde girl" is a girl.
    others = any(key in further_words(language) for _, _, key in readings) or is_described(readings, language)
    before = ""
    joined = joined_words(atoms, readings, language)
    for first, last, key in readings:
        before, said_before = key, before
        if key:
            (crowd.roles if key in role_words(language) else crowd.places).append(
                (atoms[first].start, atoms[last - 1].end)
            )
        costume = key in person_words(language) and is_costume(atoms, first, language)
        if costume or is_apposed(atoms[first], said_before, key, language):
            continue
        if key in person_words(language) and describes(atoms[first].start, atoms[last - 1].end):
            if not excluded and language not in ("zh", "ja", "ko"):  # 公主抱 names nobody
                crowd.described.append(Person(person_words(language)[key][0], None))
        elif (
            excluded
            and not _is_thing(key, names, language)
            and more <= (0 if language == "ko" else _BESIDE_NOBODY)
            and not others
        ):
            reader.leave_out(key)
        elif excluded:
            continue  # nobody sings, but somebody may be there
        else:
            reader.take(key, last, last - first, apart=key in joined)
            if key in person_words(language) and crowd.first is None:
                crowd.first = (atoms[first].start, atoms[last - 1].end)
    crowd.persons += totals(reader.here) if bare else reader.here


def _is_thing(key: str, names: Set[str], language: str) -> bool:
    """Whether a word for a girl or a boy names a tag of its own, as a witch."""
    kind, _ = person_words(language).get(key, ("person", None))
    return kind != "person" and not names.isdisjoint((key, key.removesuffix("s")))


class _Reader:
    """Reads one stretch from left to right."""

    def __init__(self, crowd: Crowd, atoms: Sequence[Atom], language: str) -> None:
        self._crowd, self._atoms, self._language = crowd, atoms, language
        self.here: list[Person] = []
        self._number: str | None = None
        self._further, self._number_place = False, (0, 0)
        self._read = 0  # the first atom behind the last number that stood behind its persons

    def leave_out(self, key: str) -> None:
        """A word of what the text excludes."""
        person = person_words(self._language).get(key)
        if key in alone_words(self._language) or (person is not None and person[0] == "person"):
            self._crowd.nobody = True  # 一个人都不要, no people
        elif person is not None and key not in PRONOUNS:
            self._crowd.without.add(person[0])  # 我要男的魔法少女，别画成女孩子

    def take(self, key: str, last: int, atoms: int, *, apart: bool = False) -> None:
        """A word, which ends before atom `last` and has so many atoms; "" for one that says nothing of persons.

        :param apart: it is one of several of the same word: 赤い髪の女の子と青い髪の女の子.
        """
        language = self._language
        first = last - atoms
        if key in _PLURAL_PRONOUNS:
            self._crowd.they.add(_PLURAL_PRONOUNS[key])
        elif key in person_words(language):
            self._mention(key, first, last, apart=apart)
        elif key in alone_words(language):
            self._crowd.alone = True
        elif key in nobody_words(language):
            self._crowd.nobody = True
        elif key in number_words(language) and first >= self._read:
            self._number, self._further, self._number_place = number_words(language)[key], False, (first, last)
        elif key in further_words(language):
            self._number, self._further, self._number_place = "1", True, (first, last)
        elif key in fixed_phrases(language):
            self.here += fixed_phrases(language)[key]

    def _mention(self, key: str, first: int, last: int, *, apart: bool) -> None:
        """A word for persons; `apart` as in take."""
        language = self._language
        if relative := kin_words(language).get(key):
            before = self._atoms[first - 1].key if first else ""
            child = _CHILDREN.get(before) if relative in ("mother", "father") else None
            self._crowd.relatives += [relative, *filter(None, (child,))]
        kind, said = person_words(language)[key]
        if apart and said is None:
            said = "1"
        elif is_of_one(self._atoms, first, key, language):
            said = None
        self._person(kind, said, pronoun=key in PRONOUNS, first=first, last=last)

    def _person(self, kind: str, said: str | None, *, pronoun: bool, first: int, last: int) -> None:
        number = self._number
        if pronoun or (
            number and not counts(self._atoms, self._number_place, first, self._language, plural=bool(said))
        ):
            number = None
        if number is None and self._language in ("zh", "ja", "ko", "th"):
            number, self._read = number_after(self._atoms, last, self._language) or (None, self._read)
        if self._further and not self.here and not any(person.number for person in self._crowd.persons):
            self.here.append(Person(kind, "1"))  # "a girl and another girl": the first one counts too
        self.here.append(Person(kind, number or (None if pronoun else said)))
        if pronoun:
            return  # "a butterfly on her nose": the number is not hers
        self._number, self._further = None, False


@lru_cache(maxsize=16)
def _known(language: str) -> tuple[frozenset[str], int]:
    """The words of persons and numbers, and the length of the longest."""
    known = frozenset(
        person_words(language).keys()
        | number_words(language).keys()
        | further_words(language)
        | alone_words(language)
        | nobody_words(language)
        | fixed_phrases(language).keys()
    )
    return known, max(map(len, known), default=0)


def _readings(atoms: Sequence[Atom], language: str) -> Iterator[tuple[int, int, str]]:
    """From left to right the longest words of persons and numbers."""
    known, longest = _known(language)
    first = 0
    while first < len(atoms):
        word = ""
        found: tuple[int, str] | None = None
        most = _MOST_ATOMS.get(atoms[first].script, _MOST_CHARACTERS)
        for last, atom in enumerate(atoms[first : first + most], first + 1):
            if last > first + 1 and atom.start - atoms[last - 2].end > _BETWEEN:
                break  # an expression stood between: "un mercado nocturno asiático" has no "un asiático"
            word += atom.key if atom.script != SIGN else ""
            if language == "en" and is_possessive(atom) and word not in PRONOUNS:
                body = last < len(atoms) and atoms[last].key in OF_BODIES
                found = (last, word[:-1]) if body and word[:-1] in known else found
                break
            if len(word) > longest:
                break
            together = last > first + 1 and atom.script == WORD and language != "en" and word in single_words(language)
            if word in known and not together and stands(atoms, first, last, word, language):
                found = last, word
        last, key = found or (first + 1, "")
        yield first, last, key
        first = last
