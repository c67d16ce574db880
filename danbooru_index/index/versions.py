"""The versions of an index folder: which one is current, who reads which, and the removal of those that nobody reads.

DIR/CURRENT                  the name of the current version, replaced atomically
DIR/CURRENT.aside            the same of an index that was set aside, so that the starter index is used meanwhile
DIR/versions/NAME/           one version; it is whole once it has a manifest
DIR/readers/NAME/*.lock      one file per reader of that version, locked by the operating system while the reader lives
DIR/.danbooru-index          says that DIR is ours: written by the first build or fetch into it
DIR/.danbooru-index-removed/ versions on their way out: renamed first, so that nothing half-removed is taken for an index

Only what is provably ours is removed: a version by its manifest, its checkpoint or the note of its fetch. Whatever else
lies in `versions` stays, and a folder where only such things lie is refused.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import IndexDamagedError, IndexFolderError, IndexNotFoundError
from ..storage.files import write_text_atomically
from ..storage.litter import is_litter
from ..storage.locks import FileHold, NoLocksError
from .manifest import MANIFEST_FILE, is_own_manifest

POINTER_FILE = "CURRENT"
ASIDE_FILE = "CURRENT.aside"  # the pointer of an index that rests
LOCK_FILE = "build.lock"
VERSIONS = "versions"
UNFINISHED = "unfinished"  # the folder inside a version that its build still needs
CHECKPOINT_FILE = "checkpoint.json"  # in UNFINISHED
SOURCE_FILE = "source.json"  # in a version: where it was fetched from
MARKER_FILE = ".danbooru-index"
_READERS = "readers"
_MAX_NOTE_BYTES = 1 << 20
_REMOVED = ".danbooru-index-removed"
_MARK_SECONDS = 60.0  # the least age of a reader's mark that is looked at when an index is opened
_OWN_NAME = re.compile(r"[0-9a-f]{12}-\S+")  # how versions are named
_REBUILD = "Build it (danbooru-index build --input CORPUS --db DIR) or fetch it (danbooru-index fetch)."


def current_version(folder: Path) -> Path:
    """The version folder that `folder` stands for: itself if it holds a manifest, else the one its pointer names.

    :raises IndexNotFoundError: there is no index.
    :raises IndexDamagedError: the pointer names a version that is not there.
    """
    if (folder / MANIFEST_FILE).is_file():
        return folder
    pointer = folder / POINTER_FILE
    if not folder.is_dir():
        raise IndexNotFoundError(f"There is no index folder {folder}.", hint=_REBUILD)
    if not pointer.is_file():
        if any((folder / VERSIONS).glob(f"*/{UNFINISHED}")):
            raise IndexNotFoundError(
                f"{folder} holds no index yet, but an unfinished build.",
                hint="Run its danbooru-index build command again, which goes on from the last checkpoint.",
            )
        raise IndexNotFoundError(
            f"{folder} holds no index: there is neither {MANIFEST_FILE} nor {POINTER_FILE}.", hint=_REBUILD
        )
    name = _pointed(pointer)
    version = folder / VERSIONS / name
    if not name or Path(name).name != name or not version.is_dir():
        raise IndexDamagedError(f"{pointer} names the version {name!r}, which is not there.", hint=_REBUILD)
    return version


def is_own_version(version: Path) -> bool:
    """Whether this folder was provably made by this project: by a build, finished or not, or by a fetch."""
    if version.is_symlink() or not version.is_dir():
        return False
    unfinished = version / UNFINISHED
    return (
        is_own_manifest(version / MANIFEST_FILE)
        or (unfinished / CHECKPOINT_FILE).is_file()
        or _is_source_note(version / SOURCE_FILE)
        # A build that was killed between its folder and its first checkpoint.
        or (unfinished.is_dir() and all(is_litter(path.name) or path.is_dir() for path in version.rglob("*")))
    )


def _is_source_note(path: Path) -> bool:
    try:
        return path.stat().st_size < _MAX_NOTE_BYTES and b'"manifest_sha256"' in path.read_bytes()
    except OSError:
        return False


def claim(folder: Path) -> None:
    """Make sure that a build or fetch may write here, and mark the folder as ours.

    :raises IndexFolderError: the folder holds files of something else under the names that an index uses.
    :raises OSError: the marker cannot be written.
    """
    if (folder / MARKER_FILE).is_file():
        return
    versions = _listed(folder)
    if not any(is_own_version(version) for version in versions):
        _refuse_strangers(folder, versions)
    folder.mkdir(parents=True, exist_ok=True)
    write_text_atomically(
        folder / MARKER_FILE, "An index of danbooru-index. Its files are replaced by builds and fetches.\n"
    )


def _refuse_strangers(folder: Path, versions: list[Path]) -> None:
    pointer, manifest = folder / POINTER_FILE, folder / MANIFEST_FILE
    strange = [f"{VERSIONS}/{path.name}" for path in versions[:3]]
    if pointer.exists() and not (pointer.is_file() and _OWN_NAME.fullmatch(_pointed(pointer))):
        strange.append(POINTER_FILE)
    if manifest.exists() and not is_own_manifest(manifest):
        strange.append(MANIFEST_FILE)
    if strange:
        raise IndexFolderError(
            f"{folder} belongs to something else: it holds {', '.join(strange)}, which danbooru-index did not make.",
            hint="Nothing was changed. Name a new or empty folder (--db DIR, in the node: folder).",
        )


def _listed(folder: Path) -> list[Path]:
    """What lies in `versions`, by name; a disk may spell a name otherwise than the pointer does: see `_is_one_of`."""
    return sorted(path for path in (folder / VERSIONS).glob("*") if not is_litter(path.name))


def _is_one_of(version: Path, others: Iterable[Path]) -> bool:
    """Whether a version is one of these by the file system's own word.

    Many take names for one that differ in case, or in how accents are composed, and some list a name otherwise than
    it was given.
    """
    for other in others:
        with contextlib.suppress(OSError):
            if version == other or version.samefile(other):
                return True
    return False


def _pointed(pointer: Path) -> str:
    return pointer.read_text(encoding="utf-8", errors="replace").strip()


def has_index(folder: Path) -> bool:
    """Whether an index, good or bad, stands in this folder."""
    return (folder / POINTER_FILE).is_file() or (folder / MANIFEST_FILE).is_file()


def set_current(folder: Path, name: str) -> None:
    """Make a version the current one, atomically."""
    write_text_atomically(folder / POINTER_FILE, name + "\n")


def set_aside(folder: Path) -> bool:
    """Let a folder's index rest: it stays on the disk, but nothing finds it until `bring_back`; whether there was one."""
    if not (folder / POINTER_FILE).is_file():
        return False
    (folder / POINTER_FILE).replace(folder / ASIDE_FILE)
    return True


def bring_back(folder: Path) -> bool:
    """Undo `set_aside`, unless another index stands there now or the old one is gone; whether it is the current one again."""
    aside = folder / ASIDE_FILE
    if has_index(folder) or not aside.is_file() or not (folder / VERSIONS / _pointed(aside) / MANIFEST_FILE).is_file():
        return False
    aside.replace(folder / POINTER_FILE)
    return True


class ReadMark:
    """Says that this process reads a version, until `release` or the process's end.

    Where the folder cannot be written to, or has no locks, nobody can remove the version either, and no mark is made.
    """

    def __init__(self, version: Path) -> None:
        self._hold: FileHold | None = None
        if version.parent.name != VERSIONS:
            return
        marks = _marks(version)
        mark = marks / f"{os.getpid()}-{uuid.uuid4().hex}.lock"
        with contextlib.suppress(OSError):
            marks.mkdir(parents=True, exist_ok=True)
            try:
                self._hold = FileHold(mark)
            except NoLocksError:
                mark.unlink(missing_ok=True)

    def release(self) -> None:
        """The version is no longer read."""
        if self._hold is not None:
            self._hold.release(remove=True)
            self._hold = None


def mark_current(folder: Path) -> tuple[Path, ReadMark]:
    """The current version, marked as read; raises as `current_version` does."""
    while True:
        version = current_version(folder)
        mark = ReadMark(version)
        # Between the two lines a build may have moved the pointer and removed the version.
        if version == current_version(folder):
            return version, mark
        mark.release()


def is_read(version: Path) -> bool:
    """Whether a living process reads this version; marks of dead ones are cleared."""
    for path in _marks(version).glob("*.lock"):
        try:
            FileHold(path).release(remove=True)
        except OSError:  # TimeoutError is one
            return True
    return False


def unfinished_versions(folder: Path) -> list[Path]:
    """Versions that a build has begun and that were never the current one, by name."""
    current = None
    with contextlib.suppress(IndexNotFoundError, IndexDamagedError):
        current = current_version(folder)
    begun = [path.parent for path in (folder / VERSIONS).glob(f"*/{UNFINISHED}")]
    kept = [current] if current is not None else []
    return sorted(version for version in begun if not _is_one_of(version, kept) and is_own_version(version))


def remove_unused(folder: Path) -> list[str]:
    """Remove versions that are neither current, nor read, nor being built; the caller holds the build lock.

    What cannot be removed now (Windows, while a file is open) is tried again next time. Returns the removed names.
    """
    with contextlib.suppress(IndexNotFoundError, IndexDamagedError):
        current = current_version(folder)
        if current != folder and is_own_version(current):
            shutil.rmtree(current / UNFINISHED, ignore_errors=True)
        return [version.name for version in _old_versions(folder, current) if remove_version(version)]
    return []


def tidy(folder: Path) -> None:
    """Remove unused versions, what a killed build left in the current one, and marks of readers that ended.

    Done when an index is opened; a build at work does so itself.
    """
    _clear_old_marks(folder)
    if len(_listed(folder)) > 1 or any((folder / VERSIONS).glob(f"*/{UNFINISHED}")):
        with contextlib.suppress(OSError), FileHold(folder / LOCK_FILE):
            remove_unused(folder)


def _clear_old_marks(folder: Path) -> None:
    """Remove the marks of readers that ended without a chance to do so; a fresh one may be about to be locked."""
    for path in (folder / _READERS).glob("*/*.lock"):
        with contextlib.suppress(OSError):  # TimeoutError, where its reader lives, is one
            if time.time() - path.stat().st_mtime > _MARK_SECONDS:
                FileHold(path).release(remove=True)


def _old_versions(folder: Path, current: Path) -> Iterator[Path]:
    kept = (current, *unfinished_versions(folder))
    for version in _listed(folder):
        if not _is_one_of(version, kept) and is_own_version(version) and not is_read(version):
            yield version


def remove_version(version: Path) -> bool:
    """Remove one version of ours: renamed first, so that what is left of it is never taken for an index.

    Returns whether it is gone from the versions: false for what is not ours, and where it cannot be renamed now.
    """
    folder = version.parent.parent
    removed = folder / _REMOVED
    if not is_own_version(version):
        return False
    try:
        removed.mkdir(exist_ok=True)
        version.rename(removed / f"{version.name}-{uuid.uuid4().hex}")
    except OSError:  # Windows, while a file of it is open
        return False
    shutil.rmtree(_marks(version), ignore_errors=True)
    # Also what an earlier removal could not finish.
    shutil.rmtree(removed, ignore_errors=True)
    return True


def _marks(version: Path) -> Path:
    return version.parent.parent / _READERS / version.name
