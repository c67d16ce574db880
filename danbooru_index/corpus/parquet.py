"""Parquet tables, the only part that needs pyarrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import CorpusError, MissingDependencyError

_BATCH = 8_192


def read_parquet(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows of a Parquet file, numbered from 1.

    :raises MissingDependencyError: pyarrow is absent.
    :raises CorpusError: the file is damaged.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingDependencyError(
            f"Reading the Parquet file {path} needs pyarrow.", hint="Run: pip install 'danbooru-index[parquet]'"
        ) from error
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_BATCH):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (pa.ArrowException, OSError) as error:
        raise CorpusError(
            f"The Parquet file {path} is damaged: {error}.", hint="Download or make the file again."
        ) from error
