"""Growing raw files that a broken build can go on with: truncated to where the checkpoint was, then appended to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt


class RawFile:
    """Values of one type, appended to a file. Reopened at `start` values, what came after them is cut off."""

    def __init__(self, path: Path, dtype: npt.DTypeLike, *, start: int = 0) -> None:
        self.path, self.dtype, self.count = path, np.dtype(dtype), start
        self._file: IO[bytes] = path.open("r+b" if path.exists() else "w+b")
        self._file.truncate(start * self.dtype.itemsize)
        self._file.seek(0, os.SEEK_END)

    def append(self, values: npt.ArrayLike) -> None:
        """Append values of any shape, in C order."""
        array = np.ascontiguousarray(values, self.dtype)
        self._file.write(array.tobytes())
        self.count += array.size

    def flush(self) -> None:
        """Bring everything to the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def map_raw(path: Path, dtype: npt.DTypeLike, columns: int = 0) -> npt.NDArray[Any]:
    """Map a raw file read-only, as (n,) or with `columns` as (n, columns); an empty one is an empty array."""
    width = columns or 1
    count = path.stat().st_size // (np.dtype(dtype).itemsize * width)
    shape = (count, columns) if columns else (count,)
    return np.memmap(path, dtype, "r", shape=shape) if count else np.zeros(shape, dtype)
