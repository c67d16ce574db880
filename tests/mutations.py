"""Index files as a broken disk or a stranger leaves them, sealed again so that only their contents can tell."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from danbooru_index.errors import DanbooruIndexError
from danbooru_index.expand import ExpandRequest, expand
from danbooru_index.index.index import Index
from danbooru_index.index.manifest import MANIFEST_FILE, hash_files, read_manifest
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search
from danbooru_index.search.related import RelatedRequest, related

EXTREMES = [0, 1, -1, 127, 255, 2**31 - 1, -(2**31), 2**62, -(2**63), 10**12]
NUMBERS = [0.0, float("inf"), float("nan"), 1e300, -1e300]
HEADERS = [
    "{'descr': '<i4', 'fortran_order': False, 'shape': (1000000000000,), }",
    "{'descr': '<i8', 'fortran_order': False, 'shape': (-5,), }",
    "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }",
    "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 2), }",
    "{'descr': [('a', '<i4'), ('b', '<i4')], 'fortran_order': False, 'shape': (4,), }",
    "{'descr': '<i4', 'fortran_order': False, 'shape': (), }",
    "{'descr': '<i4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
    "{'descr': '<U9', 'fortran_order': False, 'shape': (1,), }",
    "(" * 5000,
    "nonsense",
]


def files_of(version: Path) -> list[Path]:
    """The files that are mutated: all but Chroma's, which are opened only where they can be trusted."""
    found = (path for path in version.rglob("*") if path.is_file() and path.name not in (MANIFEST_FILE, "source.json"))
    return sorted(path for path in found if "chroma" not in path.relative_to(version).parts)


def mutated(data: bytes, rng: random.Random, name: str) -> bytes:
    """The content of a file, changed in one way."""
    ways = [_flip, _cut, _longer, _blank, _shuffle]
    if name.endswith(".npy"):
        ways += [_header, _values, _values, _values]
    return rng.choice(ways)(data, rng)


def _flip(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice([1, 4, 64])):
        if changed:
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.choice([0, 1, len(data) // 2, max(0, len(data) - 1), max(0, len(data) - 8)])]


def _longer(data: bytes, rng: random.Random) -> bytes:
    return data + rng.choice([b"\0", b"\xff" * 8, data[-64:], data])


def _blank(data: bytes, rng: random.Random) -> bytes:
    return rng.choice([b"\0", b"\xff", b"["]) * len(data)


def _shuffle(data: bytes, rng: random.Random) -> bytes:
    half = len(data) // 2
    return data[half:] + data[:half]


def _header(data: bytes, rng: random.Random) -> bytes:
    text = rng.choice(HEADERS).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data[128:]


def _values(data: bytes, rng: random.Random) -> bytes:
    """The same header over other values: extremes here and there, or another order."""
    import io

    array = np.load(io.BytesIO(data), allow_pickle=False).copy()
    flat = array.reshape(-1)
    if len(flat):
        for place in [rng.randrange(len(flat)) for _ in range(rng.choice([1, 1, 3, len(flat)]))]:
            value = rng.choice(NUMBERS if array.dtype.kind == "f" else EXTREMES)
            with np.errstate(all="ignore"):
                flat[place] = np.array(value).astype(array.dtype)
        if rng.random() < 0.3:
            flat[:] = flat[::-1].copy()
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def reseal(version: Path) -> None:
    """Give the version a manifest that fits its files as they are now."""
    manifest = read_manifest(version)
    replace(manifest, files=hash_files(version, list(manifest.files))).write(version)


def mutated_manifest(data: bytes, rng: random.Random) -> bytes:
    """A manifest with one value replaced, or its text changed."""
    if rng.random() < 0.3:
        return mutated(data, rng, "manifest.json")
    value = json.loads(data)
    places = list(_places(value))
    holder, key = rng.choice(places)
    holder[key] = rng.choice(
        [
            None,
            -1,
            0,
            1,
            2**31,
            10**400,
            1e999,
            float("nan"),
            "",
            "x" * 100_000,
            "\ud800",
            [],
            {},
            [[]] * 10,
            True,
            "../x",
        ]
    )
    return json.dumps(value).encode("utf-8", "surrogatepass")


def _places(value: object) -> Iterator[tuple[dict | list, str | int]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from _places(inner)


def use(version: Path, encoder: object) -> str:
    """Open a version and use every channel: "fine", or the name of our own error. Anything else is raised."""
    try:
        with Index(version, encoder=encoder) as index:
            search(index, SearchRequest("cat ears", nsfw="include"))
            search(index, SearchRequest("双马尾 a girl with long hair", min_count=1))
            expand(index, ExpandRequest("a girl with twintails, 水手服, night sky"))
            related(index, RelatedRequest(("long_hair", "1girl")))
    except DanbooruIndexError as error:
        assert error.hint
        return type(error).__name__
    return "fine"
