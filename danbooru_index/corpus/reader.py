"""Reading a corpus file: every good record in order, every bad line with its number and reason."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from ..errors import CorpusError
from ..records import TagRecord
from ..storage.foreign import DISK, PACKED, at
from .lexicon import NO_LEXICON, Lexicon
from .line import LineError, parse_line

MAX_LINE_BYTES = 1 << 20
MAX_KEPT_PROBLEMS = 1000
MAX_REASON_CHARS = 300
_BREATH = 1 << 20  # bytes between two calls of `pause`, each line counting _LINE more
_LINE = 64
_BOM = "\ufeff"


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
    `lexicon` adds its names and ratings to every record. `pause` is called about once per mebibyte, good lines or not, and what
    it raises ends the reading. `size` is the number of bytes so far (uncompressed); `bytes_read` against `total_bytes`
    (both of the file on disk) is for progress.
    """

    def __init__(
        self, path: Path, *, strict: bool = True, lexicon: Lexicon = NO_LEXICON, pause: Callable[[], None] | None = None
    ) -> None:
        """Open the file; raises CorpusError when it is not a file, or cannot be read."""
        self.path = path
        self.size = 0
        self._pause = pause
        self._lexicon = lexicon
        self.strict = strict
        self.good = 0
        self.bad = 0
        self.problems: list[LineProblem] = []
        self._hash = hashlib.sha256()
        self._seen: set[str] = set()
        hint = "Check the path; a corpus is a .jsonl or .jsonl.gz file."
        with at(DISK, lambda why: CorpusError(f"The corpus {path} cannot be read: {why}.", hint=hint)):
            if path.exists() and not path.is_file():
                # A device or a pipe may never end, and cannot be read twice.
                raise OSError("it is not a regular file")
            self.total_bytes = path.stat().st_size
            self._raw: IO[bytes] = path.open("rb")
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
            if raw.isspace():
                continue
            try:
                text = self._decode(raw)
                # Some editors put a byte order mark before the first line.
                text = text.removeprefix(_BOM) if number == 1 else text
                if not text.strip():
                    continue
                record = parse_line(text)
                if record.tag in self._seen:
                    raise LineError(f"the tag {record.tag} is already on an earlier line")
            except LineError as error:
                self._report(LineProblem(number, _short(str(error))))
                continue
            self._seen.add(record.tag)
            self.good += 1
            yield self._lexicon.enrich(record)

    def raw_lines(self) -> Iterator[bytes]:
        """The lines as they are in the file, which the hash is taken of; of one that is too long, its first MAX_LINE_BYTES."""
        inside, work = False, 0
        hint = "Download or make the file again."
        with at(PACKED, lambda why: CorpusError(f"The corpus {self.path} is damaged: {why}.", hint=hint)):
            while raw := self._stream.readline(MAX_LINE_BYTES):
                self._hash.update(raw)
                self.size += len(raw)
                work += len(raw) + _LINE
                if self._pause is not None and work >= _BREATH:
                    work = 0
                    self._pause()
                if not inside:
                    yield raw
                inside = not raw.endswith(b"\n")

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


def _short(reason: str) -> str:
    return reason if len(reason) <= MAX_REASON_CHARS else f"{reason[:MAX_REASON_CHARS]}…"


def corpus_sha256(path: Path) -> str:
    """The hash of a corpus, of what a .gz has inside, as that of a manifest is."""
    found = hashlib.sha256()
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        while chunk := file.read(1 << 20):
            found.update(chunk)
    return found.hexdigest()


def read_corpus(path: Path, *, strict: bool = True) -> list[TagRecord]:
    """All records of a small corpus at once; see CorpusReader for what is accepted and raised."""
    with CorpusReader(path, strict=strict) as reader:
        return list(reader)
