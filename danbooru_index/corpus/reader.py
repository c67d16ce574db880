"""Reading a corpus file: every good record in order, every bad line with its number and reason."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from ..errors import CorpusError
from ..records import TagRecord
from .lexicon import NO_LEXICON, Lexicon
from .line import LineError, parse_line

MAX_LINE_BYTES = 1 << 20
MAX_KEPT_PROBLEMS = 1000


@dataclass(frozen=True, slots=True)
class LineProblem:
    """One line that could not be used."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class CorpusReader:
    """Iterates the records of a JSONL file (plain or .gz; UTF-8 with or without BOM; any line end; blank lines skipped).

    Strict: the first bad line raises CorpusError. Tolerant: bad lines are counted in `bad` and the first 1,000 are
    kept in `problems`. After the last record `sha256` is the hash of the file's bytes (uncompressed).
    `lexicon` adds its names and ratings to every record. `bytes_read` against `total_bytes` (both of the file on disk) is for progress.
    """

    def __init__(self, path: Path, *, strict: bool = True, lexicon: Lexicon = NO_LEXICON) -> None:
        self.path = path
        self._lexicon = lexicon
        self.strict = strict
        self.good = 0
        self.bad = 0
        self.problems: list[LineProblem] = []
        self._hash = hashlib.sha256()
        self._seen: set[str] = set()
        try:
            self.total_bytes = path.stat().st_size
            self._raw: IO[bytes] = path.open("rb")
        except OSError as error:
            raise CorpusError(
                f"The corpus {path} cannot be read: {error.strerror or error}.",
                hint="Check the path; a corpus is a .jsonl or .jsonl.gz file.",
            ) from error
        self._stream: IO[bytes] = gzip.GzipFile(fileobj=self._raw) if path.suffix == ".gz" else self._raw  # type: ignore[assignment]

    def __enter__(self) -> CorpusReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        self._raw.close()

    @property
    def bytes_read(self) -> int:
        """Bytes of the file on disk that were read so far."""
        return self._raw.tell() if not self._raw.closed else self.total_bytes

    @property
    def sha256(self) -> str:
        """Hash of what was read so far."""
        return self._hash.hexdigest()

    def __iter__(self) -> Iterator[TagRecord]:
        for number, raw in enumerate(self.raw_lines(), start=1):
            if not raw.strip():
                continue
            try:
                record = parse_line(self._decode(raw))
                if record.tag in self._seen:
                    raise LineError(f"the tag {record.tag} stands on an earlier line already")
            except LineError as error:
                self._report(LineProblem(number, str(error)))
                continue
            self._seen.add(record.tag)
            self.good += 1
            yield self._lexicon.enrich(record)

    def raw_lines(self) -> Iterator[bytes]:
        """The lines as they stand in the file, without a BOM; they make the hash."""
        first = True
        try:
            while raw := self._stream.readline(MAX_LINE_BYTES):
                self._hash.update(raw)
                if first:
                    raw, first = raw.removeprefix(b"\xef\xbb\xbf"), False
                yield raw
        except (OSError, EOFError, zlib.error) as error:
            raise CorpusError(
                f"The corpus {self.path} is damaged: {error}.", hint="Download or make the file again."
            ) from error

    @staticmethod
    def _decode(raw: bytes) -> str:
        if len(raw) >= MAX_LINE_BYTES and not raw.endswith(b"\n"):
            raise LineError(f"the line is longer than {MAX_LINE_BYTES:,} bytes")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise LineError(f"not UTF-8 at byte {error.start + 1}") from error

    def _report(self, problem: LineProblem) -> None:
        if self.strict:
            raise CorpusError(
                f"{self.path}, {problem}.",
                hint="Correct that line, or pass --tolerant to skip bad lines and count them.",
            )
        self.bad += 1
        if len(self.problems) < MAX_KEPT_PROBLEMS:
            self.problems.append(problem)


def read_corpus(path: Path, *, strict: bool = True) -> list[TagRecord]:
    """All records of a small corpus at once; see CorpusReader for what is accepted and raised."""
    with CorpusReader(path, strict=strict) as reader:
        return list(reader)
