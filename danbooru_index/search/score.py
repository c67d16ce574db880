"""Queries against every channel: the one score that orders the candidates of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..channels.allowed import Allowed
from ..channels.late import max_sim
from ..corpus.texts import TextKind, late_text
from ..index.index import Index
from ..ranking import (
    EXACT_BONUS,
    EXACT_STEP,
    CandidateScores,
    FusionWeights,
    default_ranker,
    feature_table,
    fuse,
    order,
)
from ..records import Hit, SearchRequest
from ..text.fold import simplified
from .candidates import WHOLE, Asked, Depth, candidates

LATE_TAGS = 128  # tags that late interaction ranks anew
LATE_ON_THE_FLY = 64  # tags whose token vectors an accelerator computes for one query
GROUP = 64  # requests that are scored at once, which bounds the memory that many of them take

FloatArray = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class QueryVectors:
    """The vectors of one query: dense (d,), and where the index has such channels its term weights and (tokens, d) vectors."""

    dense: FloatArray
    sparse: dict[int, float] | None = None
    tokens: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """Candidates of one query with the scores of every channel; arrays of equal length. `late` is NaN where it is unknown."""

    rows: Rows
    channels: CandidateScores
    ranker: FloatArray
    exact: FloatArray
    sparse: FloatArray | None = None
    late: FloatArray | None = None

    def fused(self, weights: FusionWeights) -> FloatArray:
        """(n,) in 0..1: every channel together, exact names apart."""
        dense = self.channels.dense.max(axis=1) if len(self.rows) else self.ranker
        return fuse(self.ranker, dense, self.channels.popularity, weights, sparse=self.sparse, late=self.late)

    def total(self, weights: FusionWeights) -> FloatArray:
        """The score that orders the candidates: fused, and above 1 for an exact name."""
        return self.fused(weights) + self.exact


def with_spelling(index: Index, request: SearchRequest) -> SearchRequest:
    """The request with its misspelt words corrected, unless its text is a name as it stands."""
    return request if index.store.exact(request.text) else replace(request, text=index.words.corrected(request.text))


def allowed_tags(index: Index, request: SearchRequest) -> Allowed | None:
    """The tags that a request's filters allow, None when they allow all."""
    return index.store.allowed(request.categories, request.nsfw, request.min_count)


def encode_queries(index: Index, texts: Sequence[str]) -> list[QueryVectors]:
    """The vectors of every text, in one batch, only of the kinds that the index has channels for.

    The dense vector of a text with Traditional or Japanese Han forms stands between the text and its Simplified form, since
    encoders know the one script better and the index may hold either.
    """
    plain = [simplified(text) for text in texts]
    changed = [i for i, text in enumerate(texts) if text != plain[i]]
    asked = [*texts, *(plain[i] for i in changed)]
    found = index.encoder.encode(asked, sparse=index.sparse is not None, tokens=index.late is not None)
    dense: FloatArray = found.dense[: len(texts)].copy()
    dense[changed] += found.dense[len(texts) :]
    dense[changed] /= np.maximum(np.linalg.norm(dense[changed], axis=1, keepdims=True), 1e-12)
    return [
        QueryVectors(
            vector,
            found.sparse[i] if found.sparse is not None else None,
            found.tokens[i] if found.tokens is not None else None,
        )
        for i, vector in enumerate(dense)
    ]


def score_candidates(
    index: Index, requests: Sequence[SearchRequest], queries: Sequence[QueryVectors], depth: Depth = WHOLE
) -> list[Scored]:
    """For each request the candidates of every channel, scored by every channel; late interaction for the best of them."""
    starts = range(0, len(requests), GROUP)
    groups = ((requests[i : i + GROUP], queries[i : i + GROUP]) for i in starts)
    return [scored for group in groups for scored in _score_group(index, *group, depth)]


def _score_group(
    index: Index, requests: Sequence[SearchRequest], queries: Sequence[QueryVectors], depth: Depth
) -> list[Scored]:
    filters = [allowed_tags(index, request) for request in requests]
    exact = [_exact(index, request.text, allowed) for request, allowed in zip(requests, filters, strict=True)]
    terms = [index.sparse.scores(q.sparse) if index.sparse and q.sparse is not None else None for q in queries]
    asked = [
        Asked(request, query.dense, allowed, np.array(list(names), np.int64), found)
        for request, query, allowed, names, found in zip(requests, queries, filters, exact, terms, strict=True)
    ]
    scored = []
    for i, (rows, channels) in enumerate(candidates(index, asked, depth)):
        ranker = default_ranker().scores(feature_table(requests[i].text, channels, index.similarity_floor))
        bonus = np.zeros(len(rows), np.float32)
        bonus[np.searchsorted(rows, list(exact[i]))] = list(exact[i].values())
        found = terms[i]
        one = Scored(rows, channels, ranker, bonus, found[rows] if found is not None else None)
        tokens = queries[i].tokens
        if index.late is not None and tokens is not None and len(rows):
            one = replace(one, late=_late(index, one, tokens, max(requests[i].limit, LATE_TAGS)))
        scored.append(one)
    return scored


def _exact(index: Index, text: str, allowed: Allowed | None) -> dict[int, float]:
    """The tags of which a text is a name, with what that adds to their scores, best kind first."""
    names = index.store.exact(text)
    return {row: EXACT_BONUS - EXACT_STEP * kind for row, kind in names if allowed is None or allowed.tags[row]}


def score_exact(index: Index, request: SearchRequest) -> Scored:
    """The tags of which the text is a name, best kind first, without any other channel."""
    found = _exact(index, request.text, allowed_tags(index, request))
    rows = np.array(list(found), np.int64)
    none = np.zeros(len(rows), np.float32)
    channels = CandidateScores(
        dense=np.full((len(rows), len(TextKind)), -1.0, np.float32),
        cosine=none,
        coverage=none,
        spelling=none,
        skeleton=none,
        words=none,
        popularity=index.store.popularity[rows],
        category=index.store.category[rows],
        hubness=none,
        ends=np.zeros((len(rows), 4), np.float32),
        shape=np.asarray(index.shapes[rows]),
    )
    return Scored(rows, channels, none, np.array(list(found.values()), np.float32))


def ranked(index: Index, scored: Scored, limit: int) -> list[tuple[int, float]]:
    """The places of the best candidates with their scores, best first."""
    scores = scored.total(index.weights)
    best = order(scores, index.store.post_count[scored.rows])[:limit]
    return [(int(i), float(scores[i])) for i in best]


def make_hit(index: Index, scored: Scored, i: int, score: float) -> Hit:
    """One candidate as a hit, with where its score came from."""
    row, channels = int(scored.rows[i]), scored.channels
    record = index.store.record(row)
    sources = {
        "dense": float(channels.dense[i].max()),
        "lexical": float(channels.cosine[i]),
        "sound": float(max(channels.spelling[i], channels.skeleton[i])),
        "words": float(channels.words[i]),
        "popularity": float(channels.popularity[i]),
    }
    if scored.sparse is not None:
        sources["sparse"] = float(scored.sparse[i])
    if scored.late is not None and not np.isnan(scored.late[i]):
        sources["late"] = float(scored.late[i])
    if scored.exact[i] > 0:
        sources["exact"] = float(scored.exact[i])
    return Hit(
        tag=record.tag,
        score=score,
        category=record.category,
        post_count=record.post_count,
        text=record.text,
        nsfw=record.nsfw,
        channels=sources,
        matched=TextKind(int(np.argmax(channels.dense[i]))).name.lower(),
    )


def _late(index: Index, scored: Scored, tokens: FloatArray, count: int) -> FloatArray:
    """(n,) late interaction scores of the best `count` candidates, NaN for the others and where there are no token vectors.

    On an accelerator the token vectors that the index does not keep are computed.
    """
    assert index.late is not None
    late = np.full(len(scored.rows), np.nan, np.float32)
    best = order(scored.total(index.weights), index.store.post_count[scored.rows])[:count]
    late[best] = index.late.scores(tokens, scored.rows[best])
    missing = best[np.isnan(late[best])][:LATE_ON_THE_FLY]
    if len(missing) and index.encoder.on_gpu:
        texts = [late_text(index.store.record(int(row))) for row in scored.rows[missing]]
        computed = index.encoder.encode(texts, tokens=True).tokens or []
        starts = np.r_[0, np.cumsum([len(vectors) for vectors in computed])[:-1]]
        late[missing] = max_sim(np.concatenate(computed) @ tokens.T, starts)
    return late
