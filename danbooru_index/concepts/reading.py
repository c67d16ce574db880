"""A text as spans: whom it counts, what it leaves out, and every run of words in it that may name one thing (spans.py)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..text.fold import fold, match_key
from .atoms import atoms_of, clauses
from .counts import number_words, person_words
from .excluding_words import excluding_words
from .expressions import expressions, expressions_in, places_of
from .function_words import function_words
from .language import language_of
from .likeness import is_likened
from .name_places import begins_name, inside_names, name_places
from .negation import Stretch, stretches
from .person_rules import PRONOUNS
from .persons import Crowd, read_persons
from .places import Furthest, Overlapping
from .runs import Names, Run, runs_of
from .spans import MAX_WORDS, Line, Span

MAX_SPANS = 320  # that are scored for one text; longer texts are read in shorter spans


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as spans.

    `stretches` are its parts between marks and excluding words, `counts` the head-count tags that it gives; `words` is
    the number of words of the longest spans, less than MAX_WORDS for long texts; `excluded_counts` are the head-count tags of
    the persons that it leaves out, `count_places` are those of the words
    that name and count persons, `role_places` of those that also say what they do, `person` is the first word for one.
    """

    text: str
    language: str
    stretches: tuple[Stretch, ...]
    spans: tuple[Span, ...]
    counts: tuple[str, ...]
    words: int
    count_places: tuple[tuple[int, int], ...] = ()
    person: str = ""
    excluded_counts: tuple[str, ...] = ()
    role_places: tuple[tuple[int, int], ...] = ()

    def is_removed(self, span: Span) -> bool:
        """Whether a span is of what is taken off, lost or given away in the text."""
        return span.excluded and self.stretches[span.clause].removed

    @property
    def removed(self) -> list[str]:
        """What is taken off, lost or given away, in order, from the first word that may name something to the last."""
        parts: dict[int, list[Span]] = {}
        for span in filter(self.is_removed, self.spans):
            parts.setdefault(span.clause, []).append(span)
        return [self.text[spans[0].start : max(span.end for span in spans)] for spans in parts.values()]


def read(text: str, names_of: Callable[[Sequence[str]], Names]) -> Reading:
    """The spans of a text in order of their places.

    :param names_of: the tags that match keys name, none for what is a name and says nothing; asked once, with every run of
        characters that could be a name.
    """
    language = language_of(text)
    parts = clauses(text)
    clause_runs = [runs_of(atoms_of(text, part)) for part in parts]
    names = names_of(sorted({key for runs in clause_runs for run in runs for key in run.keys}))
    known = names.keys() | person_words(language).keys()
    places = name_places(clause_runs, known)
    said = expressions_in(clause_runs, names.keys(), len(text))
    series = [run for runs in clause_runs for run in runs if run.keys[0] in names and not names[run.keys[0]]]
    names = {key: tags for key, tags in names.items() if tags}
    taken = places_of([*said, *series], len(text))  # by expressions, whose words name nothing
    inside = inside_names(text, places)
    cut = stretches(text, parts, language, lambda start, end: any(taken[start:end]) or inside(start, end))
    known |= number_words(language).keys()
    if language in ("ja", "th"):  # whose words are found by those beside them
        known |= function_words().get(language, frozenset())
    lines = [Line(text, stretch, number, language, names, known) for number, stretch in enumerate(cut)]
    crowd, describes = Crowd(), begins_name(text, places)
    for line in (line for line in lines if not line.stretch.removed):
        bare, excluded = len(line.starts) <= 8, line.stretch.excluded
        # "his heart is on fire" is about a boy, and "uncle" in "Bob's your uncle" is nobody.
        atoms = [atom for atom in line.atoms if atom.key in PRONOUNS or not any(taken[atom.start : atom.end])]
        read_persons(crowd, atoms, language, excluded=excluded, bare=bare, describes=describes, names=names.keys())
    counted = {start: end for start, end in crowd.places if match_key(text[start:end]) not in names}
    for line in lines:
        line.find(counted)
    across = list(_across(text, clause_runs, cut, names, excluding_words(language)))
    for words in range(MAX_WORDS, 0, -1):
        spans = [span for line in lines for span in line.spans(words)] + across
        spans = _distinct(text, [s for s in spans if not any(taken[s.start : s.end])], crowd.places)
        if len(spans) <= MAX_SPANS or words == 1:
            break
    spans = sorted([*spans, *_meant(text, said, cut, names)], key=lambda span: (span.start, span.end))
    person = text[slice(*crowd.first)] if crowd.first is not None else ""
    return Reading(
        text,
        language,
        tuple(cut),
        tuple(spans),
        crowd.tags(),
        words,
        tuple(crowd.places),
        person,
        crowd.excluded_tags(),
        tuple(crowd.roles),
    )


def _meant(text: str, said: Sequence[Run], cut: Sequence[Stretch], names: Names) -> Iterator[Span]:
    """The expressions that tags say, each a name of them."""
    for run in said:
        number = next((i for i, part in enumerate(cut) if part.start <= run.start < part.end), None)
        named = run.named(names) if expressions()[run.keys[0]] else ()
        if named and number is not None:
            words = max(2, run.last - run.first)
            yield Span(run.start, run.end, text[run.start : run.end], number, words, True, named, cut[number].excluded)


def _distinct(text: str, spans: Sequence[Span], persons: Sequence[tuple[int, int]]) -> list[Span]:
    """Each thing that is said once, at its first place; words that only count persons name nothing else, nor what is compared with.

    Spans that cut a name in two ("ears drinking" in "cat ears drinking tea") are left out.
    """
    counted = {place for start, end in persons for place in range(start, end)}
    furthest = Furthest(persons, len(text))
    found: dict[tuple[str, bool], Span] = {}
    for span in spans:
        if (bool(span.named) and not furthest.has_longer(span.start, span.end)) or any(
            i not in counted and char.isalnum() for i, char in enumerate(span.text, span.start)
        ):
            found.setdefault((span.text, span.excluded), span)
    found = {key: span for key, span in found.items() if span.excluded or not is_likened(text, span.start, span.end)}
    names = [span for span in found.values() if span.named and span.aligned]
    near = Overlapping((name.start, name.end) for name in names)
    whole = [
        span
        for span in found.values()
        if span.named or not any(span.cuts(names[number]) for number in near.numbers(span.start, span.end))
    ]
    return sorted(whole, key=lambda span: (span.start, span.end))


def _across(
    text: str, lines: Sequence[Sequence[Run]], cut: Sequence[Stretch], names: Names, excluding: frozenset[str]
) -> Iterator[Span]:
    """The names that begin with an excluding word: "no shoes" is a tag of its own beside the shoes that it excludes."""
    excluded = sorted((part.start, i) for i, part in enumerate(cut) if part.excluded)
    for run in (run for runs in lines for run in runs if excluded and run.last - run.first > 1):
        place = bisect_right(excluded, (run.start, len(cut)))
        start, into = excluded[place] if place < len(excluded) else (run.end, 0)
        if start < run.end and (named := run.named(names)) and fold(text[run.start : start].strip()) in excluding:
            yield Span(
                run.start, run.end, text[run.start : run.end], into, run.last - run.first, True, named, excluded=False
            )
