"""The exact names of a packed index: their hashes are made where it is unpacked, from the folded names that it holds anyway."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..arrays.types import Int32Array, UInt8Array, UInt64Array
from ..index.tags import write_keys
from ..storage.files import map_array
from ..storage.hashes import hash64
from ..text.fold import folded_key

KEY_FILES = ("keys.npy", "key_rows.npy", "key_kinds.npy")
_NO_KEY = 255  # of a folded name that is no exact name of its tag: the tag without its qualifier


def _keys_of(folded: Sequence[str], rows: Int32Array) -> tuple[UInt64Array, Int32Array]:
    """The hashes of the distinct match keys of each tag's folded names, in their order, with the row of each."""
    distinct = {(row, key): None for row, name in zip(rows.tolist(), folded, strict=True) if (key := folded_key(name))}
    hashes = np.array([hash64(key) for _, key in distinct], np.uint64)
    return hashes, np.array([row for row, _ in distinct], np.int32)


def pack_key_kinds(store: Path, folded: Sequence[str], rows: Int32Array) -> bytes:
    """For each key of the folded names of all tags how it belongs to its tag, a byte each.

    :param folded: the n names (text.fold), those of one tag together; `rows` (n,) are those of their tags, ascending.
    :raises ValueError: a tag has an exact name that is not among them.
    """
    keys, key_rows, kinds = (np.asarray(map_array(store / name)) for name in KEY_FILES)
    stored = dict(zip(zip(keys.tolist(), key_rows.tolist(), strict=True), kinds.tolist(), strict=True))
    made = list(zip(*(column.tolist() for column in _keys_of(folded, rows)), strict=True))
    if missing := stored.keys() - set(made):
        raise ValueError(f"{len(missing)} exact names are not among the folded names")
    return np.array([stored.get(pair, _NO_KEY) for pair in made], np.uint8).tobytes()


def unpack_keys(store: Path, folded: Sequence[str], rows: Int32Array, kinds: bytes) -> None:
    """Write the arrays of the exact names, as a build does, from what `pack_key_kinds` was given and gave."""
    keys, key_rows = _keys_of(folded, rows)
    found: UInt8Array = np.frombuffer(kinds, np.uint8)
    kept = found != _NO_KEY
    write_keys(store, keys[kept], key_rows[kept], found[kept])
