"""How often two tags occur on the same post: an optional folder of an index, and the files that it is made from.

On disk: for each row of the tag table its neighbours and counts, as three memory-mapped .npy files (a symmetric matrix
in compressed rows).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from ..arrays.types import Int32Array
from ..storage.files import map_array, save_array


def write_cooccurrence(folder: Path, pairs: Iterable[tuple[str, str, int]], row_of: Mapping[str, int]) -> int:
    """Write the folder for a tag table; `row_of` gives the row of each of its tags.

    Pairs with a tag that is not there, of a tag with itself, or without posts are left out; of a pair that comes twice
    the larger count stays.

    :returns: the number of pairs that were kept.
    """
    triples = [
        (row_of[a], row_of[b], count) for a, b, count in pairs if a != b and count > 0 and a in row_of and b in row_of
    ]
    table = np.array(triples, np.int64).reshape(-1, 3)
    table = np.concatenate([table, table[:, [1, 0, 2]]])
    table = table[np.lexsort((-table[:, 2], table[:, 1], table[:, 0]))]
    first = np.r_[True, (np.diff(table[:, 0]) != 0) | (np.diff(table[:, 1]) != 0)][: len(table)]
    table = table[first]
    folder.mkdir(parents=True, exist_ok=True)
    row_count = max(row_of.values(), default=-1) + 1
    save_array(folder / "starts.npy", np.searchsorted(table[:, 0], np.arange(row_count + 1)).astype(np.int64))
    save_array(folder / "others.npy", table[:, 1].astype(np.int32))
    save_array(folder / "counts.npy", table[:, 2].astype(np.int32))
    return len(table) // 2


class Cooccurrence:
    """Reads the folder."""

    def __init__(self, folder: Path) -> None:
        self._starts = map_array(folder / "starts.npy")
        self._others: Int32Array = map_array(folder / "others.npy")
        self._counts: Int32Array = map_array(folder / "counts.npy")

    def neighbours(self, row: int) -> tuple[Int32Array, Int32Array]:
        """The tags that co-occur with this one, ascending, and on how many; empty for a row beyond the table."""
        if not 0 <= row < len(self._starts) - 1:
            return np.zeros(0, np.int32), np.zeros(0, np.int32)
        span = slice(int(self._starts[row]), int(self._starts[row + 1]))
        return self._others[span], self._counts[span]
