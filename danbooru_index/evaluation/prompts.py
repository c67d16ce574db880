"""Quality of expanded prompts: which of the wanted tags are in them, and how many tags they spend."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..expand.engine import ExpandRequest, expand
from ..index.index import Index
from .searches import Query, judged_of, percentile


@dataclass(frozen=True, slots=True)
class SentenceSetResult:
    """Means over one set of sentences; times in milliseconds.

    `recall` is the share of the wanted tags in the prompt, `wanted` and `spent` the tags a sentence wants and gets, `ratio`
    the mean over sentences of spent over wanted, `unknown` the number of tags in all prompts that the index does not have.
    """

    name: str
    queries: int
    recall: float
    wanted: float
    spent: float
    ratio: float
    unknown: int
    median_ms: float
    p95_ms: float

    def as_json(self) -> dict[str, Any]:
        """The documented JSON form."""
        return {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(self).items()}


def evaluate_sentences(
    index: Index,
    name: str,
    queries: Sequence[Query],
    progress: Callable[[int], object] = lambda _: None,
    **options: Any,
) -> SentenceSetResult:
    """Expand every sentence that has relevant tags, one by one, warm; `options` are fields of ExpandRequest.

    :raises InputError: no query has relevant tags.
    """
    judged = judged_of(name, queries)
    options = {"nsfw": "include", **options}
    expand(index, ExpandRequest(judged[0].text, **options))
    rows, times, unknown = [], [], 0
    for number, query in enumerate(judged, start=1):
        result = expand(index, ExpandRequest(query.text, **options))
        got, asked = len(result.tags), len(query.relevant)
        rows.append((len(query.relevant.intersection(result.tags)) / asked, asked, got, got / asked))
        times.append(1000 * result.seconds)
        unknown += sum(index.store.row_of(tag) is None for tag in result.tags)
        progress(number)
    recall, wanted, spent, ratio = (statistics.fmean(column) for column in zip(*rows, strict=True))
    median, p95 = statistics.median(times), percentile(times, 0.95)
    return SentenceSetResult(name, len(judged), recall, wanted, spent, ratio, unknown, median, p95)
