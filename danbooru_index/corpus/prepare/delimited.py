"""CSV and TSV files, with a heading or in one of the common forms without."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator

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


def read_delimited(source: ByteSource, kind: str, is_heading: Callable[[list[str]], bool], note: Note) -> Iterator[Row]:
    """Rows of a CSV or TSV file; `kind` may be empty. Nothing is yielded when the form cannot be told.

    The first line tells the delimiter, and whether it is a heading.
    """
    columns: tuple[str, ...] = ()
    for line, cells in _records(source, note):
        if not columns:
            heading = is_heading(cells)
            columns = tuple(cell.strip() for cell in cells) if heading else _form(cells, kind)
            if not columns:
                return
            if heading:
                continue
        if len(cells) < 2 <= len(columns) or (len(cells) > len(columns) and any(cells[len(columns) :])):
            note("row", line, f"{len(cells)} columns, not {len(columns)}")
            continue
        yield line, dict(zip(columns, cells, strict=False))


def _records(source: ByteSource, note: Note) -> Iterator[tuple[int, list[str]]]:
    """Numbered records; a record may span lines, its number is that of its first."""
    taken: list[int] = []  # the lines of the record being read

    def lines() -> Iterator[str]:
        for number, text in source.text_lines(note):
            taken.append(number)
            yield text

    reader = csv.reader(lines(), delimiter=_delimiter(source), strict=True)
    while True:
        taken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            note("row", taken[0], f"{error}" + (f", lines {taken[0]} to {taken[-1]}" if len(taken) > 1 else ""))
            continue
        if any(cells):
            yield taken[0], cells


def _delimiter(source: ByteSource) -> str:
    first = source.head().split(b"\n", 1)[0]
    return "\t" if b"\t" in first else ";" if b"," not in first and b";" in first else ","


def _form(cells: list[str], kind: str) -> tuple[str, ...]:
    """The columns of a file without a heading, from its kind or from where its first row has numbers."""
    forms = _FORMS.get(kind or _guess(cells), {})
    return forms.get(len(cells)) or (forms[max(forms)] if forms and len(cells) > max(forms) else ())


def _guess(cells: list[str]) -> str:
    number = [cell.strip().isdigit() for cell in cells]
    if len(cells) >= 3 and number[1] and number[2]:
        return "tags"
    if len(cells) == 3:
        return "cooccurrence" if number[2] and cells[1] else "translations" if number[1] or not cells[1] else ""
    if len(cells) == 2:
        return "tags" if number[1] else "translations"
    return ""
