"""A Chroma collection in a folder of an index. Chroma is not safe for two processes on one folder, and writes when it only reads."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ..errors import IndexDamagedError
from ..storage.foreign import CHROMA, at
from ..storage.locks import IN_USE, FileHold
from ..storage.paths import true_path
from .chroma import COLLECTION, Collection, Metadata, create, folder_client

DATABASE = "chroma.sqlite3"
T = TypeVar("T")


@contextlib.contextmanager
def _folder_errors(folder: Path) -> Iterator[None]:
    """Chroma's own exceptions become the system's for a full or read-only disk, else one of ours: the folder cannot be used."""

    def ours(why: str) -> Exception:
        if "disk is full" in why or "No space left" in why:
            return OSError(errno.ENOSPC, why)
        if "readonly database" in why or "Read-only file system" in why:
            return OSError(errno.EROFS, why)
        return IndexDamagedError(
            f"Chroma cannot use the collection in {folder}: {why}.",
            hint="Build the index again (danbooru-index build), fetch it again (danbooru-index fetch), or use --dense sketch.",
        )

    with at(CHROMA, ours):
        yield


# A folder is opened once in a process, by however many indexes.
@dataclass(slots=True)
class _Opened:
    client: Any
    hold: FileHold
    users: int = 0


_opened: dict[Path, _Opened] = {}
_opened_lock = threading.Lock()


def _local_client(folder: Path) -> tuple[Any, Callable[[], None]]:
    """Chroma on a folder, and what closes it once nobody else in this process uses it."""
    key = true_path(folder)
    with _opened_lock:
        if key not in _opened:
            hold = FileHold(folder / IN_USE)
            try:
                with _folder_errors(folder):
                    _opened[key] = _Opened(folder_client(folder), hold)
            except BaseException:
                hold.release(remove=True)
                raise
        _opened[key].users += 1

    def close() -> None:
        with _opened_lock:
            opened = _opened[key]
            opened.users -= 1
            if not opened.users:
                del _opened[key]
                opened.client.close()
                opened.hold.release(remove=True)

    return _opened[key].client, _once(close)


def _once(action: Callable[[], None]) -> Callable[[], None]:
    """The action, done at the first call alone."""
    left = [action]

    def do() -> None:
        if left:
            left.pop()()

    return do


def _in_folder(folder: Path, get: Callable[[Any], Any]) -> Collection:
    client, close = _local_client(folder)

    def run(call: Callable[[], T]) -> T:
        with _folder_errors(folder):
            return call()

    try:
        return Collection(run(lambda: get(client)), run, close)
    except BaseException:
        close()
        raise


def open_folder(folder: Path) -> Collection:
    """The collection in a folder of an index. Chroma is not safe for two processes on one folder, so the first one holds it.

    :raises TimeoutError: another process has it open.
    :raises OSError: the folder cannot be written to, as Chroma does even when it only reads.
    :raises IndexDamagedError: there is none, or Chroma cannot use it.
    """
    if not (folder / DATABASE).is_file():
        raise IndexDamagedError(f"There is no Chroma database in {folder}.", hint="Build or fetch the index again.")
    # Asked before Chroma begins: where it may write some of its files alone, it would leave them half changed.
    for path in (folder, *folder.iterdir()):
        if path.name != IN_USE and not os.access(path, os.W_OK):
            raise OSError(errno.EROFS, f"{path} cannot be written to")
    return _in_folder(folder, lambda client: client.get_collection(COLLECTION, embedding_function=None))


def create_in_folder(folder: Path, total: int, metadata: Metadata) -> Collection:
    """The collection in a folder that is being built; one that is there already is continued, after `count` records.

    `total` is how many records there will be: see `batch_ends`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return _in_folder(folder, lambda client: create(client, COLLECTION, total, metadata))


def compact(folder: Path) -> None:
    """Give back the room of Chroma's write log, which is empty once everything is flushed."""
    with (
        _folder_errors(folder),
        contextlib.closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as connection,
    ):
        connection.execute("VACUUM")
