"""A file layer that behaves as macOS does, on its own disks (APFS, before it HFS+), on exFAT, and on network folders.

- Names that differ by case alone, or by how their accents are composed, are one file; a new name keeps its spelling.
- `decomposed`: the disk writes names with their accents apart, so that a listing gives other names than were asked for.
- `finder`: whoever looks at the folders does it with the Finder, which leaves a `.DS_Store` in each.
- `doubles`: beside every file NAME stands `._NAME` for what the disk has no room for; it moves and goes with its file.
- `links` and `locks`: whether the file system has hard links, and flock.
- `full`: whether fcntl's F_FULLFSYNC reaches the disk here; `flushed` lists the files it was asked for.
- `shared`: the file server replaces no file that somebody has open.
- F_GETPATH gives the path of an open file as it stands on the disk.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from file_layer import MOVES, REMOVALS, FileLayer, working

STORE = ".DS_Store"
_FULLFSYNC, _GETPATH = 51, 50  # of macOS; Linux has neither


@dataclass(frozen=True, slots=True)
class Disk:
    """What a disk does; see above."""

    decomposed: bool = False
    finder: bool = False
    doubles: bool = False
    links: bool = True
    locks: bool = True
    full: bool = True
    shared: bool = False


class MacFiles(FileLayer):
    """The layer over one disk."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        super().__init__(folder)
        self.disk = disk
        self.flushed: list[str] = []
        self._flock, self._fcntl = fcntl.flock, fcntl.fcntl

    def same(self, name: str) -> str:
        folded = unicodedata.normalize("NFD", name).casefold()
        return unicodedata.normalize("NFD", folded)

    def stored(self, name: str) -> str:
        return unicodedata.normalize("NFD", name) if self.disk.decomposed else name

    def before(self, what: str, path: str, target: str | None = None) -> None:
        super().before(what, path, target)
        if what == "link" and not self.disk.links:
            self.refuse(what, path, errno.ENOTSUP)
        if what in MOVES and target is not None and self.disk.shared:
            self.check_closed(what, target, errno.EBUSY)

    def after(self, what: str, path: str, target: str | None = None) -> None:
        if self.disk.finder and what == "mkdir":
            Path(path, STORE).write_bytes(b"Finder")
        if not self.disk.doubles or Path(path).name.startswith("._"):
            return
        if what in ("mkdir", "open"):
            if not self.exists(double(path)):
                Path(double(path)).write_bytes(b"AppleDouble")
        elif what in REMOVALS:
            self._move_double(path, None)
        elif what in MOVES:
            self._move_double(path, target)

    def _move_double(self, path: str, target: str | None) -> None:
        with contextlib.suppress(FileNotFoundError):
            if target is None:
                self.real["unlink"](double(path))
            else:
                self.real["replace"](double(path), double(target))

    def flock(self, file: Any, how: int) -> None:
        """flock, where there is one."""
        descriptor = file if isinstance(file, int) else file.fileno()
        path = self.path_of(descriptor)
        if path is not None and not self.disk.locks:
            self.refuse("flock", path, errno.ENOTSUP)
        self._flock(descriptor, how)

    def fcntl(self, file: Any, what: int, *rest: Any) -> Any:
        """fcntl with macOS's two operations."""
        descriptor = file if isinstance(file, int) else file.fileno()
        path = self.path_of(descriptor)
        if path is None or what not in (_FULLFSYNC, _GETPATH):
            return self._fcntl(descriptor, what, *rest)
        if what == _GETPATH:
            return os.fsencode(path).ljust(len(rest[0]), b"\0")
        if not self.disk.full:
            self.refuse("fcntl", path, errno.ENOTSUP)
        self.flushed.append(os.path.relpath(path, self.folder))
        return 0

    def path_of(self, descriptor: int) -> str | None:
        """The path of an open file, if it lies below the folder."""
        return self.inside(self.real["readlink"](f"/proc/self/fd/{descriptor}"))


def double(path: str) -> str:
    """Where the file's AppleDouble stands."""
    folder, name = os.path.split(path)
    return f"{folder}/._{name}"


@contextlib.contextmanager
def mac_files(folder: Path, disk: Disk) -> Iterator[MacFiles]:
    """The layer over one folder, for this process and as long as the block."""
    layer = MacFiles(folder, disk)
    # Types know these two on macOS alone, and no method in place of a function of C.
    fcntl.F_FULLFSYNC, fcntl.F_GETPATH = _FULLFSYNC, _GETPATH  # type: ignore[attr-defined]
    fcntl.flock, fcntl.fcntl = layer.flock, layer.fcntl  # type: ignore[assignment]
    try:
        with working(layer):
            yield layer
    finally:
        fcntl.flock, fcntl.fcntl = layer._flock, layer._fcntl
        del fcntl.F_FULLFSYNC, fcntl.F_GETPATH  # type: ignore[attr-defined]
