"""Errors of the operating system as errors of a build."""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..errors import BuildError, DanbooruIndexError
from ..storage.foreign import said
from ..storage.locks import NoLocksError

_NEARLY_FULL = 8 << 20
_NOT_SPACE = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EBUSY}
_NOT_SPACE |= {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP}


@contextlib.contextmanager
def map_disk_errors(folder: Path) -> Iterator[None]:
    """Turn disk errors of a build in `folder` into a BuildError; whatever was written stays, to resume from."""
    try:
        yield
    except DanbooruIndexError as error:
        if _is_full(folder, error):
            raise _disk_full(folder) from error
        raise
    except OSError as error:
        if _is_full(folder, error):
            raise _disk_full(folder) from error
        raise BuildError(
            f"The index in {folder} could not be written: {said(error)}.",
            hint=error.hint
            if isinstance(error, NoLocksError)
            else "Check the folder and its permissions, then run the same command again.",
        ) from error


def _is_full(folder: Path, error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    if isinstance(error, OSError) and error.errno in _NOT_SPACE:
        return False
    # numpy and SQLite report a short write without the system's error number.
    if not isinstance(error, OSError) and "full" not in str(error):
        return False
    with contextlib.suppress(OSError):
        return shutil.disk_usage(folder).free < _NEARLY_FULL
    return False


def _disk_full(folder: Path) -> BuildError:
    return BuildError(
        f"The index in {folder} could not be written: the disk is full.",
        hint="Free space and run the same command again, which resumes from the last checkpoint; the old index is untouched.",
    )
