"""File layers: what another system's files do, over the real file system of Linux, for this process and below one folder.

A layer stands between Python and the functions of `os`, `open` and `fcntl`. Names that its system takes for one are one; what
else it does differently, a subclass says before and after each operation. Code in C goes past it.
"""

from __future__ import annotations

import builtins
import contextlib
import errno
import glob
import io
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

LOOKS = ("stat", "lstat", "listdir", "scandir", "access", "readlink", "statvfs")
REMOVALS = ("unlink", "remove", "rmdir")
MOVES = ("rename", "replace", "link")  # those with two paths
OPERATIONS = (*LOOKS, *REMOVALS, *MOVES, "mkdir", "open", "utime")
_open, _readlink, _listdir = builtins.open, os.readlink, os.listdir
Layer = TypeVar("Layer", bound="FileLayer")
# What every test with a layer is marked with. `open_files` has no other way than /proc; and pathlib of 3.10 binds the functions of
# os when it is imported, so that a layer put in later sees nothing of it. Every newer Python runs all of them.
needs_layer = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads what is open from /proc"),
    pytest.mark.skipif(
        sys.version_info < (3, 11), reason="pathlib of Python 3.10 calls functions of os that it keeps itself"
    ),
]


def open_files(folder: Path) -> set[str]:
    """The paths below a folder that this process has open or mapped, by C code too, as /proc has them."""
    found = set()
    for name in _listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            found.add(_readlink(f"/proc/self/fd/{name}"))
    with _open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        found |= {line.split(maxsplit=5)[5].strip() for line in maps if len(line.split(maxsplit=5)) == 6}
    return {path for path in found if path.startswith(f"{folder}/")}


class _Entry:
    """An entry of a folder, in the folder as it was asked for."""

    def __init__(self, entry: os.DirEntry[str], folder: str) -> None:
        self._entry, self.path = entry, os.path.join(folder, entry.name)

    def __fspath__(self) -> str:
        return self.path

    def __getattr__(self, name: str) -> Any:
        return getattr(self._entry, name)


class _Entries:
    """What os.scandir gives."""

    def __init__(self, entries: Any, folder: str) -> None:
        with entries:
            self._entries = iter([_Entry(entry, folder) for entry in entries])

    def __iter__(self) -> _Entries:
        return self

    def __next__(self) -> _Entry:
        return next(self._entries)

    def __enter__(self) -> _Entries:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def close(self) -> None:
        """The list was read at once."""


class FileLayer:
    """One layer; `refused` lists what it did not allow, as (operation, path relative to the folder)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.read_only = False
        self.refused: list[tuple[str, str]] = []
        self.real: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in OPERATIONS}

    def same(self, name: str) -> str:
        """Equal for names that are one name here."""
        return name.casefold()

    def stored(self, name: str) -> str:
        """How a new name is written on the disk."""
        return name

    def before(self, what: str, path: str, target: str | None = None) -> None:
        """Called before an operation, `open` for writing among them; raises what the system would."""
        if self.read_only and what not in LOOKS:
            self.refuse(what, path, errno.EROFS)

    def after(self, what: str, path: str, target: str | None = None) -> None:
        """Called after one that was done."""

    def check_closed(self, what: str, path: str, number: int) -> None:
        """Do not allow it while the file, or one below the folder, is open or mapped."""
        if any(held == path or held.startswith(f"{path}/") for held in open_files(self.folder)):
            self.refuse(what, path, number)

    def refuse(self, what: str, path: str, number: int) -> None:
        """Do not allow it."""
        self.refused.append((what, os.path.relpath(path, self.folder)))
        raise OSError(number, os.strerror(number), path)

    def inside(self, path: Any, dir_fd: int | None = None) -> str | None:
        """The absolute path, if it lies below the folder."""
        if isinstance(path, int):
            return None
        text = os.fsdecode(path)
        if dir_fd is not None and not os.path.isabs(text):
            text = os.path.join(_readlink(f"/proc/self/fd/{dir_fd}"), text)
        text = os.path.abspath(text)
        return text if text.startswith(f"{self.folder}/") else None

    def exists(self, path: str) -> bool:
        """Whether exactly this path is on the disk."""
        with contextlib.suppress(OSError, ValueError):
            return bool(self.real["lstat"](path))
        return False

    def spelled(self, path: str) -> str:
        """The path as it stands on the disk, however it was asked for; a new name as the disk will have it."""
        known = str(self.folder)
        for part in os.path.relpath(path, self.folder).split("/"):
            found = self.stored(part)
            if not self.exists(f"{known}/{found}") and self.exists(known):
                with contextlib.suppress(NotADirectoryError):
                    names = self.real["listdir"](known)
                    found = next((name for name in names if self.same(name) == self.same(part)), found)
            known = f"{known}/{found}"
        return known

    def change(self, name: str) -> Callable[..., Any]:
        """One operation of `os` as this system does it."""
        real = self.real[name]

        def changed(path: Any = ".", *rest: Any, **named: Any) -> Any:
            dir_fd = named.pop("dir_fd", None)
            named.pop("src_dir_fd", None), named.pop("dst_dir_fd", None)
            held = self.inside(path, dir_fd)
            if held is None:
                return real(path, *rest, **named, **({} if dir_fd is None else {"dir_fd": dir_fd}))
            held, target = self.spelled(held), None
            if name in MOVES and (target := self.inside(rest[0])):
                target = self.spelled(target)
                rest = (target, *rest[1:])
            writes = name != "open" or (rest and rest[0] & (os.O_CREAT | os.O_WRONLY | os.O_RDWR))
            if writes:
                self.before(name, held, target)
            result = real(held, *rest, **named)
            if writes:
                self.after(name, held, target)
            return _Entries(result, os.fspath(path)) if name == "scandir" else result

        return changed

    def opened(self, file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
        """`open` as this system does it."""
        held = self.inside(file)
        if held is None:
            return _open(file, mode, *rest, **named)
        held, writes = self.spelled(held), bool(set(mode) & set("wax+"))
        if writes:
            self.before("open", held)
        result = _open(held, mode, *rest, **named)
        if writes:
            self.after("open", held)
        return result


def while_it_is_read(path: Path, layer: FileLayer, replace: Callable[[], None]) -> None:
    """Replace a file that another thread has open until the layer has refused something."""
    reading = threading.Event()

    def read() -> None:
        with path.open():
            reading.set()
            until = time.monotonic() + 60
            while not layer.refused and time.monotonic() < until:
                time.sleep(0.01)

    thread = threading.Thread(target=read)
    thread.start()
    reading.wait()
    replace()
    thread.join()


@contextlib.contextmanager
def working(layer: Layer) -> Iterator[Layer]:
    """The layer, for this process and as long as the block."""
    for name in OPERATIONS:
        setattr(os, name, layer.change(name))
    globber = getattr(glob, "_StringGlobber", None)  # of Python 3.13, where it keeps a function of os itself
    if globber is not None:
        globber.scandir = staticmethod(lambda path: os.scandir(path))
    # `open` has an overload for each mode, which one method in its place cannot have.
    builtins.open = io.open = layer.opened  # type: ignore[assignment]
    try:
        yield layer
    finally:
        for name, real in layer.real.items():
            setattr(os, name, real)
        if globber is not None:
            globber.scandir = staticmethod(os.scandir)
        builtins.open = io.open = _open
