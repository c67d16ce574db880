"""Several files at a time, from the first endpoint that delivers, each verified before it has its name."""

from __future__ import annotations

import queue
import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from ..progress import Progress, Step
from .download import EndpointError, Stopped
from .listing import ExpectedFile
from .mirrors import Remote
from .parts import PartFile
from .staging import Staging

WORKERS = 4
_POLL_SECONDS = 0.1
_JOIN_SECONDS = 2.0


def transfer(
    remote: Remote,
    files: Mapping[str, ExpectedFile],
    staging: Staging,
    progress: Progress,
    at_hand: Callable[[], Mapping[str, Path]] = dict,
) -> int:
    """Bring every file into the tree of `staging`, verified. Returns the bytes received.

    `at_hand` gives files that are on this computer already, by content key: they are copied instead.

    `progress` runs in the calling thread; what it raises stops the transfer and passes through, parts kept.

    :raises HubError: no endpoint delivered a file, or the disk is too small.
    :raises OSError: the disk is full, or cannot be written.
    """
    staging.begin(files)
    staging.check_space(files)
    staging.reuse(files, at_hand, progress)
    return _Job(remote, files, staging).run(progress)


class _Job:
    """The threads of one transfer and what they share."""

    def __init__(self, remote: Remote, files: Mapping[str, ExpectedFile], staging: Staging) -> None:
        self._remote, self._staging, self._files = remote, staging, files
        self._total = sum(expected.size for expected in files.values())
        self._names: dict[str, list[str]] = {}
        missing = staging.missing(files)
        for name, expected in sorted(missing.items(), key=lambda item: -item[1].size):
            self._names.setdefault(expected.key, []).append(name)
        self._todo: queue.SimpleQueue[str] = queue.SimpleQueue()
        for key in self._names:
            self._todo.put(key)
        self._lock = threading.Lock()
        self._failure: BaseException | None = None
        self._present = self._total - sum(expected.size for expected in missing.values())
        self._received = 0

    def run(self, progress: Progress) -> int:
        """Work until all is there; returns the bytes received."""
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(min(WORKERS, len(self._names)))]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive() and self._failure is None:
                    progress(Step("downloading", self._present, self._total, "B"))
                    thread.join(_POLL_SECONDS)
            if self._failure is not None:
                raise self._failure
        except BaseException:
            self._remote.client.stop()
            for thread in threads:
                thread.join(_JOIN_SECONDS)
            raise
        progress(Step("downloading", self._total, self._total, "B"))
        return self._received

    def _work(self) -> None:
        try:
            while self._failure is None:
                self._fetch(self._todo.get_nowait())
        except (queue.Empty, Stopped):
            pass
        except BaseException as error:
            self._failure = self._failure or error

    def _count(self, change: int) -> None:
        with self._lock:
            self._present += change
            self._received += max(0, change)

    def _fetch(self, key: str) -> None:
        """Fetch one content and give it every name that it has."""
        first, *others = self._names[key]
        tree, part_path = self._staging.tree, self._staging.parts / key
        path = self._remote.repository.file_path(self._remote.commit, first)
        with PartFile(part_path, self._files[first]) as part:
            with self._lock:
                self._present += part.received
            what = f"{first} of {self._remote.repository}"
            self._remote.mirrors.ask(what, lambda endpoint: self._complete(endpoint, path, part))
            part.finish(tree / first)
        for name in others:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            copy = part_path.with_suffix(".copy")
            shutil.copyfile(tree / first, copy)
            copy.replace(tree / name)
            with self._lock:
                self._present += self._files[name].size

    def _complete(self, endpoint: str, path: str, part: PartFile) -> None:
        """Receive and verify; a kept part whose end does not fit is discarded and the whole file is taken, once."""
        resumed = part.received > 0
        if part.missing:
            self._remote.client.complete(endpoint, path, part, self._count)
        if resumed and not part.is_right:
            self._forget(part)
            self._remote.client.complete(endpoint, path, part, self._count)
        if not part.is_right:
            self._forget(part)
            raise EndpointError(f"sent {path} with other content: its hash is not the expected one")

    def _forget(self, part: PartFile) -> None:
        self._count(-part.received)
        part.restart()
