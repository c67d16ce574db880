"""The folder where a download grows: locked, kept over interruptions, and reusing what other versions already hold.

.fetch/lock          held while one process works here
.fetch/files.json    what the tree is to become: name -> [size, digest, algorithm]
.fetch/tree/NAME     verified files; a file gets its name here only after its hash was checked
.fetch/parts/KEY     unfinished files, named by the hash of what they are to become
"""

from __future__ import annotations

import contextlib
import errno
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import HubError
from ..progress import Progress, Step
from ..storage.files import write_json_atomically
from ..storage.foreign import JSON_FILE, said
from ..storage.locks import FileHold, NoLocksError
from .listing import ExpectedFile, has_size
from .parts import PartFile

STAGING = ".fetch"
SPARE_BYTES = 64 << 20
LOCK_SECONDS = 3600.0
_POLL_SECONDS = 0.2
_BLOCK = 1 << 20


class Staging:
    """One staging folder; `open_staging` makes it, under its lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tree = folder / "tree"
        self.parts = folder / "parts"
        self._list = folder / "files.json"

    def begin(self, files: Mapping[str, ExpectedFile]) -> None:
        """Prepare for these files. Of an earlier, other list every file and part that is still wanted is kept."""
        value = {name: [expected.size, expected.digest, expected.algorithm] for name, expected in files.items()}
        before = self._earlier()
        if before is not None and before != value:
            self.parts.mkdir(exist_ok=True)
            for name, entry in before.items():
                if (self.tree / name).is_file():
                    (self.tree / name).replace(self.parts / ExpectedFile(*entry).key)
        if before != value:
            shutil.rmtree(self.tree, ignore_errors=True)
        wanted = {expected.key for expected in files.values()}
        for path in self.parts.iterdir() if self.parts.is_dir() else ():
            if path.name not in wanted:
                path.unlink(missing_ok=True)  # on some disks a file takes the one beside it along
        self.tree.mkdir(exist_ok=True)
        self.parts.mkdir(exist_ok=True)
        write_json_atomically(self._list, value)

    def _earlier(self) -> dict[str, Any] | None:
        try:
            value = json.loads(self._list.read_text(encoding="utf-8"))
        except JSON_FILE.kinds:
            return None
        return value if isinstance(value, dict) else None

    def missing(self, files: Mapping[str, ExpectedFile]) -> dict[str, ExpectedFile]:
        """The files that do not stand in the tree yet."""
        return {name: expected for name, expected in files.items() if not has_size(self.tree / name, expected)}

    def check_space(self, files: Mapping[str, ExpectedFile]) -> None:
        """Refuse to begin what the disk cannot hold.

        :raises HubError: with both numbers.
        """
        kept = sum(path.stat().st_size for path in self.parts.iterdir())
        needed = sum(expected.size for expected in self.missing(files).values()) - kept + SPARE_BYTES
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            raise HubError(
                f"{self.folder.parent} has {free / 1e6:,.0f} MB free; this download needs {needed / 1e6:,.0f} MB.",
                hint="Free space, or choose another disk (--db DIR, or DANBOORU_INDEX_HOME). Nothing was downloaded.",
            )

    def reuse(
        self, files: Mapping[str, ExpectedFile], at_hand: Callable[[], Mapping[str, Path]], progress: Progress
    ) -> None:
        """Copy what is on this computer already, verified on the way; `at_hand` gives a file of each content key."""
        missing = self.missing(files)
        sources = at_hand() if missing else {}
        total = sum(expected.size for expected in missing.values() if expected.key in sources)
        done = 0
        for name, expected in missing.items():
            if expected.key in sources and expected.size and not (self.parts / expected.key).exists():
                done += self._copy(sources[expected.key], name, expected)
                progress(Step("copying what is here", done, total, "B"))

    def _copy(self, source: Path, name: str, expected: ExpectedFile) -> int:
        with PartFile(self.parts / expected.key, expected) as part, source.open("rb") as file:
            while part.missing and (block := file.read(min(_BLOCK, part.missing))):
                part.write(block)
            if part.is_right:
                part.finish(self.tree / name)
            else:
                part.restart()
        return expected.size

    def clear(self) -> None:
        """Forget everything, after the tree has found its place."""
        for folder in (self.tree, self.parts):
            shutil.rmtree(folder, ignore_errors=True)
        self._list.unlink(missing_ok=True)


@contextlib.contextmanager
def open_staging(folder: Path, progress: Progress) -> Iterator[Staging]:
    """The staging folder of an index or model folder, locked; waits while another process works there.

    :raises HubError: the disk is full or cannot be written, or the other process takes more than an hour.
    """
    staging = folder / STAGING
    with disk_errors(folder):
        staging.mkdir(parents=True, exist_ok=True)
        with _patient_hold(staging / "lock", progress):
            yield Staging(staging)


def _patient_hold(path: Path, progress: Progress) -> FileHold:
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            return FileHold(path, timeout=_POLL_SECONDS)
        except TimeoutError as error:
            if time.monotonic() > until:
                raise HubError(
                    f"Another process has been downloading into {path.parent.parent} for an hour.",
                    hint="End it and run the same command again; it resumes from here.",
                ) from error
            progress(Step("waiting for another download", 0, 0, "B"))


@contextlib.contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn errors of the disk below `folder` into a HubError with what to do."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        what = "the disk is full" if full else f"{said(error)}"
        first = "Free space" if full else "Check the folder's permissions"
        hint = f"{first} and run the same command again; it resumes from here."
        hint = error.hint if isinstance(error, NoLocksError) else hint
        raise HubError(f"{folder} cannot be written: {what}.", hint=hint) from error
