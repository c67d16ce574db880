"""What a text leaves out: words that exclude (excluding_words.py), and how far each of them reaches (exclusions.py).

A language may exclude before ("without X", 没有X, sin X) or after (X なし, X 없이). The reach ends at the end of the clause, at a
word of contrast ("but", 而是), at the particle that ends a phrase, or before the noun that the exclusion describes (没有X的Y).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..text.fold import simplified
from .atoms import Clause
from .atoms import clauses as clauses_of
from .excluding_words import ExcludingWords, words_of
from .exclusions import LEFT_IN, SILENT, Exclusions, Reach
from .labels import labelled as labelled_in
from .labels import spoken
from .language import language_of

# "scarves or gloves", at the beginning of a clause.
_OR = re.compile(
    r"\w+(?: \w+)? (?:or|nor|ni|o|ou|oder|noch|или|ни|nem|né) \w+(?: \w+)?(?: please| pls)?|\w+ (?:y|e|et|und|и|i) \w+",
    re.IGNORECASE,
)
# An end of what is no item of a list, but where or how something is: 雨の中、傘もささずに.
_SETTING = re.compile(r"(?:[でにへをはがて]|の[中下上前横隣奥外間]|ながら|から|まま)$")
_LONGEST_ITEM = 20  # characters of an item of a list that is excluded as a whole


@dataclass(frozen=True, slots=True)
class Stretch:
    """`text[start:end]` of one clause, and whether it is what the text excludes; `removed` where it is taken off, lost or given away."""

    start: int
    end: int
    excluded: bool = False
    removed: bool = False


def stretches(
    text: str, clauses: Sequence[Clause], language: str, is_name: Callable[[int, int], bool] = lambda start, end: False
) -> list[Stretch]:
    """Every clause in stretches that are wanted and such that are excluded, in order; the excluding words are in neither.

    :param is_name: whether `text[start:end]` is inside a longer name of the index (面无表情, "no humans"): such a word excludes
        nothing.
    """
    words = words_of(language)
    clauses, labelled = labelled_in(text, clauses)
    if words is None:
        return [Stretch(clause.start, clause.end, number in labelled) for number, clause in enumerate(clauses)]
    text = simplified(text) if language == "zh" else text  # character by character, so places stay
    silent = _silenced(text, words)
    found: list[list[Stretch]] = []
    open_list = False
    for number, clause in enumerate(clauses):
        if number in labelled:
            found.append([Stretch(clause.start, clause.end, excluded=True)])
            continue
        # "no hats, scarves or gloves": the list goes on to its last item. In Japanese the excluding word comes after it.
        item = clause.enumerated and language != "ja" and _width(text[clause.start : clause.end]) <= _LONGEST_ITEM
        continued = open_list and (item or _OR.fullmatch(text, clause.start, clause.end) is not None)
        ranges = Exclusions(text, clause, words, silent, is_name).ranges()
        found.append(_cut(clause, _with_item(clause, ranges) if continued else ranges))
        # 素顔、无饰品、短发: what stands among items that are wanted is one of them.
        among = clause.enumerated and number > 0 and not any(stretch.excluded for stretch in found[number - 1])
        open_list = (not among and any(one.reach_end >= clause.end for one in ranges)) or (continued and not ranges)
        if clause.enumerated and not continued and len(ranges) == 1 and ranges[0].all:
            _exclude_items(text, found, clauses, number)
    return [stretch for made in found for stretch in made]


def excluded_texts(text: str) -> frozenset[str]:
    """What a text excludes, as it is written: {"hat", "scarf"} of "negative: hat, scarf"."""
    found = stretches(text, clauses_of(text), language_of(text))
    return frozenset(text[stretch.start : stretch.end].strip() for stretch in found if stretch.excluded)


def _silenced(text: str, words: ExcludingWords) -> bytearray:
    """Where an excluding word excludes nothing: LEFT_IN in a form that keeps, SILENT in somebody's speech, else 0."""
    taken = bytearray(len(text))
    forms = words.forms.finditer(text) if words.forms is not None else ()
    for (first, last), how in (
        *((found.span(), LEFT_IN) for found in forms),
        *((place, SILENT) for place in spoken(text)),
    ):
        taken[first:last] = how * (last - first)
    return taken


def _width(text: str) -> float:
    """The length of a text in letters of an alphabet: a Han character says as much as two and a half."""
    return sum(2.5 if char > "\u2e80" else 1.0 for char in text)


def _with_item(clause: Clause, ranges: Sequence[Reach]) -> list[Reach]:
    """With the beginning of a clause that is an item of an excluded list, up to the next excluding word."""
    end = min((min(one.start, one.reach) for one in ranges), default=clause.end)
    return [Reach(clause.start, clause.start, clause.start, end), *ranges] if end > clause.start else list(ranges)


def _exclude_items(text: str, found: list[list[Stretch]], clauses: Sequence[Clause], last: int) -> None:
    """Exclude the items of a list after whose last one stands a word that excludes all of them."""
    while last > 0 and clauses[last].enumerated:
        last -= 1
        if any(stretch.excluded for stretch in found[last]):
            return  # it leaves out its own: 夏だけど水着にしないで、麦わら帽子もなし
        if _SETTING.search(text, clauses[last].start, clauses[last].end):
            return
        found[last] = [Stretch(stretch.start, stretch.end, excluded=True) for stretch in found[last]]


def _cut(clause: Clause, ranges: Sequence[Reach]) -> list[Stretch]:
    """The clause without its excluding words."""
    found, position = [], clause.start
    for one in ranges:
        first = min(one.start, one.reach)
        if first > position:
            found.append(Stretch(position, first))
        if one.reach_end > max(one.reach, position):
            found.append(Stretch(max(one.reach, position), one.reach_end, excluded=True, removed=one.removed))
        position = max(position, one.end, one.reach_end)
    if position < clause.end:
        found.append(Stretch(position, clause.end))
    return found
