"""Search: requests in, results out. A text that names several things is searched thing by thing."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace

from ..concepts.reading import Reading
from ..concepts.several import Evidence, is_several, may_be_several
from ..concepts.spans import Span
from ..index.damage import names_damage
from ..index.index import Index
from ..records import Category, Hit, Notice, SearchRequest, SearchResult
from .choosing import Choice
from .reach import beyond_encoder
from .score import GROUP, QueryVectors, Scored, best_hits, encode_queries, score_candidates, with_spelling
from .things import Things, read_text, things_of

FURTHER = (
    0.5  # what the second and later tags of a thing count of their probability: the first of each thing come first
)
COUNT_SCORE = 0.3  # a head-count tells less than the things that a text names
_MARKS = re.compile(r"[,，、;；\n]")
_BETWEEN = re.compile(r"[,，、;；\n]+|(?<=[\u3041-\u30ff\u3400-\u9fff])\s+(?=[\u3041-\u30ff\u3400-\u9fff])")


def search(index: Index, request: SearchRequest) -> SearchResult:
    """Find the tags of one request."""
    return search_many(index, [request])[0]


@names_damage
def search_many(index: Index, requests: Sequence[SearchRequest]) -> list[SearchResult]:
    """Find the tags of several requests; results in order. Together they take about half the time that they take one by one."""
    groups = (requests[start : start + GROUP] for start in range(0, len(requests), GROUP))
    return [result for group in groups for result in _search_group(index, group)]


def _search_group(index: Index, requests: Sequence[SearchRequest]) -> list[SearchResult]:
    started = time.perf_counter()
    asked = [with_spelling(index, request) for request in requests]
    vectors = encode_queries(index, [request.text for request in asked])
    wholes = score_candidates(index, asked, vectors)
    shared = (time.perf_counter() - started) / len(requests)
    return [_result(index, *each, shared) for each in zip(requests, asked, vectors, wholes, strict=True)]


def _result(
    index: Index, request: SearchRequest, asked: SearchRequest, vectors: QueryVectors, whole: Scored, shared: float
) -> SearchResult:
    """The result of a request, asked as `asked`; `shared` is its part of the seconds that its group took so far."""
    started = time.perf_counter()
    hits = _hits(index, asked, vectors, whole)
    warnings: tuple[str, ...] = ()
    if asked.text != request.text:
        warnings = (Notice.of("searched_for", 'Searched for "{text}".', text=asked.text),)
    if hits and not any(hit.fits for hit in hits):
        warnings = (*warnings, Notice.of("nothing_fits", "Nothing fits this text well; these are the nearest tags."))
    warnings = (*warnings, *beyond_encoder(index, asked.text))
    seconds = shared + time.perf_counter() - started
    source, encoder = str(index.folder), index.encoder.description
    return SearchResult(request, hits, source, encoder, seconds, warnings, index.dense.store.label)


def _hits(index: Index, request: SearchRequest, vectors: QueryVectors, whole: Scored) -> tuple[Hit, ...]:
    """The hits of a request, whose text as a whole has these `vectors` and the candidates `whole`."""
    if index.store.exact(request.text):
        return tuple(best_hits(index, whole, request.limit))
    outline = _outline(index, request.text, whole)
    if _is_parted(request.text) or may_be_several(outline):
        reading = read_text(index, request.text, request.filter)
        if is_several(_with_words(index, reading, outline)):
            things = things_of(index, reading, request.filter, {request.text: vectors})
            if len(things.named(excluded=False)) + bool(things.counts) > 1:
                return _merged(index, request, things, whole)
    return tuple(best_hits(index, whole, request.limit))


def _outline(index: Index, text: str, whole: Scored) -> Evidence:
    """What tells whether a text names several things before it is read: how well its candidates fit it as one."""
    floor = index.similarity_floor
    near = float(whole.columns["dense"].max(initial=-1.0)) if len(whole.rows) else -1.0
    return Evidence(
        whole_fit=float(whole.fused(index.weights).max(initial=0.0)),
        whole_near=(near - floor) / (1.0 - floor),
        letters=max(1, sum(char.isalnum() for char in text)),
        listed=bool(_MARKS.search(text)),
        spaced=" " in text.strip(),
    )


def evidence_of(index: Index, reading: Reading, whole: Scored) -> Evidence:
    """What tells whether a text names several things: how well it fits as one, and the words and names in it.

    :param whole: the candidates of all of it.
    """
    return _with_words(index, reading, _outline(index, reading.text, whole))


def _with_words(index: Index, reading: Reading, outline: Evidence) -> Evidence:
    wanted = [span for span in reading.spans if not span.excluded]
    names, named = _disjoint_names(wanted)
    return replace(
        outline,
        words=sum(span.words == 1 for span in wanted),
        names=names,
        named=named / outline.letters,
        counted=bool(reading.counts),
        stretches=len(reading.stretches),
        names_alone=_is_list(index, reading.text, wanted),
    )


def _is_parted(text: str) -> bool:
    return _BETWEEN.search(text) is not None


def _is_list(index: Index, text: str, spans: Sequence[Span]) -> bool:
    """Whether every part of a list is the name of a general tag: 双马尾 水手服 黑丝. A character beside a series is one thing."""
    general = {
        span.text
        for span in spans
        if span.named and span.aligned and index.store.category[span.named[0][0]] == Category.GENERAL
    }
    parts = {part.strip() for part in _BETWEEN.split(text)} - {""}
    return len(parts) > 1 and parts <= general


def _disjoint_names(spans: Sequence[Span]) -> tuple[int, int]:
    """How many names of the index stand side by side in a text, the longest first at each place, and how many letters they take."""
    count, letters, end = 0, 0, 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.named and span.aligned and span.start >= end:
            count, letters, end = count + 1, letters + sum(char.isalnum() for char in span.text), span.end
    return count, letters


def _merged(index: Index, request: SearchRequest, things: Things, whole: Scored) -> tuple[Hit, ...]:
    """The tags of all things: the first of each before the others, by how likely each is wanted."""
    best: dict[int, tuple[float, Choice, bool]] = {}
    for thing in things.named(excluded=False):
        for place, choice in enumerate((*thing.choices, *thing.others)):
            score = choice.probability * (FURTHER if place else 1.0)
            if choice.row not in best or score > best[choice.row][0]:
                best[choice.row] = (score, choice, place < len(thing.choices))
    allowed = index.store.allowed(request.filter)
    for tag in things.counts:
        row = index.store.row_of(tag)
        if row is not None and (allowed is None or allowed.tags[row]):
            best[row] = (COUNT_SCORE, Choice(row, COUNT_SCORE, True), True)
    order = sorted(best.values(), key=lambda item: (-item[0], -int(index.store.post_count[item[1].row])))
    hits = [_hit(index, choice, score, fits=fits) for score, choice, fits in order[: request.limit]]
    return (*hits, *_tail(index, request, whole, hits))


def _tail(index: Index, request: SearchRequest, whole: Scored, hits: Sequence[Hit]) -> list[Hit]:
    """What the text as a whole is near to, below the tags of its things, up to as many hits as were asked for."""
    missing = request.limit - len(hits)
    known, least = {hit.tag for hit in hits}, min((hit.score for hit in hits), default=1.0)
    found = [hit for hit in best_hits(index, whole, request.limit) if hit.tag not in known][:missing]
    return [replace(hit, score=least * min(hit.score, 1.0) / 2, fits=False) for hit in found]


def _hit(index: Index, choice: Choice, score: float, *, fits: bool) -> Hit:
    record = index.store.record(choice.row)
    sources = {"wanted": choice.probability, "popularity": float(index.store.popularity[choice.row])}
    return Hit(
        record.tag, score, record.category, record.post_count, record.text, record.nsfw,
        {**sources, "exact": 1.0} if choice.exact else sources, "name" if choice.exact else "part", fits,
    )  # fmt: skip
