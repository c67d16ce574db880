"""The things that a text names, in any language: spans, their candidate tags, how likely each is wanted, and the best cover.

`search` of a text with several things and `expand` walk this one road.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..concepts.counts import with_characters, with_relatives
from ..concepts.language import likely_languages
from ..concepts.places import Overlapping
from ..concepts.reading import Reading, read
from ..concepts.spans import Span
from ..concepts.wanted import WantedModel, default_model
from ..index.index import Index
from ..records import Category, TagFilter
from .choosing import (
    DEFAULT_BUDGET,
    LEAST_CHARACTER,
    Thing,
    cover_with_things,
    famous,
    guessed_roles,
    miscoloured,
    themselves,
    without_persons,
)
from .described import with_descriptions
from .hair import with_hair_colours
from .hybrids import with_hybrids
from .naming import names_of
from .score import QueryVectors
from .series import of_one_series, others_of_series
from .tables import Table, candidate_table, candidate_tables, of_reading

MAX_CHARACTERS = 2_000  # of the passages of one text that are read for things; the rest is reported
MOST_PASSAGES = 100  # of one text that are read
_UNREAD = Reading("", "en", (), (), (), 0)


@dataclass(frozen=True, slots=True)
class Things:
    """What a text names, and the `counts` of the persons in it; `left_out` characters at its end were not read."""

    reading: Reading
    things: tuple[Thing, ...]
    counts: tuple[str, ...] = ()
    left_out: int = 0

    @property
    def unfound(self) -> list[str]:
        """The wanted words for which no tag was found, neighbours together, in order."""
        taken = bytearray(len(self.reading.text))  # 1 where something was found
        names = [span for span in self.reading.spans if span.named]
        overlapping = Overlapping((span.start, span.end) for span in names)
        found = [*self.reading.count_places, *self.reading.role_places]
        found += [(thing.span.start, thing.span.end) for thing in self.things]
        for thing in self.things:
            # 服 is not missing where セーラー was taken for the tag that セーラー服 names too.
            near = (names[number] for number in overlapping.numbers(thing.span.start, thing.span.end))
            longer = (s for s in near if s.covers(thing.span) and thing.choices[0].row in dict(s.named))
            found += [(s.start, s.end) for s in longer]
        for start, end in found:
            taken[start:end] = b"\1" * (end - start)
        alone = [span for span in self.reading.spans if span.words == 1 and span.aligned and not span.excluded]
        said = "\n".join(thing.span.text for thing in self.things)  # which no span has inside
        chosen = {choice.row for thing in self.things if not thing.span.excluded for choice in thing.choices}
        missing = [
            s
            for s in alone
            if taken.find(1, s.start, s.end) < 0
            and not _is_ending(self.reading.text, s)
            and s.text not in said  # it was said before
            and chosen.isdisjoint(row for row, _ in s.named)  # 伞 where 撑 has given the umbrella
        ]
        runs: list[list[Span]] = []
        for span in missing:
            if runs and span.clause == runs[-1][-1].clause and span.start - runs[-1][-1].end <= 1:
                runs[-1].append(span)
            elif not runs or span.start >= runs[-1][-1].end:
                runs.append([span])
        return [self.reading.text[run[0].start : run[-1].end] for run in runs]

    def unfound_excluded(self, rows: Collection[int]) -> list[str]:
        """What the text leaves out and none of the tags of these rows says, in order."""
        reading = self.reading
        # What is wanted reaches into it as no_shoes does into "without shoes".
        said = [t.span for t in self.things if not t.span.excluded or any(c.row in rows for c in t.choices)]
        taken = [*reading.count_places, *reading.role_places, *((span.start, span.end) for span in said)]
        found = []
        for stretch in (one for one in reading.stretches if one.excluded and not one.removed):
            words = any(span.excluded and stretch.start <= span.start < stretch.end for span in reading.spans)
            if words and not any(start < stretch.end and stretch.start < end for start, end in taken):
                found.append(reading.text[stretch.start : stretch.end].strip())
        return found

    def named(self, *, excluded: bool) -> list[Thing]:
        """The things that are wanted, or those that the text leaves out."""
        return [thing for thing in self.things if thing.span.excluded == excluded]


def _is_ending(text: str, span: Span) -> bool:
    """Whether a word is the rest of a Japanese one: hiragana right behind a Han character, り顔 in 怒り顔."""
    before = text[span.start - 1 : span.start]
    return "\u3041" <= span.text[0] <= "\u309f" and "\u3400" <= before <= "\u9fff"


def read_text(index: Index, text: str, filters: TagFilter) -> Reading:
    """The spans of the first MAX_CHARACTERS of a text, with the names among them. Nothing is encoded.

    :param filters: what may be found (see tables.of_reading).
    """
    filters = of_reading(filters)
    text = text[:MAX_CHARACTERS]
    languages = likely_languages(text)
    return read(text, lambda keys: names_of(index, keys, filters, languages, text))


def find_things(
    index: Index, text: str, filters: TagFilter, budget: float = DEFAULT_BUDGET, model: WantedModel | None = None
) -> Things:
    """Read a text of at most MAX_CHARACTERS and choose what it names.

    :param filters: see read_text.
    :param budget: about how many tags a thing may have: 1 is one, more lowers what a further tag must promise.
    """
    return find_all_things(index, [text], filters, budget, model)[0]


def find_all_things(
    index: Index,
    texts: Sequence[str],
    filters: TagFilter,
    budget: float = DEFAULT_BUDGET,
    model: WantedModel | None = None,
) -> list[Things]:
    """What each passage of a text names; MAX_CHARACTERS and MOST_PASSAGES of it are read, and nothing of the others found."""
    readings: list[Reading] = []
    room = MAX_CHARACTERS
    for text in texts[:MOST_PASSAGES]:
        if room > 0:
            readings.append(read_text(index, text[:room], filters))
            room -= len(readings[-1].text)
    tables = candidate_tables(index, readings, filters)
    found = [_chosen(index, table, filters, budget, model or default_model()) for table in tables]
    found += [Things(_UNREAD, ()) for _ in texts[len(found) :]]
    return [
        replace(things, left_out=len(text) - len(things.reading.text))
        for text, things in zip(texts, found, strict=True)
    ]


def things_of(index: Index, reading: Reading, filters: TagFilter, known: Mapping[str, QueryVectors]) -> Things:
    """What a text that was read names; `filters` are those that it was read under, `known` vectors of texts in it."""
    table = candidate_table(index, reading, filters, known)
    return _chosen(index, table, filters, DEFAULT_BUDGET, default_model())


def _chosen(index: Index, table: Table, filters: TagFilter, budget: float, model: WantedModel) -> Things:
    """What a text names, of its candidates, which were found under `filters`."""
    filters, reading, candidates = of_reading(filters), table.reading, table.candidates
    model = model.for_tags(len(index.store))
    probabilities = model.probabilities(table.features)
    probabilities[miscoloured(index, reading, candidates)] = 0.0
    probabilities[guessed_roles(reading, candidates, probabilities)] = 0.0
    known = famous(index, reading, candidates) & (probabilities >= LEAST_CHARACTER / 2)
    probabilities[known] = np.maximum(probabilities[known], LEAST_CHARACTER)
    probabilities[without_persons(index, reading, candidates)] = 0.0
    things = cover_with_things(reading, candidates, probabilities, model, budget)
    things = others_of_series(index, reading, candidates, probabilities, things)
    things = of_one_series(index, things, reading.text)
    things = with_hair_colours(index, reading, themselves(index, things, reading.text), filters)
    things = with_descriptions(index, reading, with_hybrids(index, reading, things, filters), filters)
    rows = [thing.choices[0].row for thing in things if not thing.span.excluded and thing.choices[0].exact]
    said = {index.store.record(row).tag: index.store.category[row] for row in dict.fromkeys(rows)}
    characters = [tag for tag, category in said.items() if category == Category.CHARACTER]
    return Things(reading, tuple(things), with_relatives(with_characters(reading.counts, characters), said))
