"""One build at a time in an index folder: an operating-system lock, which ends with its process, and its owner in words."""

from __future__ import annotations

import contextlib
import json
import os
import platform
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from ..errors import BuildError
from ..index.versions import LOCK_FILE
from ..storage.files import write_json_atomically
from ..storage.foreign import JSON_FILE
from ..storage.locks import FileHold

OWNER_FILE = "build.owner.json"  # apart from the lock: Windows lets nobody read a locked file


@contextlib.contextmanager
def build_lock(folder: Path) -> Iterator[None]:
    """Hold the build lock of an index folder.

    :raises BuildError: another process holds it, with that process's id, host and start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileHold(folder / LOCK_FILE)
    except TimeoutError as error:
        raise BuildError(
            f"Another build is at work in {folder}: {_owner(folder)}.",
            hint="Wait until it has ended, or stop it, and run the same command again.",
        ) from error
    try:
        started = datetime.now(timezone.utc).isoformat(timespec="seconds")
        write_json_atomically(folder / OWNER_FILE, {"pid": os.getpid(), "host": platform.node(), "started": started})
        yield
    finally:
        with contextlib.suppress(OSError):
            (folder / OWNER_FILE).unlink(missing_ok=True)
        lock.release()


def _owner(folder: Path) -> str:
    try:
        owner = json.loads((folder / OWNER_FILE).read_text(encoding="utf-8"))
        return f"process {owner['pid']} on {owner['host']}, since {owner['started']}"
    except JSON_FILE.kinds:
        return "its owner is unknown"
