"""Two operations of fcntl that macOS alone has."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

try:
    import fcntl as _fcntl

    fcntl: Any = _fcntl
except ImportError:  # Windows
    fcntl = None

_LONGEST = 1024  # MAXPATHLEN


def flushed_to_medium(descriptor: int) -> bool:
    """Whether this file, and all that was synced before it, is now beyond the memory of the drive, where fsync ends on macOS.

    Not on other systems, whose fsync does that, nor where the file system lacks the operation, as of file servers.
    """
    flush = getattr(fcntl, "F_FULLFSYNC", None)
    if flush is None:
        return False
    try:
        fcntl.fcntl(descriptor, flush)
    except OSError:
        return False
    return True


def spelling_on_disk(path: Path) -> Path:
    """An existing path as the disk spells it: macOS takes names for one that differ in case or in how accents are composed.

    Other systems, and a path that cannot be opened, give the path itself.
    """
    ask = getattr(fcntl, "F_GETPATH", None)
    if ask is None:
        return path
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return path
    try:
        return Path(os.fsdecode(fcntl.fcntl(descriptor, ask, bytes(_LONGEST)).rstrip(b"\0")))
    except OSError:
        return path
    finally:
        os.close(descriptor)
