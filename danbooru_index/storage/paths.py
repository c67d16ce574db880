"""Paths that somebody else wrote: what is refused before the file system is asked for it, and the one spelling of a folder."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from .macos import spelling_on_disk

# \\server\share, //server/share, \\?\UNC\server, \\.\device, and \??\, which Windows takes for one of these.
_NETWORK = re.compile(r"\s*(?:[\\/]{2}|[\\/]\?\?[\\/])")
_LONG = re.compile(
    r"//\?/(?:(unc)/)?", re.IGNORECASE
)  # the prefix of long paths, where nothing is read but as it stands
_DRIVE = re.compile(r"[a-zA-Z]:(?=/|$)")


def is_network_path(path: str) -> bool:
    r"""Whether Windows would look at another computer, or a device, for this path: it logs in there at the first look.

    >>> [is_network_path(p) for p in (r"\\host\share", "//host/x", r"\??\UNC\host\x", "/home/x", r"C:\x", "BAAI/bge-m3")]
    [True, True, True, False, False, False]
    """
    return _NETWORK.match(path) is not None


def lies_in(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies in it, links followed. No other computer is asked unless the words already say so."""
    found, root = (text if is_network_path(text) else _real(text) for text in (path, folder))
    if is_network_path(found):
        return reads_inside(found, root) and reads_inside(_real(found), _real(root))
    return reads_inside(found, root) or (not is_network_path(root) and _is_below(Path(found), Path(root)))


def true_path(path: Path) -> Path:
    """A path with its links followed, in the spelling that the disk has, so that one folder has one path on every system."""
    # Windows gives that spelling by itself.
    return spelling_on_disk(path.resolve())


def reads_inside(path: str, folder: str, *, windows: bool = os.name == "nt") -> bool:
    r"""Whether an absolute path lies in a folder by its words alone, read as Windows reads them, or as POSIX does.

    >>> [reads_inside(p, r"\\srv\s\tags", windows=True) for p in (r"//SRV/S/Tags/a", r"\\srv\s\tags-2", r"\\srv\s\tags\..\a")]
    [True, False, False]
    """
    read = _windows_parts if windows else _posix_parts
    found, root = read(path.strip()), read(folder.strip())
    return found is not None and root is not None and found[: len(root)] == root


def _real(path: str) -> str:
    """A path with its links followed, as it stands where that cannot be done."""
    with contextlib.suppress(OSError, RuntimeError, ValueError):
        return str(Path(path).expanduser().resolve())
    return path


def _is_below(path: Path, folder: Path) -> bool:
    """Whether one folder above a path is the other by the file system's own word, which knows if it tells A from a."""
    for above in (path, *path.parents):
        with contextlib.suppress(OSError, ValueError):
            if above.samefile(folder):
                return True
    return False


def _posix_parts(path: str) -> list[str] | None:
    if not path.startswith("/"):
        return None
    parts: list[str] = []
    for name in path.split("/"):
        if name == "..":
            del parts[-1:]
        elif name not in ("", "."):
            parts.append(name)
    return parts


def _windows_parts(path: str) -> list[tuple[str, str]] | None:
    """The root and names of a path, alike where Windows takes them for the same; None where it cannot be told."""
    text = path.replace("\\", "/")
    long = _LONG.match(text)
    if long:
        rest = text[long.end() :]
        text = f"//{rest}" if long[1] else rest
    if text.startswith("//"):
        root, names = 2, text[2:].split("/")  # computer and share
        if len(names) < root or not all(names[:root]) or names[0] in (".", "?"):
            return None
        names[0] = f"//{names[0]}"
    elif _DRIVE.match(text):
        root, names = 1, text.split("/")
    else:
        return None
    if any(_may_be_another(name, literal=bool(long)) for name in names[root:]):
        return None
    parts = names[:root]
    for name in names[root:]:
        if name == "..":
            del parts[max(root, len(parts) - 1) :]
        elif name not in ("", "."):
            parts.append(name)
    # Windows folds single letters: both forms, since some letters share only one of them with another.
    return [(name.lower(), name.upper()) for name in parts]


def _may_be_another(name: str, *, literal: bool) -> bool:
    """Whether Windows may read a name as another one: it drops dots and spaces at an end, sometimes."""
    return name.rstrip(" .") != name and (literal or name not in (".", ".."))
