"""Quality of prompts expanded from prose: the things that a sentence says, and the tags that a user would accept for each.

A line of a set is `{"query", "lang", "kind", "wanted": [[tag, acceptable tag, ...], ...], "unwanted": [tags]}`: `wanted` is a list of
concepts, each with every tag that serves for it, best first; `unwanted` are tags that the text excludes or that are clearly wrong.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..expand.engine import expand
from ..expand.request import ExpandRequest, ExpandResult
from ..index.index import Index
from ..records import SearchRequest
from ..search.engine import search
from .query_lines import read_lines
from .searches import figures_json

EUROPEAN = frozenset(("es", "fr", "de", "ru", "pt", "it"))


@dataclass(frozen=True, slots=True)
class ProseQuery:
    """One sentence; see the module."""

    text: str
    language: str
    kind: str
    wanted: tuple[tuple[str, ...], ...]
    unwanted: frozenset[str]

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> ProseQuery:
        """A query from a line's fields; raises KeyError or TypeError when one is missing or wrong."""
        wanted = tuple(tuple(map(str, concept)) for concept in fields["wanted"])
        return cls(
            str(fields["query"]),
            str(fields["lang"]),
            str(fields.get("kind", "")),
            tuple(concept for concept in wanted if concept),
            frozenset(fields.get("unwanted", ())),
        )


@dataclass(frozen=True, slots=True)
class ProseScore:
    """One sentence's figures.

    `concepts` is the share of concepts of which an acceptable tag is in the prompt, `spent` the prompt's tags over
    concepts, `precision` the share of its tags that some concept accepts, `unwanted` whether one of those is in it;
    `lost` whether a concept's first choice is in the negative prompt; `excluded` whether nothing unwanted is in the
    prompt and something unwanted is in the negative prompt, or a tag no_... says it. `first` and `first_2n` are the
    shares of the n concepts of which an acceptable tag is among the first n and 2n hits of `search`.
    """

    concepts: float
    spent: float
    precision: float
    unwanted: bool
    lost: bool
    empty: bool
    excluded: bool
    first: float = 0.0
    first_2n: float = 0.0


@dataclass(frozen=True, slots=True)
class ProseResult:
    """Means over the sentences of one name, as shares; `median_ms` of one `expand`; `per_query` what each sentence gave."""

    name: str
    queries: int
    concepts: float
    spent: float
    precision: float
    unwanted: float
    lost: float
    empty: float
    excluded: float
    first: float
    first_2n: float
    median_ms: float
    per_query: tuple[dict[str, Any], ...] = ()

    def as_json(self, *, per_query: bool = False) -> dict[str, Any]:
        """The documented JSON form, with or without `per_query`."""
        return figures_json(asdict(self), per_query=per_query)


def read_prose(path: Path) -> list[ProseQuery]:
    """Read a set.

    :raises InputError: the file cannot be read, or a line is not such a query, with its number.
    """
    example = '{"query": "...", "lang": "en", "wanted": [["tag", "or this"]], "unwanted": []}'
    return read_lines(path, ProseQuery.from_json, "not a prose query", example)


def score_prompt(query: ProseQuery, tags: Sequence[str], negative: Sequence[str]) -> ProseScore:
    """The figures of one prompt.

    >>> query = ProseQuery("no hat", "en", "", (("1girl",), ("no_headwear",)), frozenset({"hat"}))
    >>> score_prompt(query, ["1girl", "cat"], ["hat"])
    ProseScore(concepts=0.5, spent=1.0, precision=0.5, unwanted=False, lost=False, empty=False, excluded=True, first=0.0, first_2n=0.0)
    """
    prompt, kept_out = set(tags), set(negative)
    accepted = {tag for concept in query.wanted for tag in concept}
    wrong = bool(prompt & query.unwanted)
    said = bool(kept_out & query.unwanted) or any(tag.startswith("no_") for tag in prompt)
    count = max(1, len(query.wanted))
    return ProseScore(
        concepts=sum(bool(prompt.intersection(concept)) for concept in query.wanted) / count,
        spent=len(tags) / count,
        precision=sum(tag in accepted for tag in tags) / len(tags) if tags else 0.0,
        unwanted=wrong,
        lost=any(concept[0] in kept_out for concept in query.wanted),
        empty=not tags,
        excluded=not wrong and said,
    )


def score_hits(query: ProseQuery, hits: Sequence[str]) -> tuple[float, float]:
    """The shares of the n concepts that are among the first n and 2n hits of `search`."""
    count = max(1, len(query.wanted))
    shares = [
        sum(not set(hits[:most]).isdisjoint(concept) for concept in query.wanted) / count
        for most in (len(query.wanted), 2 * len(query.wanted))
    ]
    return shares[0], shares[1]


def judged_of(queries: Sequence[ProseQuery]) -> list[ProseQuery]:
    """The sentences that have concepts.

    :raises InputError: none has.
    """
    judged = [query for query in queries if query.wanted]
    if not judged:
        raise InputError("There is no prose to evaluate.", hint="A line needs a list `wanted` of concepts.")
    return judged


def evaluate_prose(
    index: Index, queries: Sequence[ProseQuery], progress: Callable[[int], object] = lambda _: None, **options: Any
) -> list[ProseResult]:
    """Expand every sentence and search for it, one by one, warm. The results by language, by kind, and over all.

    :param options: fields of ExpandRequest; its defaults otherwise.
    :raises InputError: there is no sentence with concepts.
    """
    judged = judged_of(queries)
    expand(index, ExpandRequest(judged[0].text, **options))
    scored: list[tuple[ProseQuery, ProseScore, float]] = []
    for number, query in enumerate(judged, start=1):
        result: ExpandResult = expand(index, ExpandRequest(query.text, **options))
        score = score_prompt(query, result.tags, result.negative_tags)
        hits = search(index, SearchRequest(query.text, 2 * len(query.wanted))).hits
        first, first_2n = score_hits(query, [hit.tag for hit in hits])
        scored.append((query, replace(score, first=first, first_2n=first_2n), 1000 * result.seconds))
        progress(number)
    groups: dict[str, list[tuple[ProseQuery, ProseScore, float]]] = {}
    for item in scored:
        query = item[0]
        language = "European" if query.language in EUROPEAN else query.language
        for name in (language, f"kind: {query.kind}" if query.kind else ""):
            if name:
                groups.setdefault(name, []).append(item)
    names = sorted(groups, key=lambda name: (name.startswith("kind"), -len(groups[name])))
    return [*(_mean(name, groups[name]) for name in names), _mean("all", scored)]


def _mean(name: str, scored: Iterable[tuple[ProseQuery, ProseScore, float]]) -> ProseResult:
    rows = list(scored)
    each = [{key: float(value) for key, value in asdict(score).items()} for _, score, _ in rows]
    means = {key: statistics.fmean(one[key] for one in each) for key in each[0]}
    per_query = tuple({"query": query.text, **one} for (query, *_), one in zip(rows, each, strict=True))
    return ProseResult(
        name, len(rows), **means, median_ms=statistics.median(ms for *_, ms in rows), per_query=per_query
    )
