"""Choosing what a text names: of each span the tags that are likely enough, and of the spans the best cover."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..arrays.types import BoolArray, FloatArray
from ..concepts.colours import colour_of, is_colour, said_colours
from ..concepts.cover import best_cover
from ..concepts.places import Overlapping
from ..concepts.reading import Reading
from ..concepts.spans import Span
from ..concepts.wanted import Candidates, WantedModel
from ..index.index import Index
from ..records import Category
from ..text.fold import match_key

MOST = 4  # tags of one thing that count for its value
SECOND = 0.2  # how much a further tag of a thing adds to its value
LEAST = 0.02  # below which even the likeliest tag of a text is noise
NAME_VALUE = 0.1  # how much a name adds: of two near covers the one of names reads better
# Below which a name means something else, and a character is somebody else of that name: 23 % of those from 0.1 on are wanted.
LEAST_CHARACTER = 0.2
FAMOUS_POSTS, KNOWN_POSTS = 3_000, 1_000  # of a character whom people mean by a name
ALIKE = 0.5  # of the probability of the likeliest character of a name
LEVEL = 0.05  # a difference of probabilities that is none: "chaqueta de cuero" is one thing though cuero is as likely
SURE = 0.4  # below which what somebody is who is counted already is not guessed
DEFAULT_BUDGET = 2.0  # tags of a thing, at which the learned thresholds hold
COSPLAY = "cosplay"
_DRESSED_UP = re.compile(
    "cos|コス|코스|扮|косплей|仮装|dressed as|dressed up as|wie .* verkleidet|disfraz|déguis|fantasi", re.IGNORECASE
)
_PERSON = re.compile(r"_(girl|boy)$")
QUALIFIER = re.compile(r"_\(([^()]+)\)$")


@dataclass(frozen=True, slots=True)
class Choice:
    """A tag that a thing may be, and how likely it is wanted; `exact` when the text is its name."""

    row: int
    probability: float
    exact: bool


@dataclass(frozen=True, slots=True)
class Thing:
    """A span of the cover with its tags, likeliest first, at least one; `others` are its candidates that are not likely enough."""

    span: Span
    choices: tuple[Choice, ...]
    others: tuple[Choice, ...] = ()


def cover_with_things(
    reading: Reading, found: Candidates, probabilities: FloatArray, model: WantedModel, budget: float = DEFAULT_BUDGET
) -> list[Thing]:
    """The spans of the best cover, each with the tags that are likely enough."""
    further = model.further * DEFAULT_BUDGET / budget if budget > 1.0 else np.inf
    by_span: dict[int, list[Choice]] = {}
    for number, row, kind, probability in zip(
        found.span.tolist(), found.row.tolist(), found.kind.tolist(), probabilities.tolist(), strict=True
    ):
        by_span.setdefault(number, []).append(Choice(row, probability, kind >= 0))
    spans = reading.spans
    characters = frozenset(found.row[found.category == Category.CHARACTER].tolist())
    popularity = dict(zip(found.row.tolist(), found.scores["popularity"].tolist(), strict=True))
    chosen: dict[int, list[Choice]] = {}
    for number, choices in by_span.items():
        excluded = spans[number].excluded
        first, least = (model.excluded, model.excluded) if excluded else (model.first, further)
        choices = [
            choice for choice in choices if choice.probability >= LEAST_CHARACTER or choice.row not in characters
        ]
        choices.sort(key=lambda choice: -choice.probability)
        choices = _most_used_first(choices, characters, popularity)
        # A word that names several tags leaves out all of them: Hut is a hat, and a hut to those who read English.
        named = choices[:1] and choices[0].exact and (excluded or choices[0].probability >= LEAST_CHARACTER)
        if choices and (named or choices[0].probability >= first):
            rest = [choice for choice in choices[1:] if choice.probability >= least or (excluded and choice.exact)]
            if choices[0].exact and not excluded:
                # The unicorn, and nobody called so; a character, and no other one whom a corpus calls so too.
                rest = [choice for choice in rest if choice.row not in characters]
            chosen[number] = [choices[0], *rest]
    if not reading.counts and not any(not spans[number].excluded for number in chosen):
        chosen |= _likeliest(spans, by_span)
    numbers = _unabsorbed(spans, chosen, characters)
    values = [_value(chosen[number], model.first, further) for number in numbers]
    places = [(spans[number].start, spans[number].end) for number in numbers]
    cover = best_cover(places, values, len(reading.text))
    things = []
    for number in (numbers[i] for i in cover):
        taken = chosen[number]
        rest = [choice for choice in by_span[number] if choice not in taken]
        things.append(Thing(spans[number], tuple(taken), tuple(rest)))
    return things


def _most_used_first(
    choices: list[Choice], characters: frozenset[int], popularity: Mapping[int, float]
) -> list[Choice]:
    """Of characters of one name whom the text makes about as likely, the most used one: corpora give the name to others beside him."""
    if not choices or not choices[0].exact or choices[0].row not in characters:
        return choices
    alike = [c for c in choices if c.exact and c.row in characters and c.probability >= ALIKE * choices[0].probability]
    best = max(alike, key=lambda choice: popularity[choice.row])
    return [best, *(choice for choice in choices if choice is not best)]


def _unabsorbed(spans: Sequence[Span], chosen: dict[int, list[Choice]], characters: frozenset[int]) -> list[int]:
    """The spans but those inside a longer name that says what they say, or says it better than they do apart."""
    names = [number for number, choices in chosen.items() if choices[0].exact and spans[number].aligned]
    absorbed: set[int] = set()
    numbers = list(chosen)
    near = Overlapping((spans[number].start, spans[number].end) for number in numbers)
    for outer in names:
        around = (numbers[i] for i in near.numbers(spans[outer].start, spans[outer].end))
        same_side = (number for number in around if spans[number].excluded == spans[outer].excluded)
        inside = [number for number in same_side if spans[outer].covers(spans[number])]
        absorbed.update(_absorbed_by(chosen[outer][0], inside, spans, chosen, characters))
    for name in (number for number in chosen if chosen[number][0].exact):
        # A guess around a name that only says the same: 服的小熊猫 beside 小熊猫.
        around = (numbers[i] for i in near.numbers(spans[name].start, spans[name].end))
        guesses = (number for number in around if not chosen[number][0].exact and spans[number].covers(spans[name]))
        absorbed.update(number for number in guesses if chosen[number][0].row == chosen[name][0].row)
    return [number for number in chosen if number not in absorbed]


def _absorbed_by(
    name: Choice,
    inside: Sequence[int],
    spans: Sequence[Span],
    chosen: dict[int, list[Choice]],
    characters: frozenset[int],
) -> list[int]:
    """Which of the spans inside a name mean nothing beside it: 猫 in 猫耳, and knee and socks in "knee socks".

    花火 in 夜空の花火 says all that the whole name does, which leaves room for 夜空 beside it; a single letter, as in Vサイン, does not.
    """
    saying = [number for number in inside if chosen[number][0].row == name.row]
    words = [number for number in saying if chosen[number][0].exact and not _is_letter(spans[number].text)]
    whole = [spans[number] for number in words if name.row not in characters]
    absorbed = [number for number in saying if spans[number] not in whole]
    others = (number for number in inside if number not in saying)
    return absorbed + [
        number
        for number in others
        if (
            _is_guessed_letter(spans[number], chosen[number])
            or chosen[number][0].probability <= name.probability + LEVEL
        )
        and not any(span.end <= spans[number].start or spans[number].end <= span.start for span in whole)
    ]


def _is_guessed_letter(span: Span, choices: Sequence[Choice]) -> bool:
    return len(span.text) == 1 and not choices[0].exact  # 芙 in 芙芙


def _is_letter(text: str) -> bool:
    return len(text) == 1 and text < "\u2e80"


def _value(choices: Sequence[Choice], first: float, further: float) -> float:
    """What a span adds to a cover: how far its tags are above what they must promise."""
    least = min(first, choices[0].probability - 1e-6)
    surplus = sum(choice.probability - further for choice in choices[1:MOST])
    return choices[0].probability - least + SECOND * surplus + NAME_VALUE * choices[0].exact


def _likeliest(spans: Sequence[Span], by_span: dict[int, list[Choice]]) -> dict[int, list[Choice]]:
    """The one likeliest tag of a text in which none is likely enough: a weak answer tells more than an empty prompt."""
    wanted = [number for number in by_span if not spans[number].excluded]
    wanted = [number for number in wanted if by_span[number]]
    best = max(wanted, key=lambda number: by_span[number][0].probability, default=None)
    return {} if best is None or by_span[best][0].probability < LEAST else {best: by_span[best][:1]}


def miscoloured(index: Index, reading: Reading, found: Candidates) -> BoolArray:
    """(n,) whether a candidate is a guess of another colour than its span says, or of a noun for a colour alone.

    black_cat is not 白猫; "red" apart from its noun is no red_sash: of eleven likely ones of train and dev four were wanted.
    Beside other words a colour is no character or series of few posts either, even by name: "Frau in Schwarz" is not Schwarz.
    """
    said = [said_colours(span.text) for span in reading.spans]
    alone = np.array([is_colour(span.text) for span in reading.spans], bool)[found.span]
    beside = np.array([span.text != reading.text.strip() for span in reading.spans], bool)[found.span]
    nobody = alone & beside & (found.category != Category.GENERAL) & (index.store.post_count[found.row] < FAMOUS_POSTS)
    wrong: BoolArray = nobody | (alone & beside & (found.kind < 0))
    for place in np.flatnonzero(found.kind < 0).tolist():
        colours = said[int(found.span[place])]
        colour = colour_of(index.store.record(int(found.row[place])).tag) if colours else ""
        wrong[place] |= bool(colour) and colour not in colours
    return wrong


def without_persons(index: Index, reading: Reading, found: Candidates) -> BoolArray:
    """(n,) whether a candidate is a guess of a girl or a boy in a text that has none: cat_girl for "ein Kätzchen"."""
    wrong = np.zeros(len(found), bool)
    for place in np.flatnonzero(found.kind < 0).tolist():
        kind = _PERSON.search(index.store.record(int(found.row[place])).tag)
        wrong[place] = kind is not None and not any(kind[1] in tag for tag in reading.counts)
    return wrong


def guessed_roles(reading: Reading, found: Candidates, probabilities: FloatArray) -> BoolArray:
    """(n,) whether a candidate is a guess, with (n,) `probabilities` below SURE, of what someone is who is counted already.

    A shopkeeper is one girl, rather than a boss_fight.
    """
    places = reading.role_places
    inside = np.array([any(a <= s.start and s.end <= b for a, b in places) for s in reading.spans], bool)
    return (found.kind < 0) & (probabilities < SURE) & inside[found.span] if places else np.zeros(len(found), bool)


def famous(index: Index, reading: Reading, found: Candidates) -> BoolArray:
    """(n,) whether a candidate is the first of those who are called so, and one whom people mean by it.

    In English a word of the tag itself, since in other languages lui and cheval are words; elsewhere a name of two or more
    characters, of someone with posts enough. Of those between LEAST_CHARACTER / 2 and LEAST_CHARACTER 15 of 19 were wanted.
    """
    known = np.zeros(len(found), bool)
    named = set()
    for place in np.flatnonzero((found.category == Category.CHARACTER) & (found.kind >= 0)).tolist():
        span = reading.spans[int(found.span[place])]
        if span.excluded or span.words > 1 or int(found.span[place]) in named:
            continue
        named.add(int(found.span[place]))
        row = int(found.row[place])
        if span.text.isascii():
            known[place] = reading.language == "en" and _is_word_of(index, row, match_key(span.text))
        else:
            known[place] = len(span.text) > 1 and index.store.post_count[row] >= KNOWN_POSTS
    return known


def _is_word_of(index: Index, row: int, key: str) -> bool:
    """Whether a match key is that of a word of a tag."""
    tag = index.store.record(row).tag
    if tag.isascii() and not key.isascii():
        return False
    return key in map(match_key, QUALIFIER.sub("", tag).split("_"))


def called_so(index: Index, text: str, rows: Sequence[int]) -> list[int]:
    """The tags of a name without the characters who only come from what is called so, where one is called so: Naruto himself."""
    character = int(Category.CHARACTER)
    people = {
        row
        for row, category in zip(rows, index.store.category[list(rows)].tolist(), strict=True)
        if category == character
    }
    key = match_key(text) if people else ""
    named = {row for row in people if _is_word_of(index, row, key)}
    return [row for row in rows if row not in people or row in named or not named]


def themselves(index: Index, things: Sequence[Thing], text: str) -> list[Thing]:
    """The character where the cosplay of one was found, in a text that says nothing of cosplay."""
    if _DRESSED_UP.search(text):
        return list(things)
    return [replace(thing, choices=tuple(_undressed(index, choice) for choice in thing.choices)) for thing in things]


def _undressed(index: Index, choice: Choice) -> Choice:
    tag = index.store.record(choice.row).tag
    row = index.store.row_of(tag.removesuffix(f"_({COSPLAY})")) if tag.endswith(f"_({COSPLAY})") else None
    return choice if row is None else replace(choice, row=row)
