"""How often two tags stand on one post: an optional folder of an index, and the files that it is made from.

On disk: for each row of the tag table its neighbours and counts, as three memory-mapped .npy files (a symmetric matrix
in compressed rows).
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import CorpusError
from ..prepare.parquet import read_parquet
from ..storage.files import map_array, save_array

Rows = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int32]
COLUMNS = ("tag_a", "tag_b", "count")


def read_pairs(path: Path) -> Iterator[tuple[str, str, int]]:
    """(tag, tag, count) of a .csv, .csv.gz or .parquet file with the columns tag_a, tag_b and count.

    :raises CorpusError: a column is missing, or a value is no count.
    :raises MissingDependencyError: a .parquet file, and pyarrow is not installed.
    """
    rows = _parquet_rows(path) if path.suffix.lower() == ".parquet" else _csv_rows(path)
    for number, (first, second, count) in enumerate(rows, start=1):
        try:
            yield str(first), str(second), int(str(count))
        except (TypeError, ValueError) as error:
            raise CorpusError(
                f"{path}, row {number}: {count!r} is no count.", hint="Write a whole number of posts."
            ) from error


def _csv_rows(path: Path) -> Iterator[tuple[object, object, object]]:
    try:
        opened = gzip.open if path.suffix.lower() == ".gz" else open
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not set(COLUMNS) <= set(reader.fieldnames or ()):
                raise CorpusError(
                    f"{path} has the columns {reader.fieldnames}.", hint=f"Name them {', '.join(COLUMNS)}."
                )
            for row in reader:
                yield row["tag_a"], row["tag_b"], row["count"]
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path} cannot be read: {error}.", hint="Pass a UTF-8 .csv or a .parquet file.") from error


def _parquet_rows(path: Path) -> Iterator[tuple[object, object, object]]:
    for _, row in read_parquet(path):
        if not set(COLUMNS) <= set(row):
            raise CorpusError(f"{path} has the columns {sorted(row)}.", hint=f"Name them {', '.join(COLUMNS)}.")
        yield row["tag_a"], row["tag_b"], row["count"]


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
        self._others: Rows = map_array(folder / "others.npy")
        self._counts: Counts = map_array(folder / "counts.npy")

    def neighbours(self, row: int) -> tuple[Rows, Counts]:
        """The tags that stand on posts with this one, ascending, and on how many; empty for a row beyond the table."""
        if not 0 <= row < len(self._starts) - 1:
            return np.zeros(0, np.int32), np.zeros(0, np.int32)
        span = slice(int(self._starts[row]), int(self._starts[row + 1]))
        return self._others[span], self._counts[span]
