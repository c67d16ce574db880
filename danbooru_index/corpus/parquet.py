"""Parquet tables, the only part that needs pyarrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import CorpusError, MissingDependencyError
from ..storage.foreign import PARQUET, at

_BATCH = 8_192


def read_parquet(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows of a Parquet file, numbered from 1.

    :raises MissingDependencyError: pyarrow is absent.
    :raises CorpusError: the file is damaged.
    """
    try:
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingDependencyError(
            f"Reading the Parquet file {path} needs pyarrow.", hint="Run: pip install 'danbooru-index[parquet]'"
        ) from error
    number = 0
    hint = "Download or make the file again."
    with (
        at(PARQUET, lambda why: CorpusError(f"The Parquet file {path} is damaged: {why}.", hint=hint)),
        pq.ParquetFile(path) as file,
    ):
        for batch in file.iter_batches(_BATCH):
            for row in batch.to_pylist():
                number += 1
                yield number, row
