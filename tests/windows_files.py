"""A file layer that behaves as Windows does, over the real file system of Linux, for what this process does below one folder.

- A file that is open or mapped cannot be removed, replaced or renamed, nor can a folder above it.
- Names that Windows cannot have, or keeps for devices, cannot be made; nor paths of 260 characters without a long prefix.
- Names that differ by case alone are one file.
- `read_only` folders refuse every change.

What is open is read from /proc, so files that C code holds (mappings, SQLite) count too.
"""

from __future__ import annotations

import builtins
import contextlib
import errno
import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_RESERVED = re.compile(r"(con|prn|aux|nul|(com|lpt)\d)(\..*)?", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]')
LONGEST = 259


def open_files(folder: Path) -> set[str]:
    """The paths below a folder that this process has open or mapped; locks of filelock apart, which it closes itself."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            found.add(_readlink(f"/proc/self/fd/{name}"))
    with _open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        found |= {line.split(maxsplit=5)[5].strip() for line in maps if len(line.split(maxsplit=5)) == 6}
    return {path for path in found if path.startswith(f"{folder}/")}


_open, _readlink = builtins.open, os.readlink
_CHANGES = ("unlink", "remove", "rename", "replace", "rmdir", "mkdir", "stat", "lstat")


class WindowsFiles:
    """The layer; `refused` lists what it did not allow, as (operation, path relative to the folder)."""

    def __init__(self, folder: Path, *, prefix: int = 0) -> None:
        """`prefix` is how many characters longer paths are taken to be, as in a deep home folder."""
        self.folder = folder.resolve()
        self.prefix = prefix
        self.read_only = False
        self.refused: list[tuple[str, str]] = []
        self._real: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in _CHANGES}

    def _inside(self, path: Any, dir_fd: int | None = None) -> str | None:
        if isinstance(path, int):
            return None
        text = os.fsdecode(path)
        if dir_fd is not None and not os.path.isabs(text):
            text = os.path.join(_readlink(f"/proc/self/fd/{dir_fd}"), text)
        text = os.path.abspath(text)
        return text if text.startswith(f"{self.folder}/") else None

    def _refuse(self, what: str, path: str, number: int) -> None:
        self.refused.append((what, os.path.relpath(path, self.folder)))
        raise OSError(number, os.strerror(number), path)

    def _check_free(self, what: str, path: str) -> None:
        if self.read_only:
            self._refuse(what, path, errno.EROFS)
        if any(held == path or held.startswith(f"{path}/") for held in open_files(self.folder)):
            self._refuse(what, path, errno.EACCES)

    def _check_name(self, what: str, path: str) -> None:
        if self.read_only:
            self._refuse(what, path, errno.EROFS)
        name = os.path.basename(path)
        if _RESERVED.fullmatch(name) or _FORBIDDEN.search(name) or name[-1:] in (".", " "):
            self._refuse(what, path, errno.EINVAL)
        if len(path) + self.prefix > LONGEST:
            self._refuse(what, path, errno.ENOENT)

    def _exists(self, path: str) -> bool:
        with contextlib.suppress(OSError, ValueError):
            return bool(self._real["lstat"](path))
        return False

    def spelled(self, path: str) -> str:
        """The path as it stands on the disk, whatever the case it was asked for in."""
        if self._exists(path):
            return path
        known = str(self.folder)
        for part in os.path.relpath(path, self.folder).split("/"):
            if not self._exists(f"{known}/{part}") and self._exists(known):
                part = next((name for name in os.listdir(known) if name.casefold() == part.casefold()), part)
            known = f"{known}/{part}"
        return known

    def change(self, name: str) -> Callable[..., Any]:
        """One operation of `os` as Windows does it."""
        real = self._real[name]

        def changed(path: Any, *rest: Any, **named: Any) -> Any:
            held = self._inside(path, named.get("dir_fd", named.get("src_dir_fd")))
            if held is None:
                return real(path, *rest, **named)
            if name in ("stat", "lstat"):
                return (
                    real(path, *rest, **named)
                    if "dir_fd" in named
                    else self._real[name](self.spelled(held), *rest, **named)
                )
            if name == "mkdir":
                self._check_name(name, held)
                if self._exists(self.spelled(held)):
                    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), held)
                return real(path, *rest, **named)
            self._check_free(name, held)
            if name in ("rename", "replace"):
                target = self._inside(rest[0])
                if target is not None:
                    self._check_name(name, target)
                    self._check_free(name, target)
                    if name == "rename" and self._exists(self.spelled(target)):
                        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)
                    return real(path, self.spelled(target), *rest[1:], **named)
            return real(path, *rest, **named)

        return changed

    def opened(self, file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
        """`open` as Windows does it."""
        held = self._inside(file)
        if held is None:
            return _open(file, mode, *rest, **named)
        if set(mode) & set("wax+"):
            self._check_name("open", held)
        return _open(self.spelled(held), mode, *rest, **named)


@contextlib.contextmanager
def windows_files(folder: Path, *, prefix: int = 0) -> Iterator[WindowsFiles]:
    """The layer over one folder, for this process and as long as the block."""
    layer = WindowsFiles(folder, prefix=prefix)
    before = {name: getattr(os, name) for name in _CHANGES}
    for name in _CHANGES:
        setattr(os, name, layer.change(name))
    builtins.open = io.open = layer.opened  # type: ignore[assignment]
    try:
        yield layer
    finally:
        for name, real in before.items():
            setattr(os, name, real)
        builtins.open = io.open = _open
