"""A file layer that behaves as Windows does.

- A file that is open or mapped cannot be removed, replaced or renamed, nor can a folder above it.
- Names that Windows cannot have, or keeps for devices, cannot be made; nor paths of 260 characters without a long prefix.
- Names that differ by case alone are one file.
- `read_only` folders refuse every change.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

from file_layer import LOOKS, MOVES, REMOVALS, FileLayer, working

_RESERVED = re.compile(r"(con|prn|aux|nul|(com|lpt)\d)(\..*)?", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]')
LONGEST = 259


class WindowsFiles(FileLayer):
    """The layer."""

    def __init__(self, folder: Path, *, prefix: int = 0) -> None:
        """`prefix` is how many characters longer paths are taken to be, as in a deep home folder."""
        super().__init__(folder)
        self.prefix = prefix

    def before(self, what: str, path: str, target: str | None = None) -> None:
        super().before(what, path, target)
        if what in LOOKS:
            return
        if what in REMOVALS or what in MOVES:
            self.check_closed(what, path, errno.EACCES)
        for made in (target,) if what in MOVES else (path,) if what in ("mkdir", "open") else ():
            if made is not None:
                self._check_name(what, made)
        if target is not None:
            self.check_closed(what, target, errno.EACCES)
            if what == "rename" and self.exists(target):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)

    def _check_name(self, what: str, path: str) -> None:
        name = Path(path).name
        if _RESERVED.fullmatch(name) or _FORBIDDEN.search(name) or name[-1:] in (".", " "):
            self.refuse(what, path, errno.EINVAL)
        if len(path) + self.prefix > LONGEST:
            self.refuse(what, path, errno.ENOENT)


@contextlib.contextmanager
def windows_files(folder: Path, *, prefix: int = 0) -> Iterator[WindowsFiles]:
    """The layer over one folder, for this process and as long as the block."""
    with working(WindowsFiles(folder, prefix=prefix)) as layer:
        yield layer
