"""A source as rows: opened by what its first bytes are, each row with its line number and named values."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from ..errors import CorpusError
from ..storage.foreign import DISK, PACKED, at

MAX_LINE_BYTES = 1 << 24

Row = tuple[int, dict[str, Any]]
Note = Callable[[str, int, str], None]  # kind of notice, line, what


class ByteSource:
    """A file, unpacked when it is gzip by its first bytes. `bytes_read` counts the bytes on disk, for progress."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with at(DISK, lambda why: CorpusError(f"The source {path} cannot be read: {why}.", hint="Check the path.")):
            self._raw: IO[bytes] = path.open("rb")
            self.total_bytes = path.stat().st_size
            packed = self._raw.read(2) == b"\x1f\x8b"
        self._raw.seek(0)
        self.stream: IO[bytes] = io.BufferedReader(gzip.GzipFile(fileobj=self._raw), 1 << 18) if packed else self._raw
        self.packed = packed

    @property
    def bytes_read(self) -> int:
        """Bytes of the file on disk that were read so far."""
        return self._raw.tell()

    def head(self, size: int = 4096) -> bytes:
        """The first bytes after unpacking, without a byte order mark; for a source just opened."""
        head = self.read(size)
        self.stream.seek(0)
        return head.removeprefix(b"\xef\xbb\xbf")

    def read(self, size: int) -> bytes:
        """The next bytes; a damaged file is a CorpusError."""
        with at(PACKED, self._damaged):
            return self.stream.read(size)

    def text_lines(self, note: Note) -> Iterator[tuple[int, str]]:
        """Numbered lines of UTF-8 text; a line that is not, or is longer than 16 MiB, is noted and left out."""
        number = 0
        with at(PACKED, self._damaged):
            while raw := self.stream.readline(MAX_LINE_BYTES):
                number += 1
                if number == 1:
                    raw = raw.removeprefix(b"\xef\xbb\xbf")
                while len(raw) >= MAX_LINE_BYTES and not raw.endswith(b"\n"):
                    note("row", number, f"the line is longer than {MAX_LINE_BYTES:,} bytes")
                    raw = self._rest_of_line()
                try:
                    yield number, raw.decode("utf-8")
                except UnicodeDecodeError as error:
                    note("row", number, f"not UTF-8 at byte {error.start + 1}")

    def _rest_of_line(self) -> bytes:
        while part := self.stream.readline(MAX_LINE_BYTES):
            if part.endswith(b"\n"):
                break
        return b""

    def _damaged(self, why: str) -> CorpusError:
        return CorpusError(f"The source {self.path} is damaged: {why}.", hint="Download or make the file again.")

    def __enter__(self) -> ByteSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stream.close()
        self._raw.close()
