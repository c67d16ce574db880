"""Paths that somebody else wrote: what is refused before the file system is asked for it."""

from __future__ import annotations

import re

# \\server\share, //server/share, \\?\UNC\server, \\.\device, and \??\, which Windows takes for one of these.
_NETWORK = re.compile(r"\s*(?:[\\/]{2}|[\\/]\?\?[\\/])")


def is_network_path(path: str) -> bool:
    r"""Whether Windows would look at another computer, or a device, for this path: it logs in there at the first look.

    >>> [is_network_path(p) for p in (r"\\host\share", "//host/x", r"\??\UNC\host\x", "/home/x", r"C:\x", "BAAI/bge-m3")]
    [True, True, True, False, False, False]
    """
    return _NETWORK.match(path) is not None
