"""The open indexes of this ComfyUI process. Nodes keep no state; this module does, behind a lock."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..danbooru_index.errors import DanbooruIndexError, IndexFolderError
from ..danbooru_index.progress import Progress
from ..danbooru_index.settings import Settings
from . import host
from .encoders import USE_MULTILINGUAL, check_encoder, open_index, placed

if TYPE_CHECKING:
    from ..danbooru_index.index.index import Index
    from ..danbooru_index.workflow import Wanted

NEVER, IF_MISSING, UPDATE = "never", "if missing", "update"
_LOOK_SECONDS = 0.2  # how often a waiting node looks whether the user pressed stop


@dataclass(frozen=True, slots=True)
class IndexHandle:
    """Which index a node should use; found, fetched and opened at the first search.

    An empty `folder` means: the built or downloaded one, else the starter index. `download` says when the prebuilt index
    of `repository` may be fetched, from `endpoint` if it is not empty.
    """

    folder: str = ""
    encoder: str = "auto"
    device: str = "auto"
    precision: str = "auto"
    download: str = NEVER
    repository: str = ""
    endpoint: str = ""
    dense: str = "auto"
    chroma: str = ""

    def settings(self) -> Settings:
        """The host's settings with what this handle says on top."""
        from ..danbooru_index.workflow import settings_for

        settings = settings_for(host.settings(), self.wanted())
        return replace(
            settings,
            device=settings.device if self.device == "auto" else self.device,
            dense=self._dense(settings),
        )

    def finding(self) -> Settings:
        """The user's own settings to find the index with, and how it is to be searched.

        What the workflow says of places may be a stranger's word; the starter index has a collection only where one is asked for.
        """
        settings = host.settings()
        return replace(settings, dense=self._dense(settings))

    def _dense(self, settings: Settings) -> str:
        return settings.dense if self.dense == "auto" else self.dense

    def wanted(self) -> Wanted:
        """What this handle says of where the index is and comes from."""
        from ..danbooru_index.workflow import Wanted

        endpoints = tuple(part.strip() for part in self.endpoint.split(",") if part.strip())
        return Wanted(self.folder, self.download, self.repository, endpoints, self.chroma)


@dataclass(frozen=True, slots=True)
class _Key:
    """What makes one opened index another object than a second one: nothing else that a handle says does."""

    folder: Path
    version: Path
    device: str
    precision: str
    endpoints: tuple[str, ...]
    weights: Path | None
    dense: str
    chroma: str


@dataclass(slots=True)
class _Opened:
    """An index of the table, or one that is being opened: whoever wants the same waits for `opening`, nobody else does."""

    index: Index | None = None
    users: int = 0
    outdated: bool = False
    opening: threading.Lock = field(default_factory=threading.Lock)


@dataclass(slots=True)
class _Service:
    """`lock` guards the two tables for moments.

    What takes long is done under a lock of its own: opening an index under the one of its entry, fetching or building
    under the one of the folder that it is done in.
    """

    opened: dict[_Key, _Opened] = field(default_factory=dict)
    making: dict[Path, threading.Lock] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def making_in(self, folder: Path) -> threading.Lock:
        """The lock for fetching and building in a folder."""
        with self.lock:
            return self.making.setdefault(folder.absolute(), threading.Lock())


_service = _Service()


@contextlib.contextmanager
def use_index(
    handle: IndexHandle | None, progress: Progress | None = None, check: Callable[[], None] = host.check_interrupted
) -> Iterator[tuple[Index, str]]:
    """The open index of a handle, with the reason why it is the one.

    A rebuilt or newly fetched index is opened at the next call; the old one is closed when its last search has ended.

    :param progress: told of a build or download; by default the bar of the node that runs. Outside a node, name one.
    :param check: asked while another search fetches, builds or opens the same index; raises to give up.
    """
    handle = handle or IndexHandle()
    progress = progress or host.NodeProgress()
    folder, reason = _find(handle, progress, check)
    key, opened = _enter(handle, folder, progress, check)
    assert opened.index is not None
    try:
        yield opened.index, reason
    finally:
        _leave(key, opened)


def _enter(handle: IndexHandle, folder: Path, progress: Progress, check: Callable[[], None]) -> tuple[_Key, _Opened]:
    """The open entry of the version that is current now, with one user more."""
    from ..danbooru_index.index.versions import current_version

    while True:
        key, opened = _take(handle, folder)
        try:
            _open(key, opened, handle, progress, check)
            return key, opened
        except BaseException as error:
            _leave(key, opened)
            # A build may just have made another version the current one, and removed this.
            if not isinstance(error, IndexFolderError) or current_version(folder).resolve() == key.version:
                raise


def _take(handle: IndexHandle, folder: Path) -> tuple[_Key, _Opened]:
    """The entry of the table for the version that is current now, with one user more; other versions are outdated."""
    key = _key(handle, folder)
    with _service.lock:
        _outdate([k for k in _service.opened if k.folder == key.folder and k.version != key.version])
        opened = _service.opened.setdefault(key, _Opened())
        opened.users += 1
    return key, opened


def _leave(key: _Key, opened: _Opened) -> None:
    """One user less; the last one closes what is outdated, and forgets what could not be opened."""
    with _service.lock:
        opened.users -= 1
        if opened.users:
            return
        if opened.index is None:
            if _service.opened.get(key) is opened:
                del _service.opened[key]
        elif opened.outdated:
            opened.index.close()


def _key(handle: IndexHandle, folder: Path) -> _Key:
    from ..danbooru_index.index.manifest import read_manifest
    from ..danbooru_index.index.versions import current_version

    version = current_version(folder)
    built = read_manifest(version).encoder
    check_encoder(version, built, handle.encoder)
    settings = handle.settings()
    device, precision = placed(built.name, settings.device, handle.precision)
    # The embedded encoder fetches nothing, so where it would be fetched from makes no difference.
    endpoints = () if built.name == USE_MULTILINGUAL else settings.endpoints
    return _Key(
        folder.resolve(),
        version.resolve(),
        device,
        precision,
        endpoints,
        settings.weights,
        settings.dense,
        settings.chroma,
    )


def _open(key: _Key, opened: _Opened, handle: IndexHandle, progress: Progress, check: Callable[[], None]) -> None:
    """Open the index of an entry, unless somebody has."""
    with _held(opened.opening, check):
        if opened.index is None:
            opened.index = open_index(key.version, handle.precision, handle.settings(), progress)
            host.logger.info("using the index %s with %s", key.folder, opened.index.manifest.encoder)


@contextlib.contextmanager
def _held(lock: threading.Lock, check: Callable[[], None]) -> Iterator[None]:
    """A lock, with a look now and then whether the wait is still wanted."""
    while not lock.acquire(timeout=_LOOK_SECONDS):
        check()
    try:
        yield
    finally:
        lock.release()


def _find(handle: IndexHandle, progress: Progress, check: Callable[[], None]) -> tuple[Path, str]:
    """The folder of the index, fetched or built first where need be; others that need nothing made do not wait for it."""
    from ..danbooru_index.workflow import find_ready, find_wanted, target_of

    settings, wanted = handle.finding(), handle.wanted()
    located = find_ready(settings, wanted)
    if located is None:
        with _held(_service.making_in(target_of(settings, wanted)), check):
            located = find_wanted(settings, wanted, progress)
    return located.folder, located.reason


def _outdate(keys: list[_Key]) -> None:
    for key in keys:
        opened = _service.opened.pop(key)
        opened.outdated = True
        if opened.index is not None and not opened.users:
            opened.index.close()


def find_version(handle: IndexHandle | None = None) -> Path | None:
    """The version that a search would use now, None where it would have to be built or fetched first; opens nothing."""
    from ..danbooru_index.index.versions import current_version
    from ..danbooru_index.locate import find_existing
    from ..danbooru_index.sources import FOLDER, Source, check_source
    from ..danbooru_index.storage.paths import is_network_path

    handle = handle or IndexHandle()
    if handle.folder:
        if is_network_path(handle.folder):
            check_source(host.settings(), Source.of(FOLDER, handle.folder))
        return current_version(Path(handle.folder))
    found = find_existing(handle.finding())
    return current_version(found.folder) if found is not None else None


def preparing(progress: Progress) -> None:
    """Build or fetch what the next search needs, and open it; other searches wait or are told so meanwhile."""
    with use_index(None, progress, check=lambda: None):
        pass


def fingerprint(handle: IndexHandle | None) -> str:
    """Changes when another index version would be used; never builds, fetches or opens anything."""
    from ..danbooru_index.index.versions import current_version
    from ..danbooru_index.storage.paths import is_network_path
    from ..danbooru_index.workflow import folder_of

    handle = handle or IndexHandle()
    if is_network_path(handle.folder):
        return f"{handle}"  # looking would already log in at another computer
    home = host.settings().home
    folders = [Path(handle.folder)] if handle.folder else [home / "index", home / "starter"]
    if handle.repository and not handle.folder:
        with contextlib.suppress(DanbooruIndexError):
            folders.insert(0, folder_of(host.settings(), handle.repository))
    for folder in folders:
        with contextlib.suppress(OSError, DanbooruIndexError):
            return f"{handle} {current_version(folder)}"
    return f"{handle} none yet"
