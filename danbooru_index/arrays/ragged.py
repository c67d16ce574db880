"""Lists of different lengths, one for each query of a call, as two arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .types import IntArray


@dataclass(frozen=True, slots=True)
class Ragged:
    """q lists one after the other: `values` (n,), and `starts` (q + 1,) that bounds each list's part of them."""

    values: IntArray
    starts: IntArray

    @classmethod
    def of(cls, lists: Sequence[IntArray]) -> Ragged:
        """The lists as one.

        >>> ragged = Ragged.of([np.array([4, 5]), np.array([], np.int64), np.array([6])])
        >>> ragged.values.tolist(), ragged.starts.tolist(), ragged.owners.tolist()
        ([4, 5, 6], [0, 2, 2, 3], [0, 0, 2])
        """
        values = np.concatenate(lists) if lists else np.zeros(0, np.int64)
        return cls(values, np.r_[0, np.cumsum([len(one) for one in lists], dtype=np.int64)])

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def owners(self) -> IntArray:
        """(n,) the number of the list that each value belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def parts(self) -> Iterator[slice]:
        """Where each list stands in `values`, and in every array of the same length."""
        return (slice(start, end) for start, end in pairwise(self.starts.tolist()))
