"""The folder that `prepare` works in, beside its output. A killed run leaves gigabytes there, which the next one removes."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..storage.locks import FileHold

_PREFIX = ".danbooru-index-prepare-"
_LOCK = "lock"  # held while the folder's process lives


@contextlib.contextmanager
def work_folder(parent: Path) -> Iterator[Path]:
    """A folder of its own in `parent`, removed at the end; those of dead processes are removed first.

    :raises OSError: nothing can be written there.
    """
    for left in parent.glob(f"{_PREFIX}*/{_LOCK}"):
        with contextlib.suppress(OSError):  # its process lives
            FileHold(left).release()
            shutil.rmtree(left.parent, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=parent) as name, FileHold(Path(name) / _LOCK):
        yield Path(name)
