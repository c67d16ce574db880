"""The tags that the channels propose for queries, and how well each fits in every channel; all queries of a call in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ..channels.allowed import Allowed
from ..channels.lexical import NameQueries
from ..channels.ngrams import CHARACTERS
from ..channels.terms import TermQueries
from ..index.index import Index
from ..ranking import CandidateScores
from ..records import SearchRequest
from ..text.fold import fold

POPULARITY_STEP = 0.02
NAMES_A_TAG = 3  # names of one tag that may be among the best ones
SPARSE_TAGS = 200  # tags that the learned term weights propose

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
class Asked:
    """One query: its (d,) dense vector, what its filters allow, the rows of the tags of which it is a name, and where the index
    has such a channel the (tags,) scores of its learned term weights."""

    request: SearchRequest
    dense: FloatArray
    allowed: Allowed | None
    named: Rows
    terms: FloatArray | None = None


def candidates(index: Index, asked: Sequence[Asked], depth: Depth = WHOLE) -> list[tuple[Rows, CandidateScores]]:
    """For each query the ascending rows that any channel proposes, with the scores of every channel."""
    folded = [fold(one.request.text) for one in asked]
    names, words = index.lexical.queries(folded), index.words.queries(folded)
    proposed = _propose(index, asked, names, words, depth)
    bounds = np.r_[0, np.cumsum([len(rows) for rows in proposed])]
    dense = np.stack([one.dense for one in asked])
    columns = _compare(index, dense, names, words, np.concatenate(proposed), bounds)
    return [
        (rows, columns.part(begin, end)) for rows, (begin, end) in zip(proposed, pairwise(bounds.tolist()), strict=True)
    ]


def _propose(index: Index, asked: Sequence[Asked], names: NameQueries, words: TermQueries, depth: Depth) -> list[Rows]:
    """The ascending rows of each query."""
    proposed = [[one.named] for one in asked]
    for one, rows in zip(asked, proposed, strict=True):
        if texts := depth.texts_of_name if len(one.named) else depth.texts:
            rows.append(index.dense.candidates(one.dense, max(2 * one.request.limit, texts), one.allowed))
        if one.terms is not None:
            tags = np.flatnonzero(one.terms)
            rows.append(_best(index, tags, one.terms[tags], max(one.request.limit, SPARSE_TAGS), one.allowed))
    views = index.lexical.find(names, depth.postings)
    found = [(depth.named if view == CHARACTERS.name else depth.sounding, tags) for view, tags in views.items()]
    for count, (tags, scores, bounds) in [*found, (depth.sounding, index.words.find(words, depth.postings))]:
        for i, (begin, end) in enumerate(pairwise(bounds.tolist())):
            proposed[i].append(_best(index, tags[begin:end], scores[begin:end], count, asked[i].allowed))
    return [np.unique(np.concatenate(rows)) for rows in proposed]


def _compare(
    index: Index, dense: FloatArray, names: NameQueries, words: TermQueries, rows: Rows, bounds: Rows
) -> CandidateScores:
    """The scores of (n,) tags in every channel; query i of (q, d) `dense` owns those from bounds[i] to bounds[i + 1]."""
    owners = np.repeat(np.arange(len(dense)), np.diff(bounds))
    fitting = index.lexical.scores(names, rows, owners)
    by_kind, best = index.dense.score(dense, rows, bounds)
    return CandidateScores(
        dense=by_kind,
        cosine=fitting.cosine,
        coverage=fitting.coverage,
        spelling=fitting.spelling,
        skeleton=fitting.skeleton,
        words=index.words.scores(words, rows, owners),
        popularity=index.store.popularity[rows],
        category=index.store.category[rows],
        hubness=index.dense.hubness.of(best),
        ends=fitting.ends,
        shape=np.asarray(index.shapes[rows]),
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
