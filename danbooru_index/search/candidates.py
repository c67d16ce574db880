"""The tags that the channels propose for queries, and one table of how well each of them fits in every channel."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays.ragged import Ragged
from ..arrays.types import Columns
from ..channels.channel import Depth, Queries
from ..channels.shape import SHAPE_COLUMNS
from ..index.index import Index

WHOLE, PART = Depth.WHOLE, Depth.PART


def find_candidates(index: Index, queries: Queries, depth: Depth = WHOLE) -> Ragged:
    """For each query the ascending rows that any channel proposes, or of which the query is a name."""
    proposed = [[named] for named in queries.named]
    for channel in index.channels:
        for rows, found in zip(proposed, channel.propose(queries, depth), strict=True):
            rows.append(found)
    return Ragged.of([np.unique(np.concatenate(rows)) for rows in proposed])


def score_columns(index: Index, queries: Queries, rows: Ragged) -> Columns:
    """(n,) columns by name: what every channel but those that rank anew says of the candidates, and what the index knows of them."""
    columns: dict[str, npt.NDArray[Any]] = {
        "popularity": index.store.popularity[rows.values],
        "category": index.store.category[rows.values],
    }
    columns |= zip(SHAPE_COLUMNS, index.shapes[rows.values].T, strict=True)
    for channel in index.channels:
        if channel.reranks is None:
            columns |= channel.score(queries, rows)
    return columns
