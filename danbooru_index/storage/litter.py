"""Files that systems put into anybody's folders by themselves: nobody's data, never part of an index, and no sign of an owner."""

from __future__ import annotations

from pathlib import PurePath

# Of the Finder, of Windows, of Synology's file server.
_NAMES = {".ds_store", "icon\r", "thumbs.db", "desktop.ini", "@eadir"}
# AppleDouble files, and what stands for a removed file as long as it is open.
_BEGINNINGS = ("._", ".nfs", ".smbdelete", ".fuse_hidden")


def is_litter(path: str | PurePath) -> bool:
    """Whether a relative path is such a file, or lies in such a folder.

    >>> [is_litter(path) for path in (".DS_Store", "tags/._keys.npy", "Thumbs.db", "tags/keys.npy", ".danbooru-index")]
    [True, True, True, False, False]
    """
    names = [name.lower() for name in PurePath(path).parts]
    return any(name in _NAMES or name.startswith(_BEGINNINGS) for name in names)
