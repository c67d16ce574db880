"""Search: requests in, results out. A text that names several things is searched thing by thing."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace

from ..concepts.several import Evidence, is_several
from ..index.damage import names_damage
from ..index.index import Index
from ..records import Hit, SearchRequest, SearchResult
from .candidates import PART
from .choosing import Choice
from .score import QueryVectors, Scored, encode_queries, make_hit, ranked, score_candidates, with_spelling
from .things import Things, find_things

FURTHER = (
    0.5  # what the second and later tags of a thing count of their probability: the first of each thing come first
)
COUNT_SCORE = 0.3  # a head-count tells less than the things that a text names
FITS = 0.1  # the ranker's estimate that a tag answers the query
_MARKS = re.compile(r"[,，、;；\n]")


def search(index: Index, request: SearchRequest) -> SearchResult:
    """Find the tags of one request."""
    return search_many(index, [request])[0]


@names_damage
def search_many(index: Index, requests: list[SearchRequest]) -> list[SearchResult]:
    """Find the tags of several requests; results in order."""
    return [_search(index, request) for request in requests]


def _search(index: Index, request: SearchRequest) -> SearchResult:
    started = time.perf_counter()
    asked = with_spelling(index, request)
    hits = _hits(index, asked)
    warnings = (f'Searched for "{asked.text}".',) if asked.text != request.text else ()
    if hits and not any(hit.fits for hit in hits):
        warnings = (*warnings, "Nothing fits this text well; these are the nearest tags.")
    seconds = time.perf_counter() - started
    source, encoder = str(index.folder), index.encoder.description
    return SearchResult(request, hits, source, encoder, seconds, warnings, index.dense.store.label)


def _hits(index: Index, request: SearchRequest) -> tuple[Hit, ...]:
    whole: QueryVectors | None = None
    if not index.store.exact(request.text):
        things = find_things(index, request.text, request.filter)
        whole = things.whole
        if whole is not None and _names_several(index, request, things, whole):
            return _merged(index, request, things)
    vectors = whole or encode_queries(index, [request.text])[0]
    (scored,) = score_candidates(index, [request], [vectors])
    fused = scored.fused(index.weights)
    return tuple(
        replace(make_hit(index, scored, i, score), fits=bool(score >= 1.0 or fused[i] >= FITS))
        for i, score in ranked(index, scored, request.limit)
    )


def _names_several(index: Index, request: SearchRequest, things: Things, whole: QueryVectors) -> bool:
    wanted = things.named(excluded=False)
    counted = bool(things.reading.counts)
    if len(wanted) + counted < 2:
        return False
    (scored,) = score_candidates(index, [request], [whole], PART)
    return is_several(evidence_of(index, things, scored))


def evidence_of(index: Index, things: Things, whole: Scored) -> Evidence:
    """What tells whether a text names several things: the things in it, and how well it fits as one."""
    wanted, text, floor = things.named(excluded=False), things.reading.text, index.similarity_floor
    letters = max(1, sum(char.isalnum() for char in text))
    sizes = [sum(char.isalnum() for char in thing.span.text) for thing in wanted]
    near = float(whole.columns["dense"].max(initial=-1.0)) if len(whole.rows) else -1.0
    exact = sum(thing.choices[0].exact for thing in wanted)
    return Evidence(
        whole_fit=float(whole.fused(index.weights).max(initial=0.0)),
        whole_near=(near - floor) / (1.0 - floor),
        parts=[thing.choices[0].probability for thing in wanted],
        exact=exact / max(1, len(wanted)),
        covered=sum(sizes) / letters,
        longest=max(sizes, default=0) / letters,
        letters=letters,
        counted=bool(things.reading.counts),
        listed=len(_MARKS.findall(text)) >= max(1, len(wanted) - 1),
        spaces=not _MARKS.search(text) and len(text.split()) == len(wanted) > 1,
    )


def _merged(index: Index, request: SearchRequest, things: Things) -> tuple[Hit, ...]:
    """The tags of all things: the first of each before the others, by how likely each is wanted."""
    best: dict[int, tuple[float, Choice, bool]] = {}
    for thing in things.named(excluded=False):
        for place, choice in enumerate((*thing.choices, *thing.others)):
            score = choice.probability * (FURTHER if place else 1.0)
            if choice.row not in best or score > best[choice.row][0]:
                best[choice.row] = (score, choice, place < len(thing.choices))
    allowed = index.store.allowed(request.filter)
    for tag in things.reading.counts:
        row = index.store.row_of(tag)
        if row is not None and (allowed is None or allowed.tags[row]):
            best[row] = (COUNT_SCORE, Choice(row, COUNT_SCORE, True), True)
    order = sorted(best.values(), key=lambda item: (-item[0], -int(index.store.post_count[item[1].row])))
    hits = [_hit(index, choice, score, fits=fits) for score, choice, fits in order[: request.limit]]
    return (*hits, *_tail(index, request, things, hits))


def _tail(index: Index, request: SearchRequest, things: Things, hits: Sequence[Hit]) -> list[Hit]:
    """What the text as a whole is near to, below the tags of its things, up to as many hits as were asked for."""
    missing = request.limit - len(hits)
    if missing <= 0 or things.whole is None:
        return []
    (whole,) = score_candidates(index, [request], [things.whole])
    known, least = {hit.tag for hit in hits}, min((hit.score for hit in hits), default=1.0)
    found = [(make_hit(index, whole, i, score), score) for i, score in ranked(index, whole, request.limit)]
    return [
        replace(hit, score=least * min(score, 1.0) / 2, fits=False) for hit, score in found if hit.tag not in known
    ][:missing]


def _hit(index: Index, choice: Choice, score: float, *, fits: bool) -> Hit:
    record = index.store.record(choice.row)
    sources = {"wanted": choice.probability, "popularity": float(index.store.popularity[choice.row])}
    return Hit(
        record.tag, score, record.category, record.post_count, record.text, record.nsfw,
        {**sources, "exact": 1.0} if choice.exact else sources, "name" if choice.exact else "part", fits,
    )  # fmt: skip
