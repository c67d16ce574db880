"""The things that a text names, in any language: spans, their candidate tags, how likely each is wanted, and the best cover.

`search` of a text with several things and `expand` walk this one road.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays.ragged import Ragged
from ..arrays.types import FloatArray, IntArray
from ..concepts.counts import all_count_tags
from ..concepts.cover import best_cover
from ..concepts.spans import Reading, Span, read
from ..concepts.wanted import Candidates, WantedModel, default_model, feature_table
from ..index.index import Index
from ..records import Category, SearchRequest, TagFilter
from .candidates import PART
from .score import QueryVectors, Scored, encode_queries, ranked, score_candidates

MAX_CHARACTERS = 2_000  # of one text that are read for things; the rest is reported
GENERAL_TAGS = 8  # candidates of a span
OTHER_TAGS = 2  # characters and series among them
NAMED_TAGS = 6  # tags of one spelling
SCORED = 24  # hits of a span among which those are looked for
MOST = 4  # tags of one thing that count for its value
NAMED_SCORE = 0.97  # what a name is worth where the ranker was not asked
SECOND = 0.2  # how much a further tag of a thing adds to its value
NAME_VALUE = 0.1  # how much a name adds: of two near covers the one of names reads better
DEFAULT_BUDGET = 2.0  # tags of a thing, at which the learned thresholds hold
_QUALIFIER = re.compile(r"_\(([^()]+)\)$")
_MEANT = (Category.GENERAL,)
_READ = (Category.GENERAL, Category.CHARACTER, Category.COPYRIGHT)


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


@dataclass(frozen=True, slots=True)
class Things:
    """What a text names. `whole` are the vectors of all of it; `left_out` characters at its end were not read."""

    reading: Reading
    things: tuple[Thing, ...]
    whole: QueryVectors | None = None
    left_out: int = 0

    @property
    def unfound(self) -> list[str]:
        """The wanted words for which no tag was found, neighbours together, in order."""
        taken = [(thing.span.start, thing.span.end) for thing in self.things] + list(self.reading.count_places)
        alone = [span for span in self.reading.spans if span.words == 1 and span.aligned and not span.excluded]
        said = [thing.span.text for thing in self.things]
        missing = [
            s
            for s in alone
            if not any(start < s.end and s.start < end for start, end in taken)
            and not any(s.text in text for text in said)  # it was said before
        ]
        runs: list[list[Span]] = []
        for span in missing:
            if runs and span.clause == runs[-1][-1].clause and span.start - runs[-1][-1].end <= 1:
                runs[-1].append(span)
            elif not runs or span.start >= runs[-1][-1].end:
                runs.append([span])
        return [self.reading.text[run[0].start : run[-1].end] for run in runs]

    def named(self, *, excluded: bool) -> list[Thing]:
        """The things that are wanted, or those that the text leaves out."""
        return [thing for thing in self.things if thing.span.excluded == excluded]


@dataclass(frozen=True, slots=True)
class Table:
    """A text read, with the candidates of its spans and their features."""

    reading: Reading
    candidates: Candidates
    features: FloatArray
    whole: QueryVectors | None = None


def find_things(
    index: Index, text: str, filters: TagFilter, budget: float = DEFAULT_BUDGET, model: WantedModel | None = None
) -> Things:
    """Read a text of at most MAX_CHARACTERS and choose what it names.

    :param filters: what may be found; without categories of its own general tags, characters and series.
    :param budget: about how many tags a thing may have: 1 is one, more lowers what a further tag must promise.
    """
    model = model or default_model()
    table = candidate_table(index, text[:MAX_CHARACTERS], filters)
    probabilities = model.probabilities(table.features)
    things = _of_one_series(index, _covering(table, probabilities, model, budget))
    return Things(table.reading, tuple(things), table.whole, max(0, len(text) - MAX_CHARACTERS))


def candidate_table(index: Index, text: str, filters: TagFilter) -> Table:
    """The spans of a text with their candidates; what training and search both look at."""
    filters = TagFilter(filters.categories or _READ, filters.nsfw, filters.min_count)
    counts = count_tag_rows(index)
    reading = read(text, lambda keys: _names(index, keys, filters, counts))
    encoded = list(dict.fromkeys(span.text for span in reading.spans if not _is_plain_name(span)))
    stretches = [text[stretch.start : stretch.end].strip() or text for stretch in reading.stretches]
    vectors = _vectors(index, [*encoded, *stretches, text]) if reading.spans else []
    requests = [
        SearchRequest(one, SCORED, filters.categories, filters.nsfw, filters.min_count)
        for one in encoded
        if one.strip()
    ]
    scored = dict(zip(encoded, score_candidates(index, requests, vectors[: len(encoded)], PART), strict=True))
    found = _candidates(index, reading, scored, vectors[len(encoded) :], counts)
    return Table(reading, found, feature_table(reading, found), vectors[-1] if vectors else None)


def _vectors(index: Index, texts: Sequence[str]) -> list[QueryVectors]:
    """The vectors of texts, each distinct one encoded once."""
    distinct = list(dict.fromkeys(texts))
    found = dict(zip(distinct, encode_queries(index, distinct), strict=True))
    return [found[text] for text in texts]


def _is_plain_name(span: Span) -> bool:
    """Whether a span is a name as it stands, so that no meaning has to be asked."""
    return bool(span.named) and span.aligned


def _names(
    index: Index, keys: Sequence[str], filters: TagFilter, counts: frozenset[int]
) -> dict[str, list[tuple[int, int]]]:
    """The tags that each key names, of those that may be found; head-counts come by rule."""
    store, allowed = index.store, index.store.allowed(filters)
    return {
        key: kept
        for key, tags in zip(keys, store.find(keys), strict=True)
        if (
            kept := [
                (row, kind)
                for row, kind in tags
                if (allowed is None or allowed.tags[row]) and not store.deprecated[row] and row not in counts
            ]
        )
    }


_COLUMNS = ("cosine", "coverage", "spelling", "skeleton", "words")


def _candidates(
    index: Index,
    reading: Reading,
    scored: dict[str, Scored],
    context: Sequence[QueryVectors],
    counts: frozenset[int],
) -> Candidates:
    """Every span's candidates in one table. `context` are the vectors of the stretches and, last, of the whole text."""
    store, floor = index.store, index.similarity_floor
    spans, rows, kinds = [], [], []
    columns: dict[str, list[FloatArray]] = {name: [] for name in ("fused", "dense", *_COLUMNS)}
    for number, span in enumerate(reading.spans):
        if _is_plain_name(span):
            own, places, one = _by_popularity(index, span), None, None
        else:
            one = scored[span.text]
            places = _best_places(index, one, counts)
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
    return np.array(list(dict.fromkeys(row for row, _ in found))[:NAMED_TAGS], np.int64)


def _best_places(index: Index, scored: Scored, counts: frozenset[int]) -> IntArray:
    """The places of the best general tags and of a few characters and series, names of the span first."""
    best = [i for i, _ in ranked(index, scored, SCORED) if not index.store.deprecated[scored.rows[i]]]
    best = [i for i in best if int(scored.rows[i]) not in counts]
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
    parts = [rows[order][clause[order] == number] for number in range(last)]
    by_kind, _ = index.dense.compare(vectors, Ragged.of([*parts, rows]))
    near = (by_kind.max(axis=1) - floor) / (1.0 - floor)
    of_stretch = np.empty(len(rows), np.float32)
    of_stretch[order] = near[: len(rows)]
    return {"context": of_stretch, "whole": near[len(rows) :].astype(np.float32)}


def _covering(table: Table, probabilities: FloatArray, model: WantedModel, budget: float) -> list[Thing]:
    """The spans of the best cover, each with the tags that are likely enough."""
    further = model.further * DEFAULT_BUDGET / budget if budget > 1.0 else np.inf
    by_span: dict[int, list[Choice]] = {}
    found = table.candidates
    for number, row, kind, probability in zip(
        found.span.tolist(), found.row.tolist(), found.kind.tolist(), probabilities.tolist(), strict=True
    ):
        by_span.setdefault(number, []).append(Choice(row, probability, kind >= 0))
    spans = table.reading.spans
    chosen: dict[int, list[Choice]] = {}
    for number, choices in by_span.items():
        first = model.excluded if spans[number].excluded else model.first
        choices.sort(key=lambda choice: -choice.probability)
        if choices[0].probability >= first:
            # More of what is left out does no harm: it is not in the picture either.
            least = model.first if spans[number].excluded else further
            rest = [choice for choice in choices[1:] if choice.probability >= least]
            chosen[number] = [choices[0], *rest]
    numbers = _unabsorbed(spans, chosen)
    values = [_value(chosen[number], model.first, further) for number in numbers]
    places = [(spans[number].start, spans[number].end) for number in numbers]
    cover = best_cover(places, values, len(table.reading.text))
    things = []
    for number in (numbers[i] for i in cover):
        taken = chosen[number]
        rest = [choice for choice in by_span[number] if choice not in taken]
        things.append(Thing(spans[number], tuple(taken), tuple(rest)))
    return things


def _of_one_series(index: Index, things: Sequence[Thing]) -> list[Thing]:
    """Of several characters of one name the one whose series another character of the text comes from: Ram beside Rem."""
    tags = [index.store.record(thing.choices[0].row).tag for thing in things]
    series = [match[1] if (match := _QUALIFIER.search(tag)) else "" for tag in tags]
    found = []
    for number, thing in enumerate(things):
        others = {name for i, name in enumerate(series) if name and i != number}
        named = [choice for choice in (*thing.choices, *thing.others) if choice.exact]
        better = [
            choice
            for choice in named
            if (match := _QUALIFIER.search(index.store.record(choice.row).tag)) and match[1] in others
        ]
        if better and series[number] not in others and index.store.category[thing.choices[0].row] == Category.CHARACTER:
            found.append(Thing(thing.span, (better[0],), tuple(c for c in named if c is not better[0])))
        else:
            found.append(thing)
    return found


def _unabsorbed(spans: Sequence[Span], chosen: dict[int, list[Choice]]) -> list[int]:
    """The spans but those inside a larger one that is the name of the same tag: 猫 and 耳 beside 猫耳."""
    saying: dict[int, list[int]] = {}
    for number, choices in chosen.items():
        saying.setdefault(choices[0].row, []).append(number)
    absorbed = {
        inner
        for numbers in saying.values()
        if len(numbers) > 1
        for inner in numbers
        for outer in numbers
        if chosen[outer][0].exact and not chosen[inner][0].exact and spans[outer].covers(spans[inner])
    }
    return [number for number in chosen if number not in absorbed]


def _value(choices: Sequence[Choice], first: float, further: float) -> float:
    """What a span adds to a cover: how far its tags are above what they must promise."""
    least = min(first, choices[0].probability - 1e-6)
    surplus = sum(choice.probability - further for choice in choices[1:MOST])
    return choices[0].probability - least + SECOND * surplus + NAME_VALUE * choices[0].exact


def count_tag_rows(index: Index) -> frozenset[int]:
    """The rows of the tags that count heads."""
    rows = (index.store.row_of(tag) for tag in (*all_count_tags(), "solo"))
    return frozenset(row for row in rows if row is not None)
