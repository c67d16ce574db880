"""Ragged arrays: rows of different lengths, stored one after the other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .types import IntArray


def flat_ranges(starts: npt.NDArray[np.integer], ends: npt.NDArray[np.integer]) -> tuple[IntArray, IntArray]:
    """The numbers starts[i] .. ends[i] - 1 of all i, one after the other, and the i that each belongs to.

    >>> items, owners = flat_ranges(np.array([5, 0, 9]), np.array([7, 0, 10]))
    >>> items.tolist(), owners.tolist()
    ([5, 6, 9], [0, 0, 2])
    """
    lengths = (ends - starts).astype(np.int64)
    owners = np.repeat(np.arange(len(lengths)), lengths)
    before = np.cumsum(lengths) - lengths
    items = np.repeat(starts - before, lengths)
    items += np.arange(len(items))
    return items, owners
