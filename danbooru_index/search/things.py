"""The things that a text names, in any language: spans, their candidate tags, how likely each is wanted, and the best cover.

`search` of a text with several things and `expand` walk this one road.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..arrays.ragged import Ragged
from ..arrays.types import FloatArray, IntArray
from ..concepts.counts import with_characters
from ..concepts.language import likely_languages
from ..concepts.places import Overlapping
from ..concepts.spans import Reading, Span, read
from ..concepts.wanted import Candidates, WantedModel, default_model, feature_table
from ..index.index import Index
from ..records import Category, SearchRequest, TagFilter
from .candidates import PART
from .choosing import (
    DEFAULT_BUDGET,
    LEAST_CHARACTER,
    Thing,
    called_so,
    cover_with_things,
    famous,
    guessed_roles,
    miscoloured,
    of_one_series,
    others_of_series,
    themselves,
    without_persons,
)
from .hair import with_hair_colours
from .naming import misread, names_of
from .score import QueryVectors, Scored, encode_queries, ranked, score_candidates

MAX_CHARACTERS = 2_000  # of one text that are read for things; the rest is reported
GENERAL_TAGS = 8  # candidates of a span
OTHER_TAGS = 2  # characters and series among them
NAMED_TAGS = 6  # tags of one spelling
MOST_SCORED = 400  # spans that are no names; 2,000 characters of prose in any language have fewer, beyond it names alone are found
SCORED = 24  # hits of a span among which those are looked for
NAMED_SCORE = 0.97  # what a name is worth where the ranker was not asked
_READ = (Category.GENERAL, Category.CHARACTER, Category.COPYRIGHT)


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
        missing = [
            s
            for s in alone
            if taken.find(1, s.start, s.end) < 0
            and not _is_ending(self.reading.text, s)
            and s.text not in said  # it was said before
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
        for stretch in (stretch for stretch in reading.stretches if stretch.excluded):
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


@dataclass(frozen=True, slots=True)
class Table:
    """A text read, with the candidates of its spans and their features."""

    reading: Reading
    candidates: Candidates
    features: FloatArray


def read_text(index: Index, text: str, filters: TagFilter) -> Reading:
    """The spans of the first MAX_CHARACTERS of a text, with the names among them. Nothing is encoded.

    :param filters: what may be found; without categories of its own general tags, characters and series.
    """
    filters = _of_reading(filters)
    text = text[:MAX_CHARACTERS]
    languages = likely_languages(text)
    return read(text, lambda keys: names_of(index, keys, filters, languages))


def find_things(
    index: Index, text: str, filters: TagFilter, budget: float = DEFAULT_BUDGET, model: WantedModel | None = None
) -> Things:
    """Read a text of at most MAX_CHARACTERS and choose what it names.

    :param filters: see read_text.
    :param budget: about how many tags a thing may have: 1 is one, more lowers what a further tag must promise.
    """
    things = things_of(index, read_text(index, text, filters), filters, budget, model)
    return replace(things, left_out=max(0, len(text) - MAX_CHARACTERS))


def things_of(
    index: Index,
    reading: Reading,
    filters: TagFilter,
    budget: float = DEFAULT_BUDGET,
    model: WantedModel | None = None,
) -> Things:
    """What a text that was read names; `filters` are those that it was read under."""
    model = model or default_model()
    table = candidate_table(index, reading, filters)
    probabilities = model.probabilities(table.features)
    probabilities[miscoloured(index, reading, table.candidates, probabilities)] = 0.0
    probabilities[guessed_roles(reading, table.candidates, probabilities)] = 0.0
    known = famous(index, reading, table.candidates) & (probabilities >= LEAST_CHARACTER / 2)
    probabilities[known] = np.maximum(probabilities[known], LEAST_CHARACTER)
    probabilities[without_persons(index, reading, table.candidates)] = 0.0
    things = cover_with_things(reading, table.candidates, probabilities, model, budget)
    things = of_one_series(index, others_of_series(index, reading, table.candidates, probabilities, things))
    things = with_hair_colours(index, reading, themselves(index, things, reading.text))
    return Things(reading, tuple(things), with_characters(reading.counts, _characters(index, things)))


def _characters(index: Index, things: Sequence[Thing]) -> list[str]:
    """The characters that a text names and wants."""
    rows = [thing.choices[0].row for thing in things if not thing.span.excluded and thing.choices[0].exact]
    characters = [row for row in dict.fromkeys(rows) if index.store.category[row] == Category.CHARACTER]
    return [index.store.record(row).tag for row in characters]


def candidate_table(index: Index, reading: Reading, filters: TagFilter) -> Table:
    """The spans of a text with their candidates; what training and search both look at."""
    filters, text = _of_reading(filters), reading.text
    encoded = list(dict.fromkeys(span.text for span in reading.spans if not _is_plain_name(span)))[:MOST_SCORED]
    stretches = [text[stretch.start : stretch.end].strip() or text for stretch in reading.stretches]
    vectors = _vectors(index, [*encoded, *stretches, text]) if reading.spans else []
    requests = [
        SearchRequest(one, SCORED, filters.categories, filters.nsfw, filters.min_count)
        for one in encoded
        if one.strip()
    ]
    scored = dict(zip(encoded, score_candidates(index, requests, vectors[: len(encoded)], PART), strict=True))
    found = _candidates(index, reading, scored, vectors[len(encoded) :])
    return Table(reading, found, feature_table(reading, found))


def _of_reading(filters: TagFilter) -> TagFilter:
    return TagFilter(filters.categories or _READ, filters.nsfw, filters.min_count)


def _vectors(index: Index, texts: Sequence[str]) -> list[QueryVectors]:
    """The vectors of texts, each distinct one encoded once."""
    distinct = list(dict.fromkeys(texts))
    found = dict(zip(distinct, encode_queries(index, distinct), strict=True))
    return [found[text] for text in texts]


def _is_plain_name(span: Span) -> bool:
    """Whether a span is a name as it stands, so that no meaning has to be asked."""
    return bool(span.named) and span.aligned


_COLUMNS = ("cosine", "coverage", "spelling", "skeleton", "words")


def _candidates(
    index: Index,
    reading: Reading,
    scored: dict[str, Scored],
    context: Sequence[QueryVectors],
) -> Candidates:
    """Every span's candidates in one table. `context` are the vectors of the stretches and, last, of the whole text."""
    store, floor = index.store, index.similarity_floor
    languages = likely_languages(reading.text)
    spans, rows, kinds = [], [], []
    columns: dict[str, list[FloatArray]] = {name: [] for name in ("fused", "dense", *_COLUMNS)}
    for number, span in enumerate(reading.spans):
        if _is_plain_name(span):
            own, places, one = _by_popularity(index, span), None, None
        elif span.text not in scored:
            continue
        else:
            one = scored[span.text]
            places = _best_places(index, one, misread(index, span.text, languages))
            own = one.rows[places]
        named = dict(reversed(span.named))
        spans.append(np.full(len(own), number))
        rows.append(own)
        kinds.append(np.array([named.get(int(row), -1) for row in own], np.int64))
        for name, values in columns.items():
            values.append(_column(index, one, places, name, len(own), floor))
    span_numbers, all_rows = _joined(spans), _joined(rows)
    scores = {name: np.concatenate(values) if values else np.zeros(0, np.float32) for name, values in columns.items()}
    scores["popularity"] = store.popularity[all_rows]
    clause = np.array([span.clause for span in reading.spans], np.int64)[span_numbers]
    scores |= _context(index, all_rows, clause, context, floor)
    return Candidates(span_numbers, all_rows, _joined(kinds), store.category[all_rows].astype(np.int64), scores)


def _joined(parts: Sequence[IntArray]) -> IntArray:
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)


def _by_popularity(index: Index, span: Span) -> IntArray:
    """The tags of a name: by how it names them, then the most used ones."""
    found = sorted(span.named, key=lambda named: (named[1], -int(index.store.post_count[named[0]])))
    rows = list(dict.fromkeys(row for row, _ in found))
    return np.array(called_so(index, span.text, rows)[:NAMED_TAGS], np.int64)


def _best_places(index: Index, scored: Scored, misread: frozenset[int]) -> IntArray:
    """The places of the best general tags and of a few characters and series, names of the span first."""
    best = [i for i, _ in ranked(index, scored, SCORED) if not index.store.deprecated[scored.rows[i]]]
    best = [i for i in best if int(scored.rows[i]) not in index.count_rows | misread]
    general = scored.columns["category"] == Category.GENERAL
    few = [i for i in best if general[i]][:GENERAL_TAGS] + [i for i in best if not general[i]][:OTHER_TAGS]
    kept = set(few)
    return np.array([i for i in best if i in kept], np.int64)


def _column(
    index: Index, scored: Scored | None, places: IntArray | None, name: str, count: int, floor: float
) -> FloatArray:
    if scored is None or places is None:
        return np.full(count, NAMED_SCORE if name == "fused" else 1.0, np.float32)
    if name == "fused":
        return scored.fused(index.weights)[places]
    values = scored.columns[name][places].astype(np.float32)
    return (values - floor) / (1.0 - floor) if name == "dense" else values


def _context(
    index: Index, rows: IntArray, clause: IntArray, context: Sequence[QueryVectors], floor: float
) -> dict[str, FloatArray]:
    """How near each tag is to the stretch that its span lies in, and to the whole text: 0 as unrelated texts, 1 the same."""
    if not len(rows):
        return {"context": np.zeros(0, np.float32), "whole": np.zeros(0, np.float32)}
    vectors = np.stack([one.dense for one in context])
    last = len(context) - 1
    order = np.argsort(clause, kind="stable")
    parts = np.split(rows[order], np.searchsorted(clause[order], np.arange(1, last)))
    by_kind, _ = index.dense.compare(vectors, Ragged.of([*parts, rows]))
    near = (by_kind.max(axis=1) - floor) / (1.0 - floor)
    of_stretch = np.empty(len(rows), np.float32)
    of_stretch[order] = near[: len(rows)]
    return {"context": of_stretch, "whole": near[len(rows) :].astype(np.float32)}
