"""The Chroma collection of an index: which tags it holds, with which vectors, and which store a search uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays.types import FloatArray, IntArray
from ..channels.chroma import READ_BATCH, Metadata, Record
from ..channels.chroma_folder import open_folder
from ..channels.chroma_server import Server
from ..channels.dense import DenseChannel
from ..channels.dense_store import ChromaStore, DenseStore
from ..channels.row_filter import RowFilter
from ..channels.vectors import VectorFile
from ..encoders.protocol import EncoderIdentity
from ..errors import IndexFolderError
from ..records import Rating
from ..settings import Settings
from ..storage.files import map_array
from ..storage.locks import NoLocksError
from .layout import CHROMA, DENSE, STORE
from .manifest import TAGS_OPTION, Manifest
from .notes import is_trusted
from .tags import Store

VECTORS = "mean of the texts"  # docs/chroma.md has the measurement
BUILD_OPTION = "build"  # of a manifest: what says which build the collection belongs to
CLOSE = 1e-3  # by which a stored vector may differ from the one that was added


def held_rows(store: Store, most: int | None) -> IntArray:
    """The ascending rows of the tags that a collection holds: at most `most`, the most used, and none that every filter hides."""
    rows = np.flatnonzero(store.rating != Rating.FORBIDDEN)
    if most is not None and len(rows) > most:
        rows = np.sort(rows[np.lexsort((rows, -store.post_count[rows].astype(np.int64)))[:most]])
    return rows


class TagVectors:
    """One vector per tag: the mean of those of its texts, of length 1."""

    def __init__(self, folder: Path, dimensions: int) -> None:
        """`folder` is that of the dense channel."""
        self._vectors = VectorFile(folder, dimensions)
        self._starts: IntArray = map_array(folder / "starts.npy")

    def of(self, rows: IntArray) -> FloatArray:
        """(n, d) for ascending rows."""
        if not len(rows):
            return np.zeros((0, self._vectors.dimensions), np.float32)
        texts = [np.arange(self._starts[row], self._starts[row + 1]) for row in rows]
        vectors = self._vectors.gather(np.concatenate(texts))
        firsts = np.r_[0, np.cumsum([len(of_tag) for of_tag in texts])[:-1]]
        means: FloatArray = np.add.reduceat(vectors, firsts, axis=0)
        means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
        return means


def collection_metadata(manifest_facts: dict[str, Any]) -> Metadata:
    """What a collection says of itself: who encoded it, from which corpus, and of which build it is."""
    # A collection is published: a folder of the one who built it is nobody's business.
    encoder = EncoderIdentity.from_json(manifest_facts["encoder"]).public()
    return {
        "made_by": "danbooru-index",
        "encoder": encoder.name,
        "encoder_revision": encoder.revision,
        "dimensions": encoder.dimensions,
        "vectors": VECTORS,
        "corpus_sha256": manifest_facts["corpus_sha256"],
        "build": manifest_facts["build"],
    }


def open_store(folder: Path, manifest: Manifest, store: Store, dense: DenseChannel, settings: Settings) -> DenseStore:
    """The store that the settings ask for; decided here, once.

    `auto` takes a server where one is named, else the sketches: docs/chroma.md has the figures.

    :raises IndexFolderError: `chroma` is asked for, and the index was built without a collection.
    :raises ChromaServerError: the server does not answer, or holds another index.
    """
    if settings.dense == "sketch" or (settings.dense == "auto" and not settings.chroma):
        return dense.sketches
    held = int(manifest.options.get(TAGS_OPTION, 0))
    if settings.chroma:
        server = Server(settings.chroma)
        collection, label = server.find(str(manifest.options.get(BUILD_OPTION, ""))), f"Chroma at {server.url}"
        held = collection.count
    elif not held:
        raise IndexFolderError(
            f"The index {folder} has no Chroma collection.",
            hint="Build it again without --chroma-tags 0, or search with --dense sketch.",
        )
    elif not is_trusted(folder, settings.home):
        dense.sketches.label = "sketches (Chroma trusts its files, and this index is not from a place in your settings)"
        return dense.sketches
    else:
        try:
            collection, label = open_folder(folder / CHROMA), "Chroma"
        except OSError as error:
            dense.sketches.label = f"sketches ({_why_not(error)})"
            return dense.sketches
    rows = held_rows(store, held)
    mask = np.zeros(len(store), bool)
    mask[rows] = True
    hidden = store.rating == Rating.FORBIDDEN
    complete = bool((mask | hidden).all())
    return ChromaStore(collection, dense.sketches, store.tag_hashes(), None if complete else RowFilter(mask), label)


def _why_not(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "another process has the Chroma collection open"
    if isinstance(error, NoLocksError):
        return "the file system of the Chroma collection has no locks"
    return "the folder of the Chroma collection cannot be written to"


def collection_problems(folder: Path, manifest: Manifest) -> Iterator[str]:
    """How the collection of a version differs from its tag table and vectors; raises OSError where it cannot be opened."""
    store, collection = Store(folder / STORE), open_folder(folder / CHROMA)
    try:
        rows = held_rows(store, int(manifest.options[TAGS_OPTION]))
        vectors = TagVectors(folder / DENSE, manifest.encoder.dimensions)
        if collection.count != len(rows):
            yield f"the Chroma collection holds {collection.count:,} tags instead of {len(rows):,}"
        if collection.metadata.get("build") != manifest.options.get(BUILD_OPTION):
            yield f"the Chroma collection is of the build {collection.metadata.get('build')}"
        wrong = 0
        for start in range(0, len(rows), READ_BATCH):
            part = rows[start : start + READ_BATCH]
            wanted = [Record.of(store.record(int(row))) for row in part]
            found = collection.records([record.id for record in wanted])
            for record, vector in zip(wanted, vectors.of(part), strict=True):
                same = found.get(record.id)
                wrong += same is None or same[0] != record or bool(np.abs(same[1] - vector).max() > CLOSE)
        if wrong:
            yield f"{wrong:,} tags of the Chroma collection are not as they were built"
    finally:
        collection.close()
        store.close()
