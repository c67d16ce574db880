"""The handlers: one function per route, from the open index and a checked request record to a JSON object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..expand.engine import expand
from ..expand.request import ExpandRequest
from ..index.index import Index
from ..records import SearchRequest, TagFilter, TagRecord
from ..search.engine import search, search_many
from ..search.related import RelatedRequest, related

MAX_TAGS = 200
MAX_TAG_CHARS = 256


@dataclass(frozen=True, slots=True)
class TagsRequest:
    """Which tags to describe: 1 to 200, spelled with spaces or underscores; aliases and exact names too.

    Raises InputError when there are none, too many, or one is longer than 256 characters.
    """

    tags: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.tags) <= MAX_TAGS:
            raise InputError(f"There are {len(self.tags):,} tags.", hint=f"Send 1 to {MAX_TAGS} tags.")
        if any(len(tag) > MAX_TAG_CHARS for tag in self.tags):
            raise InputError("A tag is too long.", hint=f"A tag has at most {MAX_TAG_CHARS} characters.")


def answer_search(index: Index, request: SearchRequest, *, explain: bool = False) -> dict[str, Any]:
    """What `search --json` prints."""
    return search(index, request).as_json(explain=explain)


def answer_searches(index: Index, asked: Sequence[tuple[SearchRequest, dict[str, bool]]]) -> list[dict[str, Any]]:
    """What `answer_search` says to each request with its flags; scores may differ in the sixth decimal."""
    results = search_many(index, [request for request, _ in asked])
    return [result.as_json(**flags) for result, (_, flags) in zip(results, asked, strict=True)]


def answer_expand(index: Index, request: ExpandRequest) -> dict[str, Any]:
    """What `expand --json` prints."""
    return expand(index, request).as_json()


def answer_related(index: Index, request: RelatedRequest) -> dict[str, Any]:
    """What `related --json` prints."""
    return related(index, request).as_json()


def answer_tags(index: Index, request: TagsRequest) -> dict[str, Any]:
    """What the index knows of some tags, in order, each with the spelling that was asked for."""
    known, unknown = [], []
    allowed = index.store.allowed(TagFilter(nsfw="include"))  # what no filter shows is not described either
    for asked in request.tags:
        rows = [row for row, _ in index.store.exact(asked) if allowed is None or allowed.tags[row]]
        if rows:
            known.append({"query": asked, **tag_json(index.store.record(rows[0]))})
        else:
            unknown.append(asked)
    return {"tags": known, "unknown": unknown}


def tag_json(record: TagRecord) -> dict[str, Any]:
    """One tag as JSON, for tooltips."""
    return {
        "tag": record.tag,
        "category": record.category.label,
        "post_count": record.post_count,
        "names": {language: list(names) for language, names in record.names.items()},
        "definition": dict(record.definitions),
        "aliases": list(record.aliases),
        "implies": list(record.implies),
        "rating": record.rating.label,
        "nsfw": record.nsfw,
        "deprecated": record.deprecated,
    }
