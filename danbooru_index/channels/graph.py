"""Chroma's HNSW graph over projected vectors. The only file that imports chromadb."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.types import FloatArray, IntArray
from ..errors import IndexDamagedError, MissingDependencyError

if TYPE_CHECKING:
    from ..arrays.types import FloatArray

COLLECTION = "texts"
DATABASE = "chroma.sqlite3"
SYNC_EVERY = 100_000  # vectors between two flushes of the graph
SEARCH_BREADTH = 400


def _client(folder: Path) -> Any:
    try:
        import chromadb
        from chromadb.config import Settings
    except ImportError as error:
        raise MissingDependencyError(
            f"The package chromadb cannot be imported: {error}.", hint='Install it: pip install "chromadb>=1.5.9,<2"'
        ) from error
    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


@contextlib.contextmanager
def _mapped_errors(folder: Path) -> Iterator[None]:
    """Chroma's own exceptions become the system's for a full disk, else one of ours: the folder cannot be used."""
    from chromadb.errors import ChromaError

    try:
        yield
    except (ChromaError, sqlite3.Error, ValueError, KeyError, RuntimeError) as error:
        if "disk is full" in str(error) or "No space left" in str(error):
            raise OSError(errno.ENOSPC, str(error)) from error
        raise IndexDamagedError(
            f"Chroma cannot use the graph in {folder}: {error}.",
            hint="Build the index again (danbooru-index build) or fetch it again (danbooru-index fetch).",
        ) from error


def _close(client: Any) -> None:
    close = getattr(client, "close", None)
    if close is not None:
        close()


class GraphWriter:
    """Adds (n, d) vectors under their running number; opened on an unfinished folder, `count` says where to go on."""

    def __init__(self, folder: Path, total: int) -> None:
        """`total` is how many vectors there will be.

        Chroma flushes the graph once so many vectors are pending, and a reader has to replay what is not flushed (40 s
        for 85,000 vectors). So the calls are cut such that the last flush falls on the last vector.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        with _mapped_errors(folder):
            self._client = _client(folder)
        groups = max(1, round(total / SYNC_EVERY))
        calls = max(1, -(-total // (groups * int(self._client.get_max_batch_size()))))
        self._ends = np.linspace(0, total, groups * calls + 1).astype(np.int64)[1:]
        flush_at = max(2, total // groups - calls)
        with _mapped_errors(folder):
            self._collection = self._client.get_or_create_collection(
                COLLECTION,
                embedding_function=None,
                configuration={
                    "hnsw": {
                        "space": "ip",
                        "sync_threshold": flush_at,
                        "batch_size": max(2, flush_at // 5),
                        "ef_search": SEARCH_BREADTH,
                    }
                },
            )
            self.count = int(self._collection.count())

    def next_end(self) -> int:
        """The number after the last vector of the next call to `append`."""
        return int(self._ends[np.searchsorted(self._ends, self.count, side="right")])

    def append(self, vectors: FloatArray) -> None:
        """Add the vectors from `count` to `next_end()`."""
        with _mapped_errors(self._folder):
            ids = [str(number) for number in range(self.count, self.count + len(vectors))]
            self._collection.add(ids=ids, embeddings=vectors)
            self.count += len(vectors)

    def check(self, vectors: FloatArray) -> None:
        """Search for some of the (n, d) vectors that were added: a kill in the middle of a flush may have left a graph that lost some.

        :raises IndexDamagedError: more than one in a hundred is found neither itself nor by something nearer.
        """
        with _mapped_errors(self._folder):
            found = self._collection.query(query_embeddings=vectors, n_results=1, include=["distances"])
        best = np.array([distances[0] if distances else np.inf for distances in found["distances"]])
        own = 1.0 - np.einsum("nd,nd->n", vectors, vectors)  # Chroma's distance of the space "ip" is 1 - inner product
        lost = int((best > own + 1e-3).sum())
        if lost > len(vectors) // 100:
            raise IndexDamagedError(
                f"{lost} of {len(vectors)} vectors are missing in {self._folder}.", hint="Build it again."
            )

    def close(self) -> None:
        """Let go of the folder; a finished one is frozen first."""
        _close(self._client)
        if self.count == self._ends[-1]:
            with _mapped_errors(self._folder):
                _freeze(self._folder / DATABASE)


def _freeze(database: Path) -> None:
    """Compact the database and make opening it leave its bytes alone.

    Everything is in the flushed graph, so the write log but its last entry is removed. Chroma takes its write lock by
    adding a row to `acquire_write` even when it only reads; the trigger drops that row, so that the file keeps its hash.
    """
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute(
            "DELETE FROM embeddings_queue WHERE seq_id < (SELECT MIN(CAST(seq_id AS INTEGER)) FROM max_seq_id)"
        )
        connection.execute(
            "CREATE TRIGGER IF NOT EXISTS frozen BEFORE INSERT ON acquire_write BEGIN SELECT RAISE(IGNORE); END"
        )
        connection.execute("VACUUM")


def pending_writes(database: Path) -> int:
    """How many vectors wait in the write log of a Chroma database; a frozen one has none.

    :raises IndexDamagedError: it is no database of Chroma.
    """
    try:
        with contextlib.closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            query = "SELECT COUNT(*) FROM embeddings_queue WHERE seq_id > (SELECT MIN(CAST(seq_id AS INTEGER)) FROM max_seq_id)"
            return int(connection.execute(query).fetchone()[0])
    except sqlite3.Error as error:
        raise IndexDamagedError(
            f"{database} is no database of Chroma: {error}.", hint="Build or fetch the index again."
        ) from error


class Graph:
    """Read-only search in the graph of an index."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        if not (folder / DATABASE).is_file():
            raise IndexDamagedError(f"There is no Chroma database in {folder}.", hint="Build or fetch the index again.")
        with _mapped_errors(folder):
            self._client = _client(folder)
            self._collection = self._client.get_collection(COLLECTION, embedding_function=None)
            self.count = int(self._collection.count())

    def nearest(self, queries: FloatArray, k: int) -> list[IntArray]:
        """For each of (q, d) queries the numbers of about the k nearest vectors by inner product, best first."""
        k = min(k, self.count)
        if k == 0:
            return [np.zeros(0, np.int64) for _ in queries]
        with _mapped_errors(self._folder):
            found = self._collection.query(query_embeddings=queries, n_results=k, include=[])
        return [np.array(ids, dtype=np.int64) for ids in found["ids"]]

    def close(self) -> None:
        """Let go of the folder, so that it can be removed (Windows)."""
        _close(self._client)
