"""Locks of the operating system on files: they end with their process. The only file that imports filelock."""

from __future__ import annotations

import contextlib
from pathlib import Path

IN_USE = "in-use.lock"  # in a folder that one process at a time may have open


class FileHold:
    """An exclusive lock on one file, made if need be, until `release`, the end of a `with` block, or of the process.

    :raises TimeoutError: another holder kept it for `timeout` seconds.
    :raises OSError: the file cannot be made, or the file system has no locks.
    """

    def __init__(self, path: Path, *, timeout: float = 0.0) -> None:
        from filelock import FileLock, Timeout

        self.path = path
        self._lock = FileLock(path, thread_local=False)
        try:
            self._lock.acquire(timeout=timeout)
        except Timeout as error:
            raise TimeoutError(f"{path} is locked") from error
        except NotImplementedError as error:
            raise OSError(f"the file system of {path} has no locks") from error

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
