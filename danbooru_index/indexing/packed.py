"""A packed index: a zip file with what is slow to make of an index, so that it is there in a second instead of half a minute.

It holds most files as they are, the vectors in few bits (channels/coarse.py), and of each view of the names its forms alone, from
which its lists and the exact names are made. Sketches and the Chroma collection are made where it is unpacked. The hashes of the
texts are left out: by them a later build would take the coarse vectors for its own.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..channels.coarse import pack_vectors, unpack_vectors
from ..channels.dense_writer import HASHES_FILE
from ..channels.lexical import forms_of, write_view
from ..channels.ngrams import CHARACTERS, VIEWS
from ..channels.sketch import SKETCH_FILE, write_sketch
from ..channels.vectors import SCALES_FILE, VECTORS_FILE, VectorFile, VectorWriter
from ..encoders import Encoder
from ..errors import IndexDamagedError
from ..index.layout import CHROMA, DENSE, LEXICAL, STORE
from ..index.manifest import LEXICON_OPTION, MANIFEST_FILE, Manifest, list_files, parse_manifest, read_manifest
from ..index.tags import Store
from ..storage.files import map_array, save_array
from ..storage.foreign import ZIP, at
from .name_stages import read_names
from .packed_keys import KEY_FILES, pack_key_kinds, unpack_keys

_VECTORS = f"{DENSE}/vectors.packed"
_KEY_KINDS = f"{STORE}/key_kinds.packed"
_MADE_HERE = (
    *(f"{DENSE}/{name}" for name in (VECTORS_FILE, SCALES_FILE, SKETCH_FILE, HASHES_FILE)),
    *(f"{STORE}/{name}" for name in KEY_FILES),
)
_VIEWS = {f"{LEXICAL}/{view.name}": view for view in VIEWS}
_FORMS, _ROWS = "forms.txt", "rows.npy"
_ROW = "<i4"
_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_AS_IT_IS, _SMALL = zipfile.ZIP_STORED, zipfile.ZIP_LZMA


def pack_index(version: Path, target: Path) -> None:
    """Pack a version; the same version gives the same content, wherever and whenever it is packed."""
    manifest = read_manifest(version)
    views = tuple(f"{folder}/" for folder in _VIEWS)
    kept = [name for name in list_files(version) if not name.startswith((*views, f"{CHROMA}/", *_MADE_HERE))]
    with zipfile.ZipFile(target, "w") as archive:
        # What says which index it is; not the options that its build alone was given.
        facts = replace(manifest, files={}, options={LEXICON_OPTION: manifest.options[LEXICON_OPTION]})
        _add(archive, MANIFEST_FILE, facts.text().encode())
        for name in kept:
            _add(archive, name, (version / name).read_bytes())
        store = Store(version / STORE)
        try:
            names = read_names(store)
        finally:
            store.close()
        for folder, view in _VIEWS.items():
            forms, rows = forms_of(view, names.folded, names.rows)
            _add(archive, f"{folder}/{_FORMS}", "\n".join(forms).encode())
            _add(archive, f"{folder}/{_ROWS}", rows.astype(_ROW).tobytes())
            if view is CHARACTERS:  # the folded names themselves
                _add(archive, _KEY_KINDS, pack_key_kinds(version / STORE, forms, rows))
        vectors = VectorFile(version / DENSE, manifest.encoder.dimensions).gather(slice(None))
        starts = np.asarray(map_array(version / DENSE / "starts.npy"))
        _add(archive, _VECTORS, pack_vectors(vectors, starts), _AS_IT_IS)  # packed already


def _add(archive: zipfile.ZipFile, name: str, data: bytes, how: int = _SMALL) -> None:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.create_system = _UNIX
    archive.writestr(entry, data, how)


@contextmanager
def _opened(packed: Path) -> Iterator[zipfile.ZipFile]:
    """The archive; whatever shows that it is damaged becomes IndexDamagedError."""
    hint = "Install this package again, or update it."
    damaged = at(ZIP, lambda why: IndexDamagedError(f"The packed index {packed} is damaged: {why}.", hint=hint))
    with damaged, zipfile.ZipFile(packed) as archive:
        yield archive


def packed_manifest(packed: Path) -> Manifest | None:
    """Which index a file holds; None where there is no such file, or this Python cannot read it.

    :raises IndexDamagedError: it is damaged.
    """
    try:
        import lzma  # noqa: F401
    except ImportError:  # a Python that was built without it
        return None
    if not packed.is_file():
        return None
    with _opened(packed) as archive:
        return parse_manifest(json.loads(archive.read(MANIFEST_FILE)))


def unpack_index(packed: Path, version: Path, encoder: Encoder, on_progress: Callable[[int, int], None]) -> None:
    """Write all files of a version but its manifest and collection; `on_progress` is called with parts done and their number.

    :raises IndexDamagedError: the file is damaged.
    """
    # The first answer waits for this: lists of names are made on one core while the other reads on.
    with _opened(packed) as archive, ThreadPoolExecutor(1) as beside:
        names = [name for name in archive.namelist() if name != MANIFEST_FILE]
        tags = parse_manifest(json.loads(archive.read(MANIFEST_FILE))).rows
        made: list[Future[None]] = []
        for done, name in enumerate(names):
            on_progress(done, len(names) + 1)
            folder, _, last = name.rpartition("/")
            (version / folder).mkdir(parents=True, exist_ok=True)
            if name == _VECTORS:
                _write_vectors(version / DENSE, archive.read(name), encoder.identity.dimensions)
            elif folder not in _VIEWS and name != _KEY_KINDS:
                (version / name).write_bytes(archive.read(name))
            elif last == _FORMS:
                forms = archive.read(name).decode().split("\n")
                rows = np.frombuffer(archive.read(f"{folder}/{_ROWS}"), _ROW).astype(np.int32)
                made.append(beside.submit(write_view, version / LEXICAL, _VIEWS[folder], tags, forms, rows))
                if _VIEWS[folder] is CHARACTERS:
                    unpack_keys(version / STORE, forms, rows, archive.read(_KEY_KINDS))
        on_progress(len(names), len(names) + 1)
        for one in made:
            one.result()


def _write_vectors(folder: Path, packed: bytes, dimensions: int) -> None:
    writer = VectorWriter(folder, dimensions)
    try:
        writer.append(*unpack_vectors(packed, dimensions))
    finally:
        writer.close()
    write_sketch(folder, VectorFile(folder, dimensions))
    save_array(folder / HASHES_FILE, np.zeros(0, np.uint64))
