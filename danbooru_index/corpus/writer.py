"""Writing a corpus file: a temporary name first, renamed when it is whole."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ..records import TagRecord
from ..storage.files import to_disk
from .line import to_line


def write_corpus(records: Iterable[TagRecord], path: Path) -> int:
    """Write records as JSON Lines (UTF-8, LF) and return how many; an existing file is replaced only by a whole one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    count = 0
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            for record in records:
                file.write(to_line(record) + "\n")
                count += 1
            to_disk(file)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return count
