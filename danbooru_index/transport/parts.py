"""An unfinished file: what a cut connection or a killed process leaves is kept, hashed again and continued."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

from ..storage.files import to_disk
from .listing import ExpectedFile

_BLOCK = 1 << 20


class PartFile:
    """A file that grows until it has the expected size and hash; `received` is how many bytes it holds.

    Every piece is handed to the system at once, so that a killed process loses none. Not safe for two writers: the
    caller holds the lock of the folder.
    """

    def __init__(self, path: Path, expected: ExpectedFile) -> None:
        """Open a part, new or kept; a kept one is read once for its hash. One that is too long is begun anew."""
        self._path = path
        self._expected = expected
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("r+b" if path.exists() else "x+b", buffering=0)
        self._hash = expected.hasher()
        self.received = 0
        self._absorb()

    def _absorb(self) -> None:
        if os.fstat(self._file.fileno()).st_size > self._expected.size:
            self._file.truncate(0)
        while block := self._file.read(_BLOCK):
            self._hash.update(block)
            self.received += len(block)

    @property
    def size(self) -> int:
        """How many bytes it is to have."""
        return self._expected.size

    @property
    def missing(self) -> int:
        """How many bytes are still to come."""
        return self._expected.size - self.received

    def write(self, piece: bytes) -> None:
        """Append a piece."""
        view = memoryview(piece)
        while view:
            # A raw file may take less than it was given, as when the disk is nearly full.
            view = view[self._file.write(view) :]
        self._hash.update(piece)
        self.received += len(piece)

    def restart(self) -> None:
        """Discard what was received."""
        self._file.seek(0)
        self._file.truncate()
        self._hash = self._expected.hasher()
        self.received = 0

    @property
    def is_right(self) -> bool:
        """Whether the content is the expected one."""
        return self.missing == 0 and bool(self._hash.hexdigest() == self._expected.digest)

    def finish(self, target: Path) -> None:
        """Bring the verified file to the disk and give it its name."""
        to_disk(self._file)
        self._file.close()
        target.parent.mkdir(parents=True, exist_ok=True)
        self._path.replace(target)

    def __enter__(self) -> PartFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
