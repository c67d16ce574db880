"""The stages after encoding: the graph, what else stands beside the vectors, and the manifest, which makes a version whole."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np

from ..channels.cooccurrence import write_cooccurrence
from ..channels.dense import GRAPH_DIMENSIONS
from ..channels.graph import GraphWriter
from ..channels.sparse import SparseWriter
from ..channels.vectors import VectorFile
from ..corpus.pairs import read_pairs
from ..corpus.texts import TextKind
from ..errors import IndexDamagedError
from ..index.layout import CHROMA, COOCCURRENCE, DENSE, LATE, SPARSE, STORE
from ..index.manifest import Manifest, hash_files, list_files
from ..index.tags import Store
from ..index.versions import UNFINISHED
from ..storage.files import map_array
from .late_stage import write_late

if TYPE_CHECKING:
    from .build import Job

GRAPH_SAMPLE = 2000  # vectors that are searched in a graph whose build was broken off


def finish_cooccurrence(job: Job) -> None:
    """How often tags stand together, from the pairs beside the corpus; pairs of tags that are not there are left out."""
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


def finish_graph(job: Job) -> None:
    """Chroma's graph, from the number that it holds already; one that a kill has damaged is made again."""
    try:
        _graph(job)
    except IndexDamagedError as error:
        job.reporter.note(f"The unfinished graph was damaged and is made again ({error}).")
        shutil.rmtree(job.version / CHROMA)
        _graph(job)


def _graph(job: Job) -> None:
    vectors = VectorFile(job.version / DENSE, job.encoder.identity.dimensions)
    projection = np.asarray(map_array(job.version / DENSE / "projection.npy"))
    graph = GraphWriter(job.version / CHROMA, vectors.count)
    resumed = graph.count > 0
    try:
        job.reporter.stage("graph", vectors.count, start=graph.count)
        while graph.count < vectors.count:
            graph.append(vectors.gather(slice(graph.count, graph.next_end())) @ projection)
            job.reporter.update(graph.count)
            job.check()
        if resumed:
            sample = np.linspace(0, vectors.count - 1, GRAPH_SAMPLE).astype(np.int64)
            graph.check(vectors.gather(sample) @ projection)
    finally:
        graph.close()


def publish(job: Job) -> None:
    """Hash every file and write the manifest."""
    job.reporter.stage("checking", 0)
    state = job.state
    for left in job.version.rglob(".*.tmp"):  # a kill in the middle of an atomic write
        left.unlink()
    names = [name for name in list_files(job.version) if not name.startswith(f"{UNFINISHED}/")]
    options = {
        **state.key["options"],
        "corpus_name": job.corpus.name,
        "bad_lines": state.bad,
        "batch_size": state.batch_size,
        "graph_dimensions": GRAPH_DIMENSIONS,
        "text_kinds": [kind.name.lower() for kind in TextKind],
    }
    files = hash_files(job.version, names)
    Manifest(job.encoder.identity, state.rows, state.texts, state.key["corpus_sha256"], files, options).write(
        job.version
    )
