"""CSV and TSV files, with a heading or in one of the common forms without."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice

from .rows import ByteSource, Note, Row

# Forms without a heading, by kind and number of columns. Further columns are left out.
_FORMS: dict[str, dict[int, tuple[str, ...]]] = {
    "tags": {
        1: ("tag",),
        2: ("tag", "post_count"),
        3: ("tag", "category", "post_count"),
        4: ("tag", "category", "post_count", "aliases"),
    },
    "translations": {2: ("tag", "translation"), 3: ("tag", "category", "translation")},
    "cooccurrence": {3: ("tag_a", "tag_b", "count")},
    "tag_aliases": {2: ("antecedent_name", "consequent_name")},
    "tag_implications": {2: ("antecedent_name", "consequent_name")},
}


class UnknownFormError(Exception):
    """The columns of a file cannot be recognised; the argument is its first row."""


def read_delimited(source: ByteSource, kind: str, is_heading: Callable[[list[str]], bool], note: Note) -> Iterator[Row]:
    """Rows of a CSV or TSV file; `kind` may be empty.

    The first line tells the delimiter, and whether it is a heading.

    :raises UnknownFormError: there is no heading with a known column, and no common form without one.
    """
    records = _records(source, note)
    first = list(islice(records, 2))
    if not first:
        return
    heading = is_heading(first[0][1])
    columns = tuple(cell.strip() for cell in first[0][1]) if heading else _form([cells for _, cells in first], kind)
    if not columns:
        raise UnknownFormError(first[0][1])
    for line, cells in chain(first[1:] if heading else first, records):
        if len(cells) < 2 <= len(columns) or (len(cells) > len(columns) and any(cells[len(columns) :])):
            note("row", line, f"{len(cells)} columns, not {len(columns)}")
            continue
        yield line, dict(zip(columns, cells, strict=False))


class _Lines:
    """Numbered lines of a source as a CSV reader takes them; those of the record at hand can be given back."""

    def __init__(self, source: ByteSource, note: Note) -> None:
        self._source = source.text_lines(note)
        self._back: deque[tuple[int, str]] = deque()
        self.taken: list[tuple[int, str]] = []  # the lines of the record being read

    def __iter__(self) -> Iterator[str]:
        while True:
            line = self._back.popleft() if self._back else next(self._source, None)
            if line is None:
                return
            self.taken.append(line)
            yield line[1]

    def give_back(self) -> None:
        """Read all lines of the record but its first once more."""
        self._back.extendleft(reversed(self.taken[1:]))


def _records(source: ByteSource, note: Note) -> Iterator[tuple[int, list[str]]]:
    """Numbered records; a record may span lines, its number is that of its first.

    A quote that is never closed, or that closes in a later row, would swallow rows: such a record costs its first line alone.
    """
    delimiter, lines = _delimiter(source), _Lines(source, note)
    columns = 0
    while True:
        # A reader that has seen the end of its lines stays there, so one that failed at the end is of no more use.
        reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
        failed = False
        while not failed:
            lines.taken.clear()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                failed, why = True, str(error)
            else:
                failed, why = _swallowed(cells, columns, delimiter, len(lines.taken)), "a quote is not closed"
            number = lines.taken[0][0]
            if failed:
                note("row", number, why)
                lines.give_back()
            elif any(cells):
                columns = columns or len(cells)
                yield number, cells


def _swallowed(cells: list[str], columns: int, delimiter: str, lines: int) -> bool:
    """Whether a record of several lines is one row and, in quotes, others: cells are missing, or one holds a whole row."""
    if lines < 2:
        return False
    # Long texts have commas and lines, but they stand in no first column; no text has tabs.
    return len(cells) < columns or any(delimiter in cell for cell in (cells if delimiter == "\t" else cells[:1]))


def _delimiter(source: ByteSource) -> str:
    first = source.head().split(b"\n", 1)[0]
    return "\t" if b"\t" in first else ";" if b"," not in first and b";" in first else ","


def _form(first: list[list[str]], kind: str) -> tuple[str, ...]:
    """The columns of a file without a heading, from its kind or from where its first row has numbers."""
    if not kind and _is_unknown_heading(*first):
        return ()
    cells = first[0]
    forms = _FORMS.get(kind or _guess(cells), {})
    return forms.get(len(cells)) or (forms[max(forms)] if forms and len(cells) > max(forms) else ())


def _is_unknown_heading(cells: list[str], second: Sequence[str] = ()) -> bool:
    """Whether a first row names columns that nobody knows: the row after it has a number where this one has words."""
    pairs = list(zip(cells, second, strict=False))[1:]
    return any(word.strip() and not _is_number(word) and _is_number(value) for word, value in pairs)


def _is_number(cell: str) -> bool:
    return cell.strip().isdigit()


def _guess(cells: list[str]) -> str:
    number = [_is_number(cell) for cell in cells]
    if len(cells) >= 3 and number[1] and number[2]:
        return "tags"
    if len(cells) == 3:
        return "cooccurrence" if number[2] and cells[1] else "translations" if number[1] or not cells[1] else ""
    if len(cells) == 2:
        return "tags" if number[1] else "translations"
    return ""
