"""Related tags: what stands on posts with some tags, or where no counts are there, what is near them in the dense space."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..arrays.ragged import Ragged
from ..arrays.types import DoubleArray, IntArray
from ..corpus.texts import texts_of
from ..errors import InputError
from ..index.damage import names_damage
from ..index.index import Index
from ..index.tags import KEY_TAG
from ..ranking import order
from ..records import Category, Hit, Nsfw, TagFilter, check_limit

Method = Literal["co-occurrence", "dense space"]

LEAST_POSTS = 7_000_000  # of the site when the known counts were taken; more when a tag alone has more
DISCOUNT = 30  # posts: shrinks pairs that stand together by chance (Pantel and Lin 2002, discounted PMI)
DENSE_TEXTS = 400
TEXTS_PER_SEED = 4


@dataclass(frozen=True, slots=True)
class RelatedRequest:
    """Which tags' relatives to find. `tags` are spelled with spaces or underscores, or are aliases; `limit` is 1 to 1000.

    Raises InputError when there is no tag or a value is out of range.
    """

    tags: tuple[str, ...]
    limit: int = 20
    categories: tuple[Category, ...] = ()
    nsfw: Nsfw = "exclude"
    min_count: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "tags", tuple(tag.strip() for tag in self.tags if tag.strip()))
        if not self.tags:
            raise InputError(
                "There is no tag to find relatives of.", hint="For example: danbooru-index related serafuku"
            )
        check_limit(self.limit)
        TagFilter(self.categories, self.nsfw, self.min_count)

    @property
    def filter(self) -> TagFilter:
        """Which tags may be found."""
        return TagFilter(self.categories, self.nsfw, self.min_count)


@dataclass(frozen=True, slots=True)
class RelatedResult:
    """Related tags, best first, by which method they were found, and tags of the request that the index does not have."""

    request: RelatedRequest
    hits: tuple[Hit, ...]
    method: Method
    source: str
    seconds: float
    unknown: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The documented JSON form."""
        return {
            "tags": list(self.request.tags),
            "method": self.method,
            "hits": [hit.as_json() for hit in self.hits],
            "unknown": list(self.unknown),
        }


def npmi(together: DoubleArray, one: DoubleArray, other: DoubleArray, posts: float) -> DoubleArray:
    """Normalised pointwise mutual information of pairs, -1..1, from post counts.

    ln(c N / (a b)) / -ln(c / N): Bouma 2009, "Normalized (Pointwise) Mutual Information in Collocation Extraction". Counts
    come from other people's files and may contradict each other; a pair without a post has -1.

    >>> npmi(np.array([10.0, 0.0]), np.array([10.0, 3.0]), np.array([10.0, 0.0]), 1000.0).round(6).tolist()
    [1.0, -1.0]
    """
    together = np.minimum(together, np.minimum(one, other))
    result: DoubleArray = np.full(len(together), -1.0)
    known = together > 0
    together = together[known]
    information = np.log(together * posts / (one[known] * other[known]))
    result[known] = information / -np.log(np.minimum(together / posts, 1 - 1e-9))
    return result.clip(-1.0, 1.0)


@names_damage
def related(index: Index, request: RelatedRequest) -> RelatedResult:
    """Find the relatives of some tags together.

    :raises InputError: none of the tags is in the index.
    """
    started = time.perf_counter()
    found = {tag: _row_of(index, tag) for tag in request.tags}
    seeds = [row for row in found.values() if row is not None]
    if not seeds:
        raise InputError(
            f"None of these tags is in the index: {', '.join(request.tags)}.",
            hint="Search for the right spelling: danbooru-index search TEXT",
        )
    method: Method = "co-occurrence"
    rows, scores = _by_counts(index, seeds)
    if not len(rows):
        method = "dense space"
        rows, scores = _by_vectors(index, seeds)
    allowed = index.store.allowed(request.filter)
    keep = ~np.isin(rows, seeds) & ~index.store.deprecated[rows]
    keep &= True if allowed is None else allowed.tags[rows]
    rows, scores = rows[keep], scores[keep]
    best = order(scores.astype(np.float32), index.store.post_count[rows])[: request.limit]
    hits = tuple(_hit(index, int(rows[i]), float(scores[i]), method) for i in best)
    unknown = tuple(tag for tag, row in found.items() if row is None)
    return RelatedResult(request, hits, method, str(index.folder), time.perf_counter() - started, unknown)


def _row_of(index: Index, tag: str) -> int | None:
    names = index.store.exact(tag.replace("\\", ""))
    return min(names, key=lambda item: (item[1] != KEY_TAG, item[1]))[0] if names else None


def _by_counts(index: Index, seeds: Sequence[int]) -> tuple[IntArray, DoubleArray]:
    """Mean over the seeds of the discounted positive NPMI with each neighbour."""
    if index.cooccurrence is None:
        return np.zeros(0, np.int64), np.zeros(0)
    counts = index.store.post_count
    posts = float(max(LEAST_POSTS, int(counts.max(initial=0))))
    total: dict[int, float] = {}
    for seed in seeds:
        others, together = index.cooccurrence.neighbours(seed)
        pairs = together.astype(np.float64)
        known = np.maximum(counts[others], together).astype(np.float64)
        own = np.full(len(others), max(1.0, float(counts[seed])))
        scores = npmi(pairs, np.maximum(own, pairs), known, posts) * pairs / (pairs + DISCOUNT)
        for row, score in zip(others.tolist(), scores.tolist(), strict=True):
            if score > 0:
                total[row] = total.get(row, 0.0) + score / len(seeds)
    return np.array(list(total), np.int64), np.array(list(total.values()), np.float64)


def _by_vectors(index: Index, seeds: Sequence[int]) -> tuple[IntArray, DoubleArray]:
    """Cosine of each tag's nearest text to the mean of the seeds' texts."""
    texts = [text for row in seeds for _, text in texts_of(index.store.record(row))[:TEXTS_PER_SEED]]
    vectors = index.encoder.encode(texts).dense
    mean = vectors.mean(axis=0)
    mean /= max(float(np.linalg.norm(mean)), 1e-9)
    rows = index.dense.candidates(mean, DENSE_TEXTS)
    by_kind, _ = index.dense.compare(mean[None, :], Ragged.of([rows]))
    return rows, by_kind.max(axis=1).astype(np.float64)


def _hit(index: Index, row: int, score: float, method: Method) -> Hit:
    record = index.store.record(row)
    return Hit(
        record.tag, score, record.category, record.post_count, record.text, record.nsfw, {method: score}, matched=method
    )
