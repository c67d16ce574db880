"""One query against every channel: candidates, their scores in each channel, and the one score that orders them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .channels.dense import TextKind
from .channels.late import max_sim
from .index import Index
from .ranking import EXACT_BONUS, EXACT_STEP, CandidateScores, FusionWeights, default_ranker, feature_table, fuse, order
from .records import Hit, SearchRequest
from .text import simplified
from .texts import late_text

DENSE_TEXTS = 400  # texts that the meaning proposes
NAMED_TAGS = 150  # tags that the characters of their names propose
SOUNDING_TAGS = 50  # tags that each further view of the names, and the words, propose
POPULARITY_STEP = 0.02
SPARSE_TAGS = 200  # tags that the learned term weights propose
LATE_TAGS = 128  # tags that late interaction ranks anew
LATE_ON_THE_FLY = 64  # tags whose token vectors an accelerator computes for one query

FloatArray = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
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


def allowed_tags(index: Index, request: SearchRequest) -> Mask | None:
    """The mask of tags that a request's filters allow, None when they allow all."""
    store = index.store
    masks = []
    if request.categories:
        # A table look-up: np.isin takes milliseconds on a large index, and a sentence asks for every thing that it names.
        wanted = np.zeros(256, bool)
        wanted[[int(c) for c in request.categories]] = True
        masks.append(wanted[store.category])
    if request.nsfw != "include" and len(store):
        masks.append(store.nsfw if request.nsfw == "only" else ~store.nsfw)
    if request.min_count > 0:
        masks.append(store.post_count >= request.min_count)
    if not masks:
        return None
    mask: Mask = np.logical_and.reduce(masks)
    return None if mask.all() else mask


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


def score_candidates(index: Index, request: SearchRequest, query: QueryVectors) -> Scored:
    """The candidates of every channel, scored by every channel; late interaction for the best of them."""
    allowed = allowed_tags(index, request)
    names = index.store.exact(request.text)
    exact = {row: EXACT_BONUS - EXACT_STEP * kind for row, kind in names if allowed is None or allowed[row]}
    terms = index.sparse.scores(query.sparse) if index.sparse is not None and query.sparse is not None else None
    also = [np.array(list(exact), np.int64)]
    if terms is not None:
        also.append(_best(terms, max(request.limit, SPARSE_TAGS), index.store.popularity, allowed))
    rows, channels = candidates(index, request, query.dense, allowed, np.concatenate(also))
    ranker = default_ranker().scores(feature_table(request.text, channels, index.similarity_floor))
    bonus = np.array([exact.get(int(row), 0.0) for row in rows], np.float32)
    scored = Scored(rows, channels, ranker, bonus, terms[rows] if terms is not None else None)
    if index.late is None or query.tokens is None or not len(rows):
        return scored
    return replace(scored, late=_late(index, scored, query.tokens, max(request.limit, LATE_TAGS)))


def score_exact(index: Index, request: SearchRequest) -> Scored:
    """The tags of which the text is a name, best kind first, without any other channel."""
    allowed = allowed_tags(index, request)
    found = [(row, kind) for row, kind in index.store.exact(request.text) if allowed is None or allowed[row]]
    rows = np.array([row for row, _ in found], np.int64)
    bonus = np.array([EXACT_BONUS - EXACT_STEP * kind for _, kind in found], np.float32)
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
    return Scored(rows, channels, none, bonus)


def candidates(
    index: Index, request: SearchRequest, dense: FloatArray, allowed: Mask | None = None, also: Rows | None = None
) -> tuple[Rows, CandidateScores]:
    """The rows that any channel proposes for one query, and `also`, with the scores of every channel."""
    store = index.store
    names, words = index.lexical.match(request.text, len(store)), index.words.scores(request.text)
    wide, narrow = max(request.limit, NAMED_TAGS), max(request.limit, SOUNDING_TAGS)
    proposed = [_best(names.cosine, wide, store.popularity, allowed)]
    views = (names.coverage, names.spelling, names.skeleton, words)
    proposed += [_best(view, narrow, store.popularity, allowed) for view in views]
    proposed.append(index.dense.candidates(dense[None, :], max(2 * request.limit, DENSE_TEXTS), allowed)[0])
    rows = np.unique(np.concatenate([*proposed, *([] if also is None else [also])]))
    by_kind, best = index.dense.score(dense, rows)
    return rows, CandidateScores(
        dense=by_kind,
        cosine=names.cosine[rows],
        coverage=names.coverage[rows],
        spelling=names.spelling[rows],
        skeleton=names.skeleton[rows],
        words=words[rows],
        popularity=store.popularity[rows],
        category=store.category[rows],
        hubness=index.dense.hubness.of(best),
        ends=index.lexical.ends(request.text, rows),
        shape=np.asarray(index.shapes[rows]),
    )


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


def _best(scores: FloatArray, count: int, popularity: FloatArray, allowed: Mask | None) -> Rows:
    """The rows of the best scores above 0, popular tags first among near equals."""
    rows = np.flatnonzero((scores > 0) if allowed is None else (scores > 0) & allowed)
    if len(rows) <= count:
        return rows
    return rows[np.argpartition(-(scores[rows] + POPULARITY_STEP * popularity[rows]), count)[:count]]


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
