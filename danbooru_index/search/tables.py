"""The spans of texts with their candidate tags: all passages of a prompt are encoded and scored together, each span once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from ..arrays.ragged import Ragged
from ..arrays.types import FloatArray, IntArray
from ..concepts.language import likely_languages
from ..concepts.reading import Reading
from ..concepts.spans import Span
from ..concepts.wanted import Candidates, feature_table
from ..index.index import Index
from ..records import Category, SearchRequest, TagFilter
from .candidates import PART
from .choosing import called_so
from .naming import misread
from .score import QueryVectors, Scored, encode_queries, ranked, score_candidates

GENERAL_TAGS = 8  # candidates of a span
OTHER_TAGS = 2  # characters and series among them
NAMED_TAGS = 6  # tags of one spelling
# Spans that are no names; 1,000 characters of prose in any language have fewer. Beyond it names alone are found.
MOST_SCORED = 256
SCORED = 24  # hits of a span among which those are looked for
NAMED_SCORE = 0.97  # what a name is worth where the ranker was not asked
_NONE_KNOWN: Mapping[str, QueryVectors] = {}
_READ = (Category.GENERAL, Category.CHARACTER, Category.COPYRIGHT)


@dataclass(frozen=True, slots=True)
class Table:
    """A text read, with the candidates of its spans and their features."""

    reading: Reading
    candidates: Candidates
    features: FloatArray


def of_reading(filters: TagFilter) -> TagFilter:
    """What may be found in a text; without categories of its own general tags, characters and series."""
    return TagFilter(filters.categories or _READ, filters.nsfw, filters.min_count)


def candidate_table(
    index: Index, reading: Reading, filters: TagFilter, known: Mapping[str, QueryVectors] = _NONE_KNOWN
) -> Table:
    """The spans of a text with their candidates; what training and search both look at.

    :param known: vectors of texts that need not be encoded again.
    """
    return candidate_tables(index, [reading], filters, known)[0]


def candidate_tables(
    index: Index, readings: Sequence[Reading], filters: TagFilter, known: Mapping[str, QueryVectors] = _NONE_KNOWN
) -> list[Table]:
    """The same for several texts, of which MOST_SCORED spans are scored in all: the first ones."""
    filters = of_reading(filters)
    unnamed = (span.text for reading in readings for span in reading.spans if not _is_plain_name(span))
    encoded = list(dict.fromkeys(unnamed))[:MOST_SCORED]
    contexts = [_contexts(reading, frozenset(encoded)) for reading in readings]
    around = (text for context in contexts for text in context.values())
    vectors = _vectors(index, dict.fromkeys([*encoded, *around]), known)
    requests = [SearchRequest(one, SCORED, filters.categories, filters.nsfw, filters.min_count) for one in encoded]
    found = score_candidates(index, requests, [vectors[one] for one in encoded], PART)
    scored = dict(zip(encoded, found, strict=True))
    tables = []
    for reading, context in zip(readings, contexts, strict=True):
        candidates = _candidates(index, reading, scored, {place: vectors[text] for place, text in context.items()})
        tables.append(Table(reading, candidates, feature_table(reading, candidates)))
    return tables


def _contexts(reading: Reading, encoded: Set[str]) -> dict[int, str]:
    """The stretches in which there may be candidates, by number, and the whole text behind them."""
    text = reading.text
    asked = sorted({span.clause for span in reading.spans if _is_plain_name(span) or span.text in encoded})
    if not asked:
        return {}
    parts = ((number, reading.stretches[number]) for number in asked)
    texts = {number: text[stretch.start : stretch.end].strip() or text for number, stretch in parts}
    return {**texts, len(reading.stretches): text}


def _vectors(index: Index, texts: Mapping[str, None], known: Mapping[str, QueryVectors]) -> Mapping[str, QueryVectors]:
    """The vectors of distinct texts, of which some are known."""
    asked = [text for text in texts if text not in known]
    return {**known, **dict(zip(asked, encode_queries(index, asked), strict=True))} if asked else known


def _is_plain_name(span: Span) -> bool:
    """Whether a span is a name as it stands, so that no meaning has to be asked."""
    return bool(span.named) and span.aligned


_COLUMNS = ("cosine", "coverage", "spelling", "skeleton", "words")


def _candidates(
    index: Index,
    reading: Reading,
    scored: Mapping[str, Scored],
    context: Mapping[int, QueryVectors],
) -> Candidates:
    """Every span's candidates in one table. `context` are the vectors of stretches by number and, last, of the whole text."""
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
            places = _best_places(index, one, misread(index, span.text, languages, reading.text))
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
    index: Index, rows: IntArray, clause: IntArray, context: Mapping[int, QueryVectors], floor: float
) -> dict[str, FloatArray]:
    """How near each tag is to the stretch that its span lies in, and to the whole text: 0 as unrelated texts, 1 the same."""
    if not len(rows):
        return {"context": np.zeros(0, np.float32), "whole": np.zeros(0, np.float32)}
    vectors = np.stack([one.dense for one in context.values()])
    order = np.argsort(clause, kind="stable")
    numbers = np.array(list(context), np.int64)[1:-1]
    parts = np.split(rows[order], np.searchsorted(clause[order], numbers))
    by_kind, _ = index.dense.compare(vectors, Ragged.of([*parts, rows]))
    near = (by_kind.max(axis=1) - floor) / (1.0 - floor)
    of_stretch = np.empty(len(rows), np.float32)
    of_stretch[order] = near[: len(rows)]
    return {"context": of_stretch, "whole": near[len(rows) :].astype(np.float32)}
