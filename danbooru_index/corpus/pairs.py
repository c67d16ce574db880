"""Files that say how often two tags occur on the same post: read from CSV or Parquet, written as a gzipped CSV."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections.abc import Iterator
from pathlib import Path

from ..errors import CorpusError
from ..storage.foreign import TABLE, at
from .parquet import read_parquet

COLUMNS = ("tag_a", "tag_b", "count")


def pairs_path(output: Path) -> Path:
    """Where the co-occurrence pairs of a corpus are: `NAME.cooccurrence.csv.gz` beside `NAME.jsonl`."""
    return output.with_name(f"{output.name.removesuffix('.jsonl')}.cooccurrence.csv.gz")


def read_pairs(path: Path) -> Iterator[tuple[str, str, int]]:
    """(tag, tag, count) of a .csv, .csv.gz or .parquet file with the columns tag_a, tag_b and count.

    :raises CorpusError: a column is missing, or a value is not a count.
    :raises MissingDependencyError: a .parquet file, and pyarrow is not installed.
    """
    rows = _parquet_rows(path) if path.suffix.lower() == ".parquet" else _csv_rows(path)
    for number, (first, second, count) in enumerate(rows, start=1):
        try:
            yield str(first), str(second), int(str(count))
        except (TypeError, ValueError) as error:
            raise CorpusError(
                f"{path}, row {number}: {str(count)[:40]!r} is not a count.", hint="Write a whole number of posts."
            ) from error


def _csv_rows(path: Path) -> Iterator[tuple[object, object, object]]:
    hint = "Pass a UTF-8 .csv or a .parquet file."
    with at(TABLE, lambda why: CorpusError(f"{path} cannot be read: {why}.", hint=hint)):
        opened = gzip.open if path.suffix.lower() == ".gz" else open
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not set(COLUMNS) <= set(reader.fieldnames or ()):
                raise CorpusError(
                    f"{path} has the columns {str(reader.fieldnames)[:200]}.", hint=f"Name them {', '.join(COLUMNS)}."
                )
            for row in reader:
                yield row["tag_a"], row["tag_b"], row["count"]


def _parquet_rows(path: Path) -> Iterator[tuple[object, object, object]]:
    for _, row in read_parquet(path):
        if not set(COLUMNS) <= set(row):
            raise CorpusError(
                f"{path} has the columns {str(sorted(row))[:200]}.", hint=f"Name them {', '.join(COLUMNS)}."
            )
        yield row["tag_a"], row["tag_b"], row["count"]


def write_pairs(pairs: Iterator[tuple[str, str, int]], path: Path) -> int:
    """Write `tag_a,tag_b,count` as a gzipped CSV; the same pairs give the same bytes."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    count = 0
    try:
        with (
            temporary.open("wb") as raw,
            gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
            io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
        ):
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(COLUMNS)
            for pair in pairs:
                writer.writerow(pair)
                count += 1
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return count
