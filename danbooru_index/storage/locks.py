"""Locks of the operating system on files: they end with their process. The only file that imports filelock."""

from __future__ import annotations

import contextlib
import errno
from pathlib import Path

from .macos import fcntl

IN_USE = "in-use.lock"  # in a folder that one process at a time may have open
_MISSING = {errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP}  # what systems say where nothing can be locked


class NoLocksError(OSError):
    """The file system has no locks, as of some file servers."""

    hint = "Name a folder on a disk of this computer (--db DIR, or DANBOORU_INDEX_HOME)."

    def __init__(self, path: Path) -> None:
        super().__init__(errno.ENOLCK, "its file system has no locks", str(path))


class FileHold:
    """An exclusive lock on one file, made if need be, until `release`, the end of a `with` block, or of the process.

    :raises TimeoutError: another holder kept it for `timeout` seconds.
    :raises OSError: the file cannot be made.
    :raises NoLocksError: nothing can be locked there.
    """

    def __init__(self, path: Path, *, timeout: float = 0.0) -> None:
        from filelock import FileLock, Timeout

        self.path = path
        self._lock = FileLock(path, thread_local=False)
        try:
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                _check_locks(path)  # older releases of filelock take a missing lock for one that is held
                self._lock.acquire(timeout=timeout)
        except Timeout as error:
            raise TimeoutError(f"{path} is locked") from error
        except NotImplementedError as error:
            raise NoLocksError(path) from error
        except OSError as error:
            if error.errno in _MISSING:
                raise NoLocksError(path) from error
            raise

    def release(self, *, remove: bool = False) -> None:
        """Release the lock, and remove the file if asked to."""
        self._lock.release()
        if remove:
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)

    def __enter__(self) -> FileHold:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _check_locks(path: Path) -> None:
    """Raise what the system says of a lock where there are none."""
    if fcntl is None:
        return
    with contextlib.suppress(BlockingIOError, PermissionError, FileNotFoundError), path.open("rb") as file:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
