"""One query against every channel: candidates, their scores in each channel, and the one score that orders them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .channels.allowed import Allowed
from .channels.dense import TextKind
from .channels.late import max_sim
from .channels.ngrams import CHARACTERS
from .index import Index
from .ranking import EXACT_BONUS, EXACT_STEP, CandidateScores, FusionWeights, default_ranker, feature_table, fuse, order
from .records import Hit, SearchRequest
from .text import fold, simplified
from .texts import late_text

POPULARITY_STEP = 0.02
NAMES_A_TAG = 3  # names of one tag that may be among the best ones
SPARSE_TAGS = 200  # tags that the learned term weights propose
LATE_TAGS = 128  # tags that late interaction ranks anew
LATE_ON_THE_FLY = 64  # tags whose token vectors an accelerator computes for one query
GROUP = 64  # requests that are scored at once, which bounds the memory that many of them take

FloatArray = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Depth:
    """How many candidates each channel proposes: texts by their meaning, another number for a query that is a name itself; tags
    by the characters of their names; tags by each further view of the names, and by words. `postings` bounds what is read for
    each of the last three."""

    texts: int
    texts_of_name: int
    named: int
    sounding: int
    postings: int


WHOLE = Depth(texts=400, texts_of_name=400, named=150, sounding=50, postings=50_000)  # what somebody asked for
PART = Depth(texts=48, texts_of_name=0, named=24, sounding=8, postings=2_000)  # one of the things that a sentence names


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
    also = [np.array(list(names), np.int64) for names in exact]
    for i, (request, found) in enumerate(zip(requests, terms, strict=True)):
        if found is not None:
            tags = np.flatnonzero(found)
            best = _best(index, tags, found[tags], max(request.limit, SPARSE_TAGS), filters[i])
            also[i] = np.concatenate([also[i], best])
    scored = []
    vectors, named = np.stack([query.dense for query in queries]), [bool(names) for names in exact]
    found_candidates = candidates(index, requests, vectors, filters, also, named, depth)
    for i, (rows, channels) in enumerate(found_candidates):
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


def candidates(
    index: Index,
    requests: Sequence[SearchRequest],
    dense: FloatArray,
    filters: Sequence[Allowed | None],
    also: Sequence[Rows],
    named: Sequence[bool],
    depth: Depth = WHOLE,
) -> list[tuple[Rows, CandidateScores]]:
    """For each of q requests the ascending rows that any channel proposes, and those of `also`, with the scores of every
    channel; `dense` is (q, d), and `named` says which requests are names of tags."""
    store, folded = index.store, [fold(request.text) for request in requests]
    names, words = index.lexical.queries(folded), index.words.queries(folded)
    proposed = [[rows] for rows in also]
    for i, (request, is_name) in enumerate(zip(requests, named, strict=True)):
        if texts := depth.texts_of_name if is_name else depth.texts:
            proposed[i].append(index.dense.candidates(dense[i], max(2 * request.limit, texts), filters[i]))
    views = index.lexical.find(names, depth.postings)
    found = [(depth.named if view == CHARACTERS.name else depth.sounding, tags) for view, tags in views.items()]
    for count, (tags, scores, bounds) in [*found, (depth.sounding, index.words.find(words, depth.postings))]:
        for i, (begin, end) in enumerate(pairwise(bounds.tolist())):
            proposed[i].append(_best(index, tags[begin:end], scores[begin:end], count, filters[i]))
    merged = [np.unique(np.concatenate(parts)) for parts in proposed]
    starts = np.r_[0, np.cumsum([len(part) for part in merged])]
    rows, owners = np.concatenate(merged), np.repeat(np.arange(len(merged)), np.diff(starts))
    fitting = index.lexical.scores(names, rows, owners)
    by_kind, best = index.dense.score(dense, rows, starts)
    columns = CandidateScores(
        dense=by_kind,
        cosine=fitting.cosine,
        coverage=fitting.coverage,
        spelling=fitting.spelling,
        skeleton=fitting.skeleton,
        words=index.words.scores(words, rows, owners),
        popularity=store.popularity[rows],
        category=store.category[rows],
        hubness=index.dense.hubness.of(best),
        ends=fitting.ends,
        shape=np.asarray(index.shapes[rows]),
    )
    return [(rows[begin:end], columns.part(begin, end)) for begin, end in pairwise(starts.tolist())]


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


def _best(index: Index, tags: Rows, scores: FloatArray, count: int, allowed: Allowed | None) -> Rows:
    """`count` of the tags with the best scores, popular ones first among near equals; a tag may come several times."""
    if allowed is not None:
        kept = np.flatnonzero(allowed.tags[tags])
        tags, scores = tags[kept], scores[kept]
    most = count * NAMES_A_TAG
    liked = scores + POPULARITY_STEP * index.store.popularity[tags]
    if len(tags) > most:
        kept = np.argpartition(-liked, most)[:most]
        tags, liked = tags[kept], liked[kept]
    tags = tags[np.argsort(-liked, kind="stable")]
    return tags[np.sort(np.unique(tags, return_index=True)[1])[:count]]


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
