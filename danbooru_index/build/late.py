"""The build's stage of late interaction: token vectors of the most used tags, until the space for them is full."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..channels.late import MAX_BYTES, LateWriter
from ..encoders import Encoder
from ..store import Store
from ..texts import late_text
from .progress import Progress, Step, silent

_TAGS_AT_ONCE = 256


def write_late(
    folder: Path,
    store: Store,
    encoder: Encoder,
    progress: Progress = silent,
    *,
    start: int = 0,
    at_most: int = MAX_BYTES,
) -> None:
    """Write the late interaction channel; `start` tags of a broken build are kept, and it goes on after them."""
    order = np.lexsort((np.arange(len(store)), -store.post_count.astype(np.int64)))
    writer = LateWriter(folder, encoder.identity.dimensions, start=start)
    room = True
    while room and writer.count < len(order):
        rows = order[writer.count : writer.count + _TAGS_AT_ONCE]
        tokens = encoder.encode([late_text(store.record(int(row))) for row in rows], tokens=True).tokens
        assert tokens is not None
        room = writer.append(rows, tokens, at_most=at_most)
        writer.flush()
        # How many tags fit is not known before, so the bar counts bytes.
        progress(Step("late interaction", writer.size, at_most, "B"))
    writer.finish()
