"""Enrich: further tags that go with a picture, by how often they co-occur, and never against what it says."""

from __future__ import annotations

from collections.abc import Sequence

from ..index.index import Index
from ..prompt import Choice, resolve
from ..records import Category
from ..search.related import RelatedRequest, related
from .request import ExpandRequest

MOST_SEEDS = 12  # tags that are asked for their company
ASKED = 8  # times as many relatives as are wanted, since some contradict


def further_tags(
    index: Index, request: ExpandRequest, kept: Sequence[Choice], negative: Sequence[Choice]
) -> list[Choice]:
    """At most `request.enrich` general tags that co-occur with the chosen ones, likeliest first; none where the index has no counts."""
    seeds = tuple(choice.tag for choice in kept)[:MOST_SEEDS]
    if not request.enrich or not seeds or index.cooccurrence is None:
        return []
    asked = RelatedRequest(seeds, request.enrich * ASKED, (Category.GENERAL,), request.nsfw, request.min_count)
    present, out = {choice.tag for choice in kept}, {choice.tag for choice in negative}
    passage = max(choice.passage for choice in kept)
    added: list[Choice] = []
    for hit in related(index, asked).hits:
        if hit.tag in present or hit.tag in out or hit.tag.split("_")[-1] in out:
            continue
        new = Choice(hit.tag, 0.0, passage, hit.category.label)
        # The weaker of two that contradict goes; the new one is always the weaker.
        stays, _ = resolve([*kept, *added, new])
        if new in stays:
            added.append(new)
        if len(added) == request.enrich:
            break
    return added
