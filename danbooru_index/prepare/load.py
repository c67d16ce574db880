"""One source into the store: opened by its first bytes, its kind recognised by its columns, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from ..corpus.parquet import read_parquet
from ..errors import CorpusError, InputError
from .columns import TableColumns, parse_count
from .delimited import UnknownFormError, read_delimited
from .fact import Fact
from .facts_store import FactStore
from .json_rows import read_json
from .kinds import ANNOTATIONS, KINDS, fact_reader, is_heading, kind_of
from .name_rules import ValueProblem, normalise_tag
from .prepare_report import SourceSummary
from .rows import ByteSource, Note, Row

_PROGRESS_ROWS = 10_000

OnRows = Callable[[int, int], None]  # bytes read, bytes in all (0: unknown)


def load_source(
    path: Path,
    name: str,
    number: int,
    kind: str,
    mapped: Mapping[str, str],
    store: FactStore,
    note: Note,
    on_rows: OnRows,
) -> SourceSummary:
    """Read one source into the store as source `number`; `kind` may be empty, `mapped` is column -> field.

    :raises InputError: the kind cannot be recognised.
    :raises CorpusError: the file is damaged, or has no row that can be used.
    """
    with ExitStack() as stack:
        noted = _FirstNotice(note)
        rows, position = _open_rows(stack, path, name, kind, mapped, noted)
        try:
            first = next(rows, None)
        except UnknownFormError as error:
            raise _unknown(name, error.args[0]) from error
        if first is None:
            raise _no_rows(name, noted.what)
        kind = kind or kind_of(first[1], name, mapped)
        if not kind:
            raise _unknown(name, first[1])
        summary = SourceSummary(name, kind)
        counted = _counted(chain([first], rows), summary, position, on_rows)
        if kind == "cooccurrence":
            store.add_pairs(number, _pairs(counted, note))
        else:
            table = TableColumns(first[1], mapped, note)
            read = fact_reader(kind, table, note)
            store.add(number, _facts(counted, read), lists=kind not in ANNOTATIONS)
            summary.unused_columns = table.unused if kind in ("tags", "translations") else []
    return summary


class _FirstNotice:
    """Passes notices on and keeps the first, which says why there are no rows when there are none."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self.what = ""

    def __call__(self, kind: str, line: int, what: str) -> None:
        self.what = self.what or f"line {line}: {what}"
        self._note(kind, line, what)


def _no_rows(name: str, why: str) -> CorpusError:
    if not why:
        return CorpusError(f"The source {name} has no rows.", hint="Check the file; it may not be whole.")
    hint = "Save it as UTF-8." if "not UTF-8" in why else "Check the file, one row or JSON object per line."
    return CorpusError(f"The source {name} has no rows that can be read ({why}).", hint=hint)


def _unknown(name: str, columns: Iterable[object]) -> InputError:
    return InputError(
        f"The kind of {name} cannot be recognised: its columns are {', '.join(map(str, columns))[:200]}.",
        hint=f"Say it: --kind {name}=KIND with one of {', '.join(KINDS)}; or name its columns: --column tag=COLUMN",
    )


def _open_rows(
    stack: ExitStack, path: Path, name: str, kind: str, mapped: Mapping[str, str], note: Note
) -> tuple[Iterator[Row], Callable[[], tuple[int, int]]]:
    """The rows of a file by what its first bytes are, and a function for how far they are read."""
    source = stack.enter_context(ByteSource(path))
    head = source.head()
    if head.startswith(b"PAR1"):
        return read_parquet(path), lambda: (0, 0)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CorpusError(f"The source {name} is UTF-16.", hint="Save it as UTF-8.")
    if head.lstrip()[:1] in (b"{", b"["):
        rows = read_json(source, note)
    else:
        rows = read_delimited(source, kind, partial(is_heading, name=name, mapped=mapped), note)
    return rows, lambda: (source.bytes_read, source.total_bytes)


def _counted(
    rows: Iterator[Row], summary: SourceSummary, position: Callable[[], tuple[int, int]], on_rows: OnRows
) -> Iterator[Row]:
    for row in rows:
        summary.rows += 1
        if summary.rows % _PROGRESS_ROWS == 0:
            on_rows(*position())
        yield row
    on_rows(*position())


def _facts(rows: Iterator[Row], read: Callable[[int, Mapping[str, Any]], Fact | None]) -> Iterator[Fact]:
    for line, row in rows:
        fact = read(line, row)
        if fact:
            yield fact


def _pairs(rows: Iterator[Row], note: Note) -> Iterator[tuple[int, str, str, int]]:
    """Pairs (line, tag, tag, posts); a pair of one tag with itself, or without posts, is noted and left out."""
    for line, row in rows:
        try:
            a, b, posts = (
                normalise_tag(row.get("tag_a")),
                normalise_tag(row.get("tag_b")),
                parse_count(row.get("count")),
            )
            if a == b or posts == 0:
                raise ValueProblem(f"{a} with itself" if a == b else f"{a}, {b}: no posts")
        except ValueProblem as problem:
            note("row", line, str(problem))
            continue
        yield line, a, b, posts
