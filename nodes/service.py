"""The open indexes of this ComfyUI process. Nodes keep no state; this module does, behind a lock."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..danbooru_index.errors import DanbooruIndexError
from ..danbooru_index.settings import Settings
from . import host
from .encoders import open_index

if TYPE_CHECKING:
    from ..danbooru_index.index.index import Index
    from ..danbooru_index.workflow import Wanted

NEVER, IF_MISSING, UPDATE = "never", "if missing", "update"


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

    def settings(self) -> Settings:
        """The host's settings with what this handle says on top."""
        from ..danbooru_index.workflow import settings_for

        settings = settings_for(host.settings(), self.wanted())
        return replace(settings, device=settings.device if self.device == "auto" else self.device)

    def wanted(self) -> Wanted:
        """What this handle says of where the index is and comes from."""
        from ..danbooru_index.workflow import Wanted

        endpoints = tuple(part.strip() for part in self.endpoint.split(",") if part.strip())
        return Wanted(self.folder, self.download, self.repository, endpoints)


@dataclass(slots=True)
class _Opened:
    index: Index
    users: int = 0
    outdated: bool = False


@dataclass(slots=True)
class _Service:
    opened: dict[tuple[Path, IndexHandle], _Opened] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)


_service = _Service()


@contextlib.contextmanager
def use_index(handle: IndexHandle | None) -> Iterator[tuple[Index, str]]:
    """The open index of a handle, with the reason why it is the one.

    A rebuilt or newly fetched index is opened at the next call; the old one is closed when its last search has ended.
    """
    from ..danbooru_index.index.versions import current_version

    handle = handle or IndexHandle()
    with _service.lock:
        folder, reason = _find(handle)
        version = current_version(folder)
        key = (version, handle)
        _outdate([k for k in _service.opened if k[1] == handle and k != key])
        if key not in _service.opened:
            _service.opened[key] = _Opened(
                open_index(version, handle.encoder, handle.precision, handle.settings(), host.NodeProgress())
            )
            host.logger.info("using %s with %s", reason, _service.opened[key].index.manifest.encoder)
        opened = _service.opened[key]
        opened.users += 1
    try:
        yield opened.index, reason
    finally:
        with _service.lock:
            opened.users -= 1
            if opened.outdated and not opened.users:
                opened.index.close()


def _find(handle: IndexHandle) -> tuple[Path, str]:
    from ..danbooru_index.workflow import find_wanted

    # The user's own settings: what the workflow says may be a stranger's word.
    located = find_wanted(host.settings(), handle.wanted(), host.NodeProgress())
    return located.folder, located.reason


def _outdate(keys: list[tuple[Path, IndexHandle]]) -> None:
    for key in keys:
        opened = _service.opened.pop(key)
        opened.outdated = True
        if not opened.users:
            opened.index.close()


def fingerprint(handle: IndexHandle | None) -> str:
    """Changes when another index version would be used; never builds, fetches or opens anything."""
    from ..danbooru_index.index.versions import current_version
    from ..danbooru_index.workflow import folder_of

    handle = handle or IndexHandle()
    home = host.settings().home
    folders = [Path(handle.folder)] if handle.folder else [home / "index", home / "starter"]
    if handle.repository and not handle.folder:
        with contextlib.suppress(DanbooruIndexError):
            folders.insert(0, folder_of(host.settings(), handle.repository))
    for folder in folders:
        with contextlib.suppress(OSError, DanbooruIndexError):
            return f"{handle} {current_version(folder)}"
    return f"{handle} none yet"
