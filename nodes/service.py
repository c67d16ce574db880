"""The open indexes of this ComfyUI process. Nodes keep no state; this module does, behind a lock."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from ..danbooru_index.index import Index, current_version
from ..danbooru_index.locate import locate
from . import host


@dataclass(frozen=True, slots=True)
class IndexHandle:
    """Which index a node should use; opened at the first search. An empty `folder` means: find it."""

    folder: str = ""
    device: str = "auto"


@dataclass(slots=True)
class _Open:
    indexes: dict[tuple[Path, str], Index] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


_open = _Open()


def open_index(handle: IndexHandle | None) -> tuple[Index, str]:
    """The open index of a handle, with the reason why it is the one.

    A rebuilt or newly fetched index is opened at the next call; the old one is dropped here and closed when the last
    search that uses it ends.
    """
    handle = handle or IndexHandle()
    with _open.lock:
        located = locate(host.settings(), Path(handle.folder) if handle.folder else None, host.NodeProgress())
        version = current_version(located.folder)
        key = (version, handle.device)
        if key not in _open.indexes:
            for old in [k for k in _open.indexes if k[0].parent == version.parent and k[1] == handle.device]:
                del _open.indexes[old]
            _open.indexes[key] = Index(version)
            host.logger.info("using %s with %s", located.reason, _open.indexes[key].manifest.encoder)
        return _open.indexes[key], located.reason


def fingerprint(handle: IndexHandle | None) -> str:
    """Changes when another index version would be used; never builds or opens anything."""
    handle = handle or IndexHandle()
    home = host.settings().home
    folders = [Path(handle.folder)] if handle.folder else [home / "index", home / "starter"]
    for folder in folders:
        try:
            return str(current_version(folder))
        except OSError:
            continue
    return "none yet"
