"""The stages after encoding: the Chroma collection, what else stands beside the vectors, and the manifest, which makes a version whole."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np

from ..arrays.types import IntArray
from ..channels.chroma import Collection, Record, batch_ends
from ..channels.chroma_folder import compact, create_in_folder
from ..channels.chroma_server import SERVER_BATCH, Server
from ..channels.cooccurrence import write_cooccurrence
from ..channels.sparse import SparseWriter
from ..channels.vectors import VectorFile, similarity_floor
from ..corpus.pairs import read_pairs
from ..corpus.texts import TextKind
from ..errors import BuildError, IndexDamagedError
from ..index.collection import BUILD_OPTION, TagVectors, collection_metadata, held_rows
from ..index.layout import CHROMA, COOCCURRENCE, DENSE, LATE, MOST_TAGS, SPARSE, STORE
from ..index.manifest import FLOOR_OPTION, TAGS_OPTION, Manifest, hash_files, list_files
from ..index.tags import Store
from ..index.versions import UNFINISHED
from ..storage.files import map_array
from .late_stage import write_late

if TYPE_CHECKING:
    from .job import Job

COLLECTION_SAMPLE = 2000  # tags that are searched in a collection whose build was interrupted
SERVER_SAMPLE = 200  # ... and in one that a server was sent


def finish_cooccurrence(job: Job) -> None:
    """How often tags co-occur, from the pairs beside the corpus; pairs of tags that are not there are left out."""
    path = job.options.cooccurrence
    assert path is not None
    store = Store(job.version / STORE)
    try:
        job.reporter.stage("co-occurrence", 0)
        rows: dict[str, int] = {}
        for tag in {tag for first, second, _ in read_pairs(path) for tag in (first, second)}:
            row = store.row_of(tag)
            if row is not None:
                rows[tag] = row
        shutil.rmtree(job.version / COOCCURRENCE, ignore_errors=True)
        kept = write_cooccurrence(job.version / COOCCURRENCE, read_pairs(path), rows)
        job.reporter.note(f"{kept:,} pairs of tags are taken from {path.name}.")
    finally:
        store.close()


def finish_sparse(job: Job) -> None:
    """The inverted index of the term weights; one that a kill interrupted after it was whole is left as it is."""
    folder = job.version / SPARSE
    if SparseWriter.unfinished(folder):
        job.reporter.stage("term weights", 0)
        SparseWriter(folder, start=job.state.texts).finish(np.asarray(map_array(job.version / DENSE / "starts.npy")))


def finish_late(job: Job) -> None:
    """Token vectors of the most used tags, from the checkpoint on."""
    store = Store(job.version / STORE)

    def saved(tags: int, size: int) -> None:
        job.state.late = tags
        job.state.save(job.version)
        job.reporter.update(size)
        job.check()

    try:
        most = job.options.late_bytes
        job.reporter.stage("late interaction", most, "B")
        write_late(job.version / LATE, store, job.encoder, saved, start=job.state.late, at_most=most)
    finally:
        store.close()


def finish_collection(job: Job) -> None:
    """The Chroma collection, from the number of records that it holds already; one that a kill has damaged is made again."""
    store = Store(job.version / STORE)
    try:
        rows = held_rows(store, job.options.chroma_tags)
        if not len(rows) or job.options.chroma_tags == 0:
            return
        try:
            _fill_collection(job, store, rows)
        except IndexDamagedError as error:
            job.reporter.note(f"The unfinished Chroma collection was damaged and is made again ({error}).")
            shutil.rmtree(job.version / CHROMA, ignore_errors=True)
            _fill_collection(job, store, rows)
    finally:
        store.close()
    compact(job.version / CHROMA)


def _fill_collection(job: Job, store: Store, rows: IntArray) -> None:
    vectors = TagVectors(job.version / DENSE, job.encoder.identity.dimensions)
    collection = create_in_folder(job.version / CHROMA, len(rows), collection_metadata(job.facts))
    resumed = collection.count > 0
    try:
        job.reporter.stage("collection", len(rows), start=collection.count, unit="tags")
        add_tags(collection, store, vectors, rows, job)
        if resumed:
            sample = rows[np.linspace(0, len(rows) - 1, COLLECTION_SAMPLE).astype(np.int64)]
            lost = collection.lost(vectors.of(np.unique(sample)))
            if lost > COLLECTION_SAMPLE // 100:
                raise IndexDamagedError(
                    f"{lost} of {COLLECTION_SAMPLE} tags are missing in it.", hint="Build it again."
                )
    finally:
        collection.close()


def add_tags(
    collection: Collection, store: Store, vectors: TagVectors, rows: IntArray, job: Job, batch: int | None = None
) -> None:
    """Add the tags that the collection lacks, a few at once; a server takes a batch."""
    for end in batch_ends(len(rows), batch):
        while collection.count < end:
            part = rows[collection.count : min(end, collection.count + (batch or job.call))]
            collection.add([Record.of(store.record(int(row))) for row in part], vectors.of(part))
            job.reporter.update(collection.count)
            job.check()


def send_to_server(job: Job, url: str) -> None:
    """The collection on a Chroma server: filled under a name of its own, checked, then made the current one."""
    store = Store(job.version / STORE)
    try:
        most = job.options.chroma_tags
        rows = held_rows(store, MOST_TAGS if most == 0 else most)
        vectors = TagVectors(job.version / DENSE, job.encoder.identity.dimensions)
        server, facts = Server(url), job.facts
        job.reporter.stage("Chroma server", len(rows), unit="tags")
        collection = server.begin(facts["build"], len(rows), collection_metadata(facts))
        add_tags(collection, store, vectors, rows, job, SERVER_BATCH)
        sample = np.unique(rows[np.linspace(0, len(rows) - 1, min(len(rows), SERVER_SAMPLE)).astype(np.int64)])
        if lost := collection.lost(vectors.of(sample)):
            raise BuildError(
                f"The Chroma server {url} lost {lost} of {len(sample)} tags that it was sent.",
                hint="What was current there still is. Look at the server's log and run the same command again.",
            )
        server.make_current(facts["build"])
    finally:
        store.close()


def _collection_size(job: Job) -> int:
    if not (job.version / CHROMA).is_dir():
        return 0
    store = Store(job.version / STORE)
    try:
        return len(held_rows(store, job.options.chroma_tags))
    finally:
        store.close()


def publish(job: Job) -> None:
    """Hash every file and write the manifest."""
    job.reporter.stage("checking", 0)
    state = job.state
    for left in job.version.rglob(".*.tmp"):  # a kill in the middle of an atomic write
        left.unlink(missing_ok=True)  # on some disks a file takes the one beside it along
    names = [name for name in list_files(job.version) if not name.startswith(f"{UNFINISHED}/")]
    options = {
        **state.key["options"],
        "corpus_name": job.corpus.name,
        "bad_lines": state.bad,
        "batch_size": state.batch_size,
        BUILD_OPTION: job.facts["build"],
        TAGS_OPTION: _collection_size(job),
        FLOOR_OPTION: similarity_floor(VectorFile(job.version / DENSE, job.encoder.identity.dimensions)),
        "text_kinds": [kind.name.lower() for kind in TextKind],
    }
    files = hash_files(job.version, names)
    Manifest(job.encoder.identity, state.rows, state.texts, state.key["corpus_sha256"], files, options).write(
        job.version
    )
