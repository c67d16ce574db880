"""The one open index of a process: opened at the first use, and again when another version has become the current one."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import DanbooruIndexError
from ..index.index import Index
from ..index.versions import current_version
from ..locate import find_existing, open_index
from ..progress import Progress, silent
from ..settings import Settings

logger = logging.getLogger("danbooru-index")

LOOK_SECONDS = 1.0  # between two looks at the pointer file


@dataclass(slots=True)
class _Opened:
    index: Index
    reason: str
    users: int = 0
    outdated: bool = False


class IndexKeeper:
    """Opens the index that the settings name, for any number of threads; an old version closes with its last user."""

    def __init__(
        self,
        settings: Settings,
        db: Path | None = None,
        progress: Progress = silent,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._db, self._progress, self._clock = settings, db, progress, clock
        self._opened: _Opened | None = None
        self._looked = -LOOK_SECONDS
        self._closed = False
        # `_lock` is held for moments; `_opening` while an index is opened, which may build or fetch it first.
        self._lock = threading.Lock()
        self._opening = threading.Lock()

    @contextlib.contextmanager
    def use(self) -> Iterator[tuple[Index, str]]:
        """The open index with the reason why it is the one.

        :raises DanbooruIndexError: see open_index.
        """
        opened = self._entered()
        try:
            yield opened.index, opened.reason
        finally:
            with self._lock:
                opened.users -= 1
                self._close_if_done(opened)

    def find(self) -> Path | None:
        """The folder of the version in use, or of the one that would be; None where there is none. Opens nothing."""
        opened = self._opened
        if opened is not None:
            return opened.index.folder
        found = find_existing(self._settings, self._db)
        return None if found is None else current_version(found.folder)

    def close(self) -> None:
        """Close the index as soon as nobody uses it."""
        with self._lock:
            self._closed = True
            self._retire()

    def _entered(self) -> _Opened:
        """The index with one user more. Only who finds nothing open waits; a newer version is opened beside the old one's use."""
        with self._lock:
            now = self._opened
            if now is not None and (self._seen() or not self._opening.acquire(blocking=False)):
                return self._used(now)
        if now is None:
            self._opening.acquire()
        try:
            opened = self._newest()
            with self._lock:
                self._looked = self._clock()
                return self._used(opened)
        finally:
            self._opening.release()

    def _seen(self) -> bool:
        return self._clock() - self._looked < LOOK_SECONDS

    @staticmethod
    def _used(opened: _Opened) -> _Opened:
        opened.users += 1
        return opened

    def _newest(self) -> _Opened:
        """The version that is current now, opened where it is another one; one that cannot be opened leaves the old one in use."""
        before = self._opened
        if before is not None and not self._newer(before):
            return before
        try:
            opened = _Opened(*open_index(self._settings, self._db, self._progress))
        except DanbooruIndexError as error:
            if before is None:
                raise
            logger.warning("the new version of the index is not used: %s %s", error, error.hint)
            return before
        with self._lock:
            self._retire()
            # Closed meanwhile, it is for this one use.
            opened.outdated = self._closed
            self._opened = None if self._closed else opened
        return opened

    def _newer(self, opened: _Opened) -> bool:
        """Whether another version should be used now; a pointer that cannot be read leaves things as they are."""
        try:
            found = find_existing(self._settings, self._db)
            return found is not None and current_version(found.folder) != opened.index.folder
        except (OSError, DanbooruIndexError):
            return False

    def _retire(self) -> None:
        if self._opened is not None:
            self._opened.outdated = True
            self._close_if_done(self._opened)
            self._opened = None

    @staticmethod
    def _close_if_done(opened: _Opened) -> None:
        if opened.outdated and not opened.users:
            opened.index.close()
