"""What a channel is: one way to find tags, and to say how well given tags fit a query.

A search asks every channel for tags, joins what they propose, and asks every channel how well each of these fits. The
answers are columns of one table, and the ranker makes one score of a row. docs/architecture.md says how to add a channel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np

from ..arrays.ragged import Ragged
from ..arrays.types import Columns, FloatArray, IntArray
from .row_filter import RowFilter

NAMES_PER_TAG = 3  # names of one tag that may be among the best ones
POPULARITY_STEP = 0.02

Shown = Mapping[str, tuple[str, ...]]
T = TypeVar("T")


class Depth(Enum):
    """How many tags a channel proposes: for a WHOLE request, or for a PART, one of the things that a sentence names.

    Each channel has its own numbers for both.
    """

    WHOLE = "whole"
    PART = "part"


@dataclass(frozen=True, slots=True)
class Queries:
    """The q queries of one call; every list has an item per query.

    `folded` are the texts (text.fold), `limits` how many tags each wants, `dense` (q, d) their vectors. `terms` are learned
    {term id: weight} and `tokens` (t, d) token vectors, None where the encoder has none. `named` are the rows of the tags of
    which a text is a name as it stands; `allowed` the tags that its filter allows, None for all. `popularity` (tags,) in 0..1
    is the same for all.
    """

    folded: Sequence[str]
    limits: Sequence[int]
    dense: FloatArray
    terms: Sequence[Mapping[int, float] | None]
    tokens: Sequence[FloatArray | None]
    named: Sequence[IntArray]
    allowed: Sequence[RowFilter | None]
    popularity: FloatArray
    _prepared: dict[int, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.folded)

    def prepared(self, channel: object, make: Callable[[], T]) -> T:
        """What a channel makes of the queries before it can answer: made once, and kept for the call."""
        if id(channel) not in self._prepared:
            self._prepared[id(channel)] = make()
        made: T = self._prepared[id(channel)]
        return made

    def best(self, query: int, tags: IntArray, scores: FloatArray, count: int) -> IntArray:
        """`count` of the tags with the best scores that a query's filter allows, popular ones first among near equals.

        :param tags: may name a tag several times.
        """
        allowed = self.allowed[query]
        if allowed is not None:
            kept = np.flatnonzero(allowed.tags.take(tags))
            tags, scores = tags.take(kept), scores.take(kept)
        most = count * NAMES_PER_TAG
        if len(tags) > most:
            # Popularity lifts nothing by more than its step, so most are out before theirs is looked up.
            least = np.partition(scores, -most)[-most] - 1.01 * POPULARITY_STEP
            kept = np.flatnonzero(scores >= least)
            tags, scores = tags[kept], scores[kept]
        liked = scores + POPULARITY_STEP * self.popularity[tags]
        if len(tags) > most:
            kept = np.argpartition(-liked, most)[:most]
            tags, liked = tags[kept], liked[kept]
        tags = tags[np.argsort(-liked, kind="stable")]
        return tags[np.sort(np.unique(tags, return_index=True)[1])[:count]]


class Channel(Protocol):
    """One way to find tags; read-only and safe to use from several threads.

    `name` is its name in `info`, and the name of its folder in an index. `shown` says what `--explain` prints: under each
    name the largest of some columns. `reranks` is None for a channel that scores every candidate; a channel that is too
    slow for that scores so many of each query's, those that all the others put first.
    """

    name: ClassVar[str]
    shown: ClassVar[Shown]
    reranks: ClassVar[int | None]

    def propose(self, queries: Queries, depth: Depth) -> list[IntArray]:
        """For each query rows of tags that its filter allows, in any order; none from a channel that only scores."""
        ...

    def score(self, queries: Queries, rows: Ragged) -> Columns:
        """How well each query's rows fit it: (n,) columns by name, those of `shown` among them; NaN where it is not known."""
        ...
