"""Places in a text: which spans overlap one, and how far those reach that begin somewhere.

A text of thousands of characters has thousands of spans; comparing each with each would take longer than all searching.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence


class Overlapping:
    """Finds which of many places share a character with another one.

    >>> Overlapping([(3, 5), (0, 2), (1, 4)]).numbers(2, 4)
    [2, 0]
    """

    def __init__(self, places: Iterable[tuple[int, int]]) -> None:
        self._places = sorted((start, number, end) for number, (start, end) in enumerate(places))
        self._starts = [start for start, _, _ in self._places]
        self._widest = max((end - start for start, _, end in self._places), default=0)

    def numbers(self, start: int, end: int) -> list[int]:
        """The numbers of those that overlap `text[start:end]`, by where they begin."""
        first = bisect_right(self._starts, start - self._widest)
        near = self._places[first : bisect_left(self._starts, end)]
        return [number for _, number, its_end in near if its_end > start]


class Furthest:
    """How far the longest of some places reaches that begins at a character, and before it.

    >>> furthest = Furthest([(0, 2), (1, 4)], 5)
    >>> furthest.beginning(0), furthest.has_longer(2, 4), furthest.has_longer(1, 4)
    (2, True, False)
    """

    def __init__(self, places: Sequence[tuple[int, int]], length: int) -> None:
        self._ends = [0] * (length + 1)
        for start, end in places:
            self._ends[start] = max(self._ends[start], end)
        self._before = [0]
        for end in self._ends:
            self._before.append(max(self._before[-1], end))

    def beginning(self, start: int) -> int:
        """The furthest end of the places that begin here, 0 where none does."""
        return self._ends[start]

    def from_before(self, start: int) -> int:
        """The furthest end of the places that begin before here, 0 where none does."""
        return self._before[start]

    def has_longer(self, start: int, end: int) -> bool:
        """Whether `text[start:end]` lies in one of the places and is not all of it."""
        return self._before[start] >= end or self._ends[start] > end
