"""The tag table of an index: the corpus itself, plus memory-mapped columns for filters and exact names.

`corpus.jsonl` holds one line per tag, in row order; only the lines of hits are parsed. The columns are .npy files.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays.types import BoolArray, FloatArray, Int32Array, UInt8Array, UInt64Array
from ..channels.row_filter import RowFilter
from ..corpus.line import parse_line, to_line
from ..errors import IndexDamagedError
from ..records import Nsfw, Rating, TagFilter, TagRecord
from ..storage.files import AppendFile, GrowsTogether, map_array, save_array
from ..storage.hashes import hash64
from ..text.fold import match_key

CORPUS_FILE = "corpus.jsonl"
# Which are kept, 1.6 kB each. A host that collects garbage stops for it, and visits each of them: 20,000 cost tens of
# milliseconds a collection, and spared a search less than a millisecond.
RECORDS = 4_000
SPELLINGS = 1_000  # whose tags are kept: one search asks for those of its text several times
FILTERS = 8  # whose masks are kept, a byte per tag each
_COLUMNS = ("offsets", "post_count", "category", "rating", "deprecated", "keys", "key_rows", "key_kinds")

_ROW_TYPES = {
    "ends": np.int64,
    "post_count": np.int32,
    "category": np.uint8,
    "rating": np.uint8,
    "deprecated": np.bool_,
    "tag_hashes": np.uint64,
}
_KEY_TYPES = {"keys": np.uint64, "key_rows": np.int32, "key_kinds": np.uint8}

# Which ratings each filter shows, by the numbers of Rating.
_SHOWN: dict[Nsfw, BoolArray] = {
    "exclude": np.array([True, True, False, False]),
    "strict": np.array([True, False, False, False]),
    "include": np.array([True, True, True, False]),
    "only": np.array([False, False, True, False]),
}

# How an exact name belongs to a tag; the smaller number wins when one spelling names several tags.
KEY_TAG, KEY_ALIAS, KEY_NAME = 0, 1, 2


def record_keys(record: TagRecord) -> list[tuple[str, int]]:
    """Every spelling that names this tag exactly, as (match key, kind), each key once with its best kind."""
    keys: dict[str, int] = {}
    for kind, names in ((KEY_TAG, [record.tag]), (KEY_ALIAS, record.aliases), (KEY_NAME, record.all_names())):
        for name in names:
            keys.setdefault(match_key(name), kind)
    return [(key, kind) for key, kind in keys.items() if key]


class StoreWriter(GrowsTogether):
    """Writes the tag table, one record after the other; reopened with `start` it continues after that many rows.

    What is needed only until `finish` stands in the folder `parts`, which the caller removes.
    """

    def __init__(self, folder: Path, parts: Path, *, start: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._parts = folder, parts
        ends = np.fromfile(parts / "ends", np.int64, start) if start else np.zeros(0, np.int64)
        key_rows = np.fromfile(parts / "key_rows", np.int32) if start else np.zeros(0, np.int32)
        keys = int(np.searchsorted(key_rows, start))
        self.count = start
        self._end = int(ends[-1]) if start else 0
        self._lines = AppendFile(folder / CORPUS_FILE, np.uint8, start=self._end)
        self._columns = {name: AppendFile(parts / name, dtype, start=start) for name, dtype in _ROW_TYPES.items()}
        self._keys = {name: AppendFile(parts / name, dtype, start=keys) for name, dtype in _KEY_TYPES.items()}

    def append(self, records: Sequence[TagRecord]) -> None:
        """Add the next records."""
        lines = [(to_line(record) + "\n").encode("utf-8") for record in records]
        ends = self._end + np.cumsum([len(line) for line in lines], dtype=np.int64)
        self._lines.append(np.frombuffer(b"".join(lines), np.uint8))
        self._columns["ends"].append(ends)
        for name in ("post_count", "category", "rating", "deprecated"):
            self._columns[name].append([int(getattr(record, name)) for record in records])
        self._columns["tag_hashes"].append(np.array([hash64(record.tag) for record in records], np.uint64))
        keys = [
            (hash64(key), row, kind)
            for row, record in enumerate(records, self.count)
            for key, kind in record_keys(record)
        ]
        for name, values in zip(_KEY_TYPES, zip(*keys, strict=True), strict=False):
            self._keys[name].append(np.array(values, _KEY_TYPES[name]))
        self.count += len(records)
        self._end = int(ends[-1])

    def _files(self) -> list[AppendFile]:
        return [self._lines, *self._columns.values(), *self._keys.values()]

    def finish(self) -> None:
        """Write the columns from the parts; may be repeated."""
        self.flush()
        rows: dict[str, npt.NDArray[Any]] = {
            name: np.fromfile(self._parts / name, dtype) for name, dtype in _ROW_TYPES.items()
        }
        keys, key_rows, key_kinds = (np.fromfile(self._parts / name, dtype) for name, dtype in _KEY_TYPES.items())
        columns = {name: column for name, column in rows.items() if name != "ends"}
        for name, array in {**columns, "offsets": np.r_[np.int64(0), rows["ends"]]}.items():
            save_array(self._folder / f"{name}.npy", array)
        write_keys(self._folder, keys, key_rows, key_kinds)


def write_keys(folder: Path, keys: UInt64Array, rows: Int32Array, kinds: UInt8Array) -> None:
    """Write the exact names in the order in which they are looked up: (n,) hashes, rows of their tags and kinds (KEY_...), in any order."""
    order = np.lexsort((rows, kinds, keys))
    columns: dict[str, npt.NDArray[Any]] = {"keys": keys, "key_rows": rows, "key_kinds": kinds}
    for name, column in columns.items():
        save_array(folder / f"{name}.npy", column[order])


def _ratings(folder: Path) -> UInt8Array:
    """The ratings of all tags; an index of an earlier schema only knows which are explicit."""
    if (folder / "rating.npy").is_file():
        ratings: UInt8Array = map_array(folder / "rating.npy")
        return ratings
    return np.where(map_array(folder / "nsfw.npy"), Rating.EXPLICIT, Rating.GENERAL).astype(np.uint8)


class Store:
    """Read-only tag table. Rows are 0..len(store)-1."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        columns = {name: map_array(folder / f"{name}.npy") for name in _COLUMNS if name != "rating"}
        self._offsets = columns["offsets"]
        self.post_count: Int32Array = columns["post_count"]
        self.category: UInt8Array = columns["category"]
        self.rating = _ratings(folder)
        self.deprecated: BoolArray = columns["deprecated"]
        self._keys, self._key_rows, self._key_kinds = columns["keys"], columns["key_rows"], columns["key_kinds"]
        self._file = (folder / CORPUS_FILE).open("rb")
        self._lines = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) if len(self) else b""
        # Popularity in 0..1: ln(1 + n) / ln(1 + n_max), the prior of peers' engines, computed once.
        logs = np.log1p(self.post_count, dtype=np.float32)
        self.popularity: FloatArray = (logs / max(float(logs.max(initial=0.0)), 1.0)).astype(np.float32)
        self.record = lru_cache(maxsize=RECORDS)(self._record)
        self.allowed = lru_cache(maxsize=FILTERS)(self._allowed)
        self.exact = lru_cache(maxsize=SPELLINGS)(self._exact)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def _record(self, row: int) -> TagRecord:
        start, end = int(self._offsets[row]), int(self._offsets[row + 1])
        try:
            return parse_line(self._lines[start:end].decode("utf-8"))
        except ValueError as error:
            raise IndexDamagedError(
                f"Row {row} of {self._folder / CORPUS_FILE} cannot be read: {error}.",
                hint="Run danbooru-index verify, then build or fetch again.",
            ) from error

    def _allowed(self, filters: TagFilter) -> RowFilter | None:
        """The tags that a filter allows, None when it allows all; the same object for the same filter."""
        masks: list[BoolArray] = [_SHOWN[filters.nsfw][self.rating]]
        if filters.categories:
            masks.append(np.isin(self.category, [int(category) for category in filters.categories]))
        if filters.min_count > 0:
            masks.append(self.post_count >= filters.min_count)
        mask = np.logical_and.reduce(masks)
        return None if mask.all() else RowFilter(mask)

    def tag_hashes(self) -> UInt64Array:
        """(tags,) the hash64 of every tag, spelled as the corpus spells it."""
        return map_array(self._folder / "tag_hashes.npy")

    def rows(self) -> Iterable[TagRecord]:
        """All records in row order, not kept in memory."""
        return (self._record(row) for row in range(len(self)))

    def _exact(self, name: str) -> list[tuple[int, int]]:
        """Tags of which `name` is the tag, an alias or a name, as (row, kind), best kind first."""
        key = match_key(name)
        if not key:
            return []
        wanted = np.uint64(hash64(key))
        start, end = np.searchsorted(self._keys, wanted, "left"), np.searchsorted(self._keys, wanted, "right")
        found = [(int(self._key_rows[i]), int(self._key_kinds[i])) for i in range(start, end)]
        # Two keys may share a hash, so the record itself decides.
        return [(row, kind) for row, kind in found if (key, kind) in record_keys(self.record(row))]

    def row_of(self, tag: str) -> int | None:
        """The row of this very tag, spelled as the corpus spells it; None if it is not in the index."""
        return next((row for row, kind in self.exact(tag) if kind == KEY_TAG and self.record(row).tag == tag), None)

    def find(self, keys: Sequence[str]) -> list[list[tuple[int, int]]]:
        """For each match key the tags it names, as (row, kind), best kind first; by hash alone, which is enough to split a text."""
        hashes = np.array([hash64(key) for key in keys], np.uint64)
        starts = np.searchsorted(self._keys, hashes, "left").tolist()
        ends = np.searchsorted(self._keys, hashes, "right").tolist()
        rows, kinds = self._key_rows, self._key_kinds
        return [
            [(int(rows[i]), int(kinds[i])) for i in range(start, end)] for start, end in zip(starts, ends, strict=True)
        ]

    def close(self) -> None:
        """Close the file, so that the folder can be removed (Windows)."""
        held = vars(self)
        lines, file = held.get("_lines"), held.get("_file")
        # The caches of `record`, `allowed` and `exact` refer to this object, so it would keep its mappings open for long.
        held.clear()
        if isinstance(lines, mmap.mmap):
            lines.close()
        if file is not None:
            file.close()
