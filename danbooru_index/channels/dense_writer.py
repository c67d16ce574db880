"""Writing the dense channel: vectors while the encoder runs, then what searching needs beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..arrays.types import FloatArray, Int8Array, UInt64Array
from ..storage.files import AppendFile, GrowsTogether, save_array
from .hubness import write_hubness
from .sketch import write_sketch
from .vectors import VectorFile, VectorWriter

HASHES_FILE = "hashes.npy"


class DenseWriter(GrowsTogether):
    """Appends the texts of tags with their vectors; reopened, it continues after `rows` tags and `texts` texts."""

    def __init__(self, folder: Path, parts: Path, dimensions: int, *, rows: int = 0, texts: int = 0) -> None:
        self._folder, self._parts, self._dimensions = folder, parts, dimensions
        self._vectors = VectorWriter(folder, dimensions, start=texts)
        self._kinds = AppendFile(parts / "kinds", np.uint8, start=texts)
        self._hashes = AppendFile(parts / "hashes", np.uint64, start=texts)
        self._counts = AppendFile(parts / "counts", np.uint16, start=rows)

    @property
    def count(self) -> int:
        """Texts that were appended."""
        return self._vectors.count

    def append(
        self, counts: Sequence[int], kinds: Sequence[int], hashes: UInt64Array, codes: Int8Array, scales: FloatArray
    ) -> None:
        """Append the texts of the next tags: `counts` is the number of texts of each tag, the others have one item per text."""
        self._counts.append(counts)
        self._kinds.append(kinds)
        self._hashes.append(hashes)
        self._vectors.append(codes, scales)

    def _files(self) -> tuple[VectorWriter | AppendFile, ...]:
        return self._vectors, self._kinds, self._hashes, self._counts

    def finish(self) -> None:
        """Write columns, sketches and hubness; may be repeated."""
        self.flush()
        counts = np.fromfile(self._parts / "counts", np.uint16)
        save_array(self._folder / "starts.npy", np.r_[np.int64(0), np.cumsum(counts, dtype=np.int64)])
        save_array(self._folder / "kinds.npy", np.fromfile(self._parts / "kinds", np.uint8))
        save_array(self._folder / HASHES_FILE, np.fromfile(self._parts / "hashes", np.uint64))
        vectors = VectorFile(self._folder, self._dimensions)
        write_sketch(self._folder, vectors)
        write_hubness(self._folder, vectors)
