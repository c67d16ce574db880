"""What came from where and what was dropped, with line numbers: all counted, the first kept, all in a file."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO

KEPT = 20

# What can happen to a row or value -> how it reads in a summary.
NOTICES = {
    "row": "rows dropped",
    "value": "values dropped",
    "unlisted": "rows dropped, since no source lists their tag",
    "inactive": "rows dropped, since they are deleted or not active",
    "repeated": "rows merged into an earlier row of the same file",
    "folded": "aliases that were rows, folded into their tags",
    "kept": "aliases that could not be folded",
}


@dataclass(slots=True)
class SourceSummary:
    """One source: what it was taken for, its rows, how often it `gave` a field of the result, and unknown columns."""

    name: str
    kind: str
    rows: int = 0
    gave: Counter[str] = field(default_factory=Counter)
    unused_columns: list[str] = field(default_factory=list)


@dataclass(slots=True)
class PrepareReport:
    """The outcome: sources in order, notices by kind (all counted, the first 20 kept), and the corpus in figures."""

    sources: list[SourceSummary] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    notices: dict[str, list[str]] = field(default_factory=dict)
    tags: Counter[str] = field(default_factory=Counter)
    pairs: int = 0
    pairs_file: Path | None = None
    seconds: float = 0.0


class NoticeFile:
    """Takes notices. With a path each is also a line there, `kind<TAB>source<TAB>line<TAB>what`."""

    def __init__(self, report: PrepareReport, path: Path | None) -> None:
        self._report = report
        self._path = path
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp") if path else None
        self._file: IO[str] | None = None

    def __call__(self, kind: str, source: str, line: int, what: str) -> None:
        """Count one notice, and keep or write it."""
        self._report.counts[kind] += 1
        kept = self._report.notices.setdefault(kind, [])
        if len(kept) < KEPT:
            kept.append(f"{source}, line {line}: {what}")
        if self._file:
            self._file.write(f"{kind}\t{source}\t{line}\t{' '.join(what.split())}\n")

    def __enter__(self) -> NoticeFile:
        if self._temporary:
            # A notice may quote broken Unicode, which is what it is about.
            self._file = self._temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file and self._temporary and self._path:
            self._file.close()
            # What was found until an error is worth reading too.
            self._temporary.replace(self._path)
