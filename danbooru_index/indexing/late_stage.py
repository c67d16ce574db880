"""The build's stage of late interaction: token vectors of the most used tags, until the space for them is full."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..channels.late import MAX_BYTES, LateWriter
from ..corpus.texts import late_text
from ..encoders import Encoder
from ..index.tags import Store

_TAGS_AT_ONCE = 256


def write_late(
    folder: Path,
    store: Store,
    encoder: Encoder,
    saved: Callable[[int, int], None] = lambda tags, size: None,
    *,
    start: int = 0,
    at_most: int = MAX_BYTES,
) -> None:
    """Write the late interaction channel; `start` tags of an interrupted build are kept, and it continues after them.

    `saved` gets, after every batch that is on the disk, how many tags and bytes there are.
    """
    order = np.lexsort((np.arange(len(store)), -store.post_count.astype(np.int64)))
    writer = LateWriter(folder, encoder.identity.dimensions, start=start)
    room = True
    while room and writer.count < len(order):
        rows = order[writer.count : writer.count + _TAGS_AT_ONCE]
        tokens = encoder.encode([late_text(store.record(int(row))) for row in rows], tokens=True).tokens
        assert tokens is not None
        room = writer.append(rows, tokens, at_most=at_most)
        writer.flush()
        saved(writer.count, writer.size)
    writer.finish()
