"""Small file operations that must not leave anything half-written.

numpy is imported by the operations on arrays alone: a command that only compares sizes and hashes does without.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from ..errors import IndexDamagedError
from .foreign import ARRAY, at
from .macos import flushed_to_medium

if TYPE_CHECKING:
    import numpy.typing as npt

_HASH_BLOCK = 1 << 20
_READER_SECONDS = 2.0
_OPEN = (errno.EACCES, errno.EPERM, errno.EBUSY, errno.ETXTBSY)  # what systems say of a file that somebody reads
_VERIFY = "Run danbooru-index verify, then build or fetch the index again."


def write_text_atomically(path: Path, text: str) -> None:
    """Write a small file under a temporary name, flush it to the disk and rename it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            to_disk(file)
        _replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def to_disk(file: IO[Any]) -> None:
    """Bring a file to the disk, on macOS with all that was synced before it: what names other files is written last."""
    file.flush()
    if not flushed_to_medium(file.fileno()):
        os.fsync(file.fileno())


def _replace(temporary: Path, path: Path) -> None:
    """Rename over a file; on Windows and its file servers a reader who has it open just now forbids that, and is waited for."""
    until = time.monotonic() + _READER_SECONDS
    while True:
        try:
            temporary.replace(path)
            return
        except OSError as error:
            if error.errno not in _OPEN or time.monotonic() > until:
                raise
            time.sleep(0.02)


def write_json_atomically(path: Path, value: Any) -> None:
    """Write JSON for people and programs."""
    write_text_atomically(path, json_text(value))


def json_text(value: Any) -> str:
    """JSON for people and programs: indented, sorted keys, with a line end."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASH_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def save_array(path: Path, array: npt.NDArray[Any]) -> None:
    """Save one .npy file, without pickle."""
    import numpy as np

    np.save(path, array, allow_pickle=False)


def map_array(path: Path) -> npt.NDArray[Any]:
    """Map one .npy file read-only; an empty array is made, since nothing can be mapped.

    Its header is checked before anything is reserved. A plain array over the mapping: numpy.memmap itself makes every slice
    several times slower.

    :raises IndexDamagedError: it is not an .npy file, holds objects, or its length is not the one in its header.
    """
    import numpy as np

    with at(ARRAY, lambda why: IndexDamagedError(f"{path} cannot be read: {why}.", hint=_VERIFY)):
        with path.open("rb") as file:
            shape, by_columns, dtype = _read_header(file)
            start = file.tell()
            if dtype.hasobject or start + math.prod(shape) * dtype.itemsize != os.fstat(file.fileno()).st_size:
                raise ValueError("its length is not the one in its header")
        if not math.prod(shape):
            return np.zeros(shape, dtype)
        return np.asarray(np.memmap(path, dtype, "r", start, shape, "F" if by_columns else "C"))


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, Any]:
    """Shape, order and type of an .npy file; raises ValueError."""
    import tokenize

    from numpy.lib import format as npy

    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    version = npy.read_magic(file)
    if version not in readers:
        raise ValueError(f"it has the format version {version}")
    try:
        shape, by_columns, dtype = readers[version](file)
    except (ValueError, SyntaxError, MemoryError, RecursionError, tokenize.TokenError) as error:
        # It is read as Python, whose errors repeat all of what they could not read.
        raise ValueError("its header is damaged") from error
    if any(length < 0 for length in shape):
        raise ValueError(f"its shape is {shape}")
    return shape, by_columns, dtype


class AppendFile:
    """A file of equal items that only grows; reopened, it continues after `start` items and drops what came after them."""

    def __init__(self, path: Path, dtype: npt.DTypeLike, *, start: int = 0, width: int = 1) -> None:
        """An item is `width` values of `dtype`.

        :raises IndexDamagedError: the file is shorter than `start` items.
        """
        import numpy as np

        self._dtype = np.dtype(dtype)
        size = start * width * self._dtype.itemsize
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("r+b" if path.exists() else "w+b")
        if self._file.seek(0, os.SEEK_END) < size:
            self._file.close()
            raise IndexDamagedError(
                f"{path} is shorter than its checkpoint says.",
                hint="Start the build again: --restart, in the node unfinished = restart.",
            )
        self._file.truncate(size)
        self._file.seek(size)

    def append(self, items: npt.ArrayLike) -> None:
        """Append items, converted to the file's type."""
        import numpy as np

        self._file.write(np.ascontiguousarray(items, self._dtype).tobytes())

    def flush(self) -> None:
        """Bring everything to the disk, so that a checkpoint may count it."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Growing(Protocol):
    """What is written piece by piece."""

    def flush(self) -> None:
        """Bring everything to the disk."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


class GrowsTogether:
    """A writer of several files that grow together, which `_files` gives."""

    def _files(self) -> Iterable[Growing]:
        raise NotImplementedError

    def flush(self) -> None:
        """Bring everything to the disk, so that a checkpoint may name `count`."""
        for file in self._files():
            file.flush()

    def close(self) -> None:
        """Close the files."""
        for file in self._files():
            file.close()
