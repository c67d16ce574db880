"""The collection of an index in Chroma: a record per tag that any Chroma client can read. The only file that imports chromadb.

id = the tag; document = its line of the corpus; metadata = what it is (`Record.metadata`); embedding = the L2-normalised mean of
the vectors of its texts. The collection's own metadata says which encoder made them, and of which build they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays.types import FloatArray
from ..errors import MissingDependencyError
from ..records import TagRecord

COLLECTION = "danbooru_tags"
BATCH = 4_000  # records after which Chroma flushes its graph; in one call it takes at most 5,461
CALL = 500  # records in one call; with 100 all of them take nearly twice the processor time
CALL_IN_HOST = 100  # within a host, whose event loop waits: Chroma holds the interpreter throughout a call
READ_BATCH = 2_000
NAME_SEPARATOR = " | "
LEAST_FLUSH = 2  # Chroma's smallest threshold

Metadata = Mapping[str, "str | int | bool"]


@dataclass(frozen=True, slots=True)
class Record:
    """One tag as the collection has it."""

    id: str
    document: str
    metadata: Metadata

    @classmethod
    def of(cls, record: TagRecord) -> Record:
        """The record of a tag."""
        return cls(
            record.tag,
            record.text,
            {
                "category": record.category.label,
                "post_count": record.post_count,
                "nsfw": record.nsfw,
                "rating": record.rating.label,
                "source": record.source,
                "names": NAME_SEPARATOR.join(record.all_names()),
            },
        )


def load_chromadb() -> Any:
    """The module, whose import takes seconds; raises MissingDependencyError without the package."""
    try:
        import chromadb
    except ImportError as error:
        raise MissingDependencyError(
            f"The package chromadb cannot be imported: {error}.", hint='Install it: pip install "chromadb>=1.5.9,<2"'
        ) from error
    return chromadb


def load_server_library() -> None:
    """Import what the client of a server imports at its first use, which is under a time limit; raises as `load_chromadb` does."""
    load_chromadb()
    import chromadb.api.fastapi  # noqa: F401


def _settings(**chosen: Any) -> Any:
    """Chroma's own settings, which read keys and certificates from its environment variables (CHROMA_...)."""
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False, **chosen)


def folder_client(folder: Path) -> Any:
    """Chroma's client on a folder; raises MissingDependencyError without the package, else Chroma's own errors."""
    chromadb = load_chromadb()
    return chromadb.PersistentClient(str(folder), settings=_settings())


def server_client(host: str, port: int, *, secure: bool) -> Any:
    """Chroma's client of a server; raises as `folder_client` does."""
    chromadb = load_chromadb()
    # Named here: CHROMA_SERVER_HOST in the environment may be another server's, and would be refused.
    settings = _settings(chroma_server_host=host, chroma_server_http_port=port)
    return chromadb.HttpClient(host=host, port=port, ssl=secure, settings=settings)


class Collection:
    """One collection, wherever it is; `run` makes a call to it and maps what goes wrong."""

    def __init__(self, collection: Any, run: Callable[[Callable[[], Any]], Any], close: Callable[[], None]) -> None:
        self._collection, self._run, self.close = collection, run, close
        self.count = int(run(collection.count))
        self.metadata: dict[str, Any] = dict(collection.metadata or {})

    def add(self, records: Sequence[Record], vectors: FloatArray) -> None:
        """Add records with their (n, d) vectors."""
        self._run(
            lambda: self._collection.add(
                ids=[record.id for record in records],
                documents=[record.document for record in records],
                metadatas=[dict(record.metadata) for record in records],
                embeddings=vectors,
            )
        )
        self.count += len(records)

    def nearest(self, query: FloatArray, k: int) -> list[str]:
        """About the k tags nearest to one (d,) query, best first."""
        k = min(k, self.count)
        if k == 0:
            return []
        found = self._run(lambda: self._collection.query(query_embeddings=query[None, :], n_results=k, include=[]))
        tags: list[str] = found["ids"][0]
        return tags

    def lost(self, vectors: FloatArray) -> int:
        """How many of (n, d) vectors that were added are found neither themselves nor by something as near."""
        found = self._run(lambda: self._collection.query(query_embeddings=vectors, n_results=1, include=["distances"]))
        best = np.array([distances[0] if distances else np.inf for distances in found["distances"]])
        # The distance of the space "cosine" is 1 - cosine: a vector is at 0 from itself.
        return int((best > 1e-3).sum())

    def records(self, ids: Sequence[str]) -> dict[str, tuple[Record, FloatArray]]:
        """The records of these tags with their (d,) vectors, those that there are."""
        found = self._run(lambda: self._collection.get(ids=list(ids), include=["documents", "metadatas", "embeddings"]))
        rows = zip(found["ids"], found["documents"], found["metadatas"], found["embeddings"], strict=True)
        return {tag: (Record(tag, text, about), np.asarray(vector, np.float32)) for tag, text, about, vector in rows}

    def rename(self, name: str) -> None:
        """Give the collection another name; whoever has it open keeps it."""
        self._run(lambda: self._collection.modify(name=name))


def create(client: Any, name: str, total: int, metadata: Metadata, batch: int | None = None) -> Any:
    """Chroma's collection of this name, made if need be, flushed as `batch_ends` says."""
    ends = batch_ends(total, batch)
    flush = max(LEAST_FLUSH, int(np.diff(np.r_[0, ends]).min()))
    graph = {"space": "cosine", "sync_threshold": flush, "batch_size": max(LEAST_FLUSH, min(CALL, flush))}
    return client.get_or_create_collection(
        name, embedding_function=None, metadata=dict(metadata), configuration={"hnsw": graph}
    )


def batch_ends(total: int, batch: int | None = None) -> list[int]:
    """The number of records after each call that adds some: nearly equal parts of at most `batch` (default BATCH).

    Chroma flushes its graph once so many records are pending, and a reader has to replay what is not flushed, which takes
    seconds. With equal parts and the size of the smallest as that threshold, the last call is flushed like the others.

    >>> batch_ends(10_000)
    [3333, 6666, 10000]
    """
    calls = max(1, -(-total // (batch or BATCH)))
    return [total * call // calls for call in range(1, calls + 1)]
