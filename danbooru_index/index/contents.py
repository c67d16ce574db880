"""Whether the arrays of a version fit each other. A downloaded index is a stranger's data, and numpy checks no bounds for us.

Headers, lengths and the ends of offsets are compared at every opening, which reads a few kilobytes. The values themselves are
read once for each version: every offset ascends, every number stands for something that is there, every weight is finite. So a
search can neither leave an array nor be made to ask for gigabytes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..arrays.ranges import flat_ranges
from ..arrays.types import AnyArray
from ..channels.ngrams import VIEWS
from ..channels.postings import BLOCK, COMMON, blocks_of
from ..errors import IndexDamagedError
from ..storage.files import map_array
from .layout import COOCCURRENCE, DENSE, LATE, LEXICAL, SPARSE, STORE, WORDS
from .manifest import Manifest

_BLOCK = 1 << 20  # values looked at at once
_MOST = 1e12  # no weight, scale or number of anything comes near it


class Contents:
    """What is wrong with the arrays of a version, found by their shapes at once and by their values when asked."""

    def __init__(self, version: Path, manifest: Manifest) -> None:
        self._version, self._folder = version, version
        self._manifest = manifest
        self._later: list[Callable[[], str]] = []
        self.problems: list[str] = []
        rows, texts, dimensions = manifest.rows, manifest.texts, manifest.encoder.dimensions
        if rows < 1 or texts < 1:
            self.problems.append(f"it has {rows:,} tags and {texts:,} texts")
            return
        self._tags(rows)
        self._dense(rows, texts, dimensions)
        self._lexical(rows)
        self._words(rows)
        if self._has(SPARSE, "terms.npy"):
            self._sparse(rows, texts)
        if self._has(LATE, "rows.npy"):
            self._late(rows, dimensions)
        if self._has(COOCCURRENCE, "starts.npy"):
            self._cooccurrence(rows)

    def values(self) -> list[str]:
        """What is wrong with the values, one sentence an array; reads all of them. Only for shapes without problems."""
        return [problem for check in self._later if (problem := check())]

    # The arrays of each folder, as its channel reads them.

    def _has(self, folder: str, name: str) -> bool:
        return f"{folder}/{name}" in self._manifest.files

    def _tags(self, rows: int) -> None:
        self._folder = self._version / STORE
        self._offsets("offsets", rows, self._size("corpus.jsonl"))
        self._column("post_count", np.int32, (rows,), low=0)
        self._column("category", np.uint8, (rows,))
        self._column("deprecated", np.bool_, (rows,))
        keys = self._length("keys")
        self._column("keys", np.uint64, (keys,), ascends=True)
        self._column("key_rows", np.int32, (keys,), below=rows)
        self._column("key_kinds", np.uint8, (keys,))
        if self._has(STORE, "rating.npy"):
            self._column("rating", np.uint8, (rows,))

    def _dense(self, rows: int, texts: int, dimensions: int) -> None:
        self._folder = self._version / DENSE
        self._raw("vectors.i8", texts * dimensions)
        self._raw_floats("scales.f32", texts)
        self._column("kinds", np.uint8, (texts,), below=5)
        self._offsets("starts", rows, texts)
        self._column("sketch", np.uint64, (-(-dimensions // 64), texts))
        self._column("hubness", np.uint8, (texts,))
        self._column("hashes", np.uint64, (texts if self._length("hashes") else 0,))  # none of coarse vectors

    def _lexical(self, rows: int) -> None:
        self._folder = self._version / LEXICAL
        self._column("shape", np.uint8, (rows, 4))
        for view in VIEWS:
            self._folder = self._version / LEXICAL / view.name
            names = self._length("scales")
            self._offsets("name_starts", rows, names, np.uint32)
            self._terms(names)

    def _words(self, rows: int) -> None:
        self._folder = self._version / WORDS
        words = self._length("vocabulary")
        self._column("vocabulary", np.uint64, (words,), ascends=True)
        self._folder = self._version / WORDS / "tags"
        self._terms(rows)
        self._folder = self._version / WORDS / "dictionary"
        self._lists(words)
        self._column("weights", np.float32, (self._length("documents"),))

    def _sparse(self, rows: int, texts: int) -> None:
        self._folder = self._version / SPARSE
        self._offsets("text_starts", rows, texts)
        self._lists(texts)
        self._column("weights", np.float32, (self._length("documents"),))

    def _late(self, rows: int, dimensions: int) -> None:
        self._folder = self._version / LATE
        kept = self._length("rows")
        tokens = self._size("scales.f32") // 4
        self._raw("vectors.i8", tokens * dimensions)
        self._raw_floats("scales.f32", tokens)
        self._column("rows", np.int32, (kept,), below=rows, ascends=True)
        starts = self._column("starts", np.int64, (kept,), low=0)
        counts = self._column("counts", np.int64, (kept,), low=0, below=tokens + 1)
        if starts is not None and counts is not None:
            where = self._folder
            self._later.append(lambda: _outside(starts, counts, tokens, f"{where.name}/starts.npy"))

    def _cooccurrence(self, rows: int) -> None:
        self._folder = self._version / COOCCURRENCE
        pairs = self._length("others")
        self._offsets("starts", min(rows, self._length("starts") - 1), pairs)
        self._column("others", np.int32, (pairs,), below=rows)
        self._column("counts", np.int32, (pairs,), low=0)

    def _terms(self, documents: int) -> None:
        """The files of channels/terms.py and channels/postings.py."""
        self._column("scales", np.float32, (documents,))
        terms, common = self._length("terms"), self._length("common")
        self._column("terms", np.uint64, (terms,), ascends=True)
        numbers = self._column("common", np.int32, (min(common, COMMON, terms),), below=terms, ascends=True)
        if numbers is not None:  # a number that stood twice would lead beyond the rare terms
            name = f"{self._name('common')}.npy"
            self._later.append(lambda: _repeats(numbers, name))
        places = self._length("document_terms")
        self._column("document_terms", np.uint16, (places,), below=common)
        self._offsets("document_starts", documents, places, np.uint32)
        blocks = blocks_of(documents)
        lower = self._column("documents", np.uint16, (places,))
        starts = self._offsets("blocks", common * blocks, places, np.uint32)
        if lower is not None and starts is not None:
            last, label = slice(blocks - 1, None, blocks), f"{self._name('documents')}.npy"
            self._later.append(lambda: _beyond(lower, starts[:-1][last], starts[1:][last], documents % BLOCK, label))
        rare = self._length("rare_documents")
        self._column("rare_documents", np.int32, (rare,), below=documents)
        self._offsets("rare_starts", terms - common, rare, np.uint32)

    def _lists(self, documents: int) -> None:
        """The files of channels/inverted.py."""
        terms, postings = self._length("terms"), self._length("documents")
        self._column("terms", np.uint64, (terms,), ascends=True)
        self._offsets("starts", terms, postings)
        self._column("documents", np.int32, (postings,), below=documents)

    def _name(self, name: str) -> str:
        return (self._folder / name).relative_to(self._version).as_posix()

    def _size(self, name: str) -> int:
        try:
            return (self._folder / name).stat().st_size
        except OSError:
            self.problems.append(f"{self._name(name)} is missing")
            return 0

    def _open(self, name: str) -> AnyArray | None:
        try:
            return map_array(self._folder / f"{name}.npy")
        except IndexDamagedError as error:
            self.problems.append(str(error))
        except OSError:
            self.problems.append(f"{self._name(name)}.npy is missing")
        return None

    def _length(self, name: str) -> int:
        try:
            return len(map_array(self._folder / f"{name}.npy"))
        except (IndexDamagedError, OSError, TypeError):
            return 0  # `_column` of the same array says what is wrong

    def _raw(self, name: str, size: int) -> None:
        if self._size(name) != size:
            self.problems.append(f"{self._name(name)} has {self._size(name):,} bytes instead of {size:,}")

    def _raw_floats(self, name: str, count: int) -> None:
        self._raw(name, 4 * count)
        path, label = self._folder / name, self._name(name)
        self._later.append(
            lambda: _bad_value(np.memmap(path, np.float32, "r") if count else np.zeros(0), None, None, label)
        )

    def _column(
        self,
        name: str,
        dtype: npt.DTypeLike,
        shape: tuple[int, ...],
        *,
        low: int | None = None,
        below: int | None = None,
        ascends: bool = False,
    ) -> AnyArray | None:
        """An array of this type and shape; later, that its values ascend, and are from `low` (0 with `below`) to below `below`."""
        array, label = self._open(name), f"{self._name(name)}.npy"
        if array is None:
            return None
        if array.dtype != np.dtype(dtype) or array.shape != shape:
            self.problems.append(f"{label} holds {array.dtype}{array.shape} instead of {np.dtype(dtype)}{shape}")
            return None
        if low is not None or below is not None or array.dtype.kind == "f":
            self._later.append(lambda: _bad_value(array, 0 if low is None and below is not None else low, below, label))
        if ascends:
            self._later.append(lambda: _descends(array, label))
        return array

    def _offsets(self, name: str, count: int, end: int, dtype: npt.DTypeLike = np.int64) -> AnyArray | None:
        """The bounds of `count` parts of something that has `end` items."""
        array, label = self._column(name, dtype, (count + 1,)), f"{self._name(name)}.npy"
        if array is None:
            return None
        if int(array[0]) != 0 or int(array[-1]) != end:
            self.problems.append(f"{label} goes from {int(array[0]):,} to {int(array[-1]):,} instead of 0 to {end:,}")
        self._later.append(lambda: _descends(array, label))
        return array


def _bad_value(array: AnyArray, low: int | None, below: int | None, label: str) -> str:
    flat = array.reshape(-1)
    for start in range(0, len(flat), _BLOCK):
        block = flat[start : start + _BLOCK]
        least, most = float(block.min()), float(block.max())
        if not max(abs(least), abs(most)) < _MOST:  # and NaN
            return f"{label} holds a number that is not finite"
        if (low is not None and least < low) or (below is not None and most >= below):
            return f"{label} holds {least:.0f} to {most:.0f}, outside {low} to {below}"
    return ""


def _descends(array: AnyArray, label: str) -> str:
    for start in range(0, max(0, len(array) - 1), _BLOCK):
        block = array[start : start + _BLOCK + 1]
        if (block[1:] < block[:-1]).any():
            return f"{label} does not ascend"
    return ""


def _repeats(array: AnyArray, label: str) -> str:
    return f"{label} holds a number twice" if (array[1:] == array[:-1]).any() else ""


def _beyond(lower: AnyArray, begins: AnyArray, ends: AnyArray, rest: int, label: str) -> str:
    """Of the last block of documents, which holds `rest` of them (0: all that it can), whether a posting lies behind them."""
    for start in range(0, len(begins) if rest else 0, _BLOCK // 16):
        part = slice(start, start + _BLOCK // 16)
        if (ends[part] < begins[part]).any() or int((ends[part] - begins[part]).sum()) > len(lower):
            return ""  # `_descends` says what is wrong
        items, _ = flat_ranges(begins[part], ends[part])
        if len(items) and int(lower.take(items).max()) >= rest:
            return f"{label} holds a document behind the last one"
    return ""


def _outside(starts: AnyArray, counts: AnyArray, end: int, label: str) -> str:
    return f"{label} leads beyond the last token" if ((starts > end) | (starts + counts > end)).any() else ""
