"""64 bits of BLAKE2b: what stands for a string in arrays on the disk."""

from __future__ import annotations

import hashlib


def hash64(text: str) -> int:
    """The hash of a text, lone surrogates replaced.

    >>> hash64("long_hair") == hash64("long_hair") != hash64("long hair")
    True
    """
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "little")
