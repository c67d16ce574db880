"""The collection of an index in Chroma: a record per tag that any Chroma client can read. The only file that imports chromadb.

id = the tag; document = its line of the corpus; metadata = what it is (`Record.metadata`); embedding = the L2-normalised mean of
the vectors of its texts. The collection's own metadata says which encoder made them, and of which build they are.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError  # another class before Python 3.11
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import numpy as np

from ..arrays.types import FloatArray
from ..errors import ChromaServerError, IndexDamagedError, InputError, MissingDependencyError
from ..records import TagRecord
from ..storage.foreign import CHROMA, at
from ..storage.locks import IN_USE, FileHold

COLLECTION = "danbooru_tags"
DATABASE = "chroma.sqlite3"
BATCH = 4_000  # records in one call, after which Chroma flushes its graph; Chroma takes at most 5,461
SERVER_BATCH = 1_000  # ... to a server, whose requests are bounded in bytes
READ_BATCH = 2_000
NAME_SEPARATOR = " | "
SERVER_SECONDS = 4.0  # that a server may take to answer
LEAST_FLUSH = 2  # Chroma's smallest threshold

T = TypeVar("T")
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


def _chromadb() -> Any:
    try:
        import chromadb
    except ImportError as error:
        raise MissingDependencyError(
            f"The package chromadb cannot be imported: {error}.", hint='Install it: pip install "chromadb>=1.5.9,<2"'
        ) from error
    return chromadb


def _settings() -> Any:
    """Chroma's own settings, which read keys and certificates from its environment variables (CHROMA_...)."""
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False)


@contextlib.contextmanager
def _folder_errors(folder: Path) -> Iterator[None]:
    """Chroma's own exceptions become the system's for a full disk, else one of ours: the folder cannot be used."""

    def ours(why: str) -> Exception:
        if "disk is full" in why or "No space left" in why:
            return OSError(errno.ENOSPC, why)
        return IndexDamagedError(
            f"Chroma cannot use the collection in {folder}: {why}.",
            hint="Build the index again (danbooru-index build), fetch it again (danbooru-index fetch), or use --dense sketch.",
        )

    with at(CHROMA, ours):
        yield


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


# A folder is opened once in a process, by however many indexes.
@dataclass(slots=True)
class _Opened:
    client: Any
    hold: FileHold
    users: int = 0


_opened: dict[Path, _Opened] = {}
_opened_lock = threading.Lock()


def _local_client(folder: Path) -> tuple[Any, Callable[[], None]]:
    """Chroma on a folder, and what closes it once nobody else in this process uses it."""
    chromadb, key = _chromadb(), folder.resolve()
    with _opened_lock:
        if key not in _opened:
            hold = FileHold(folder / IN_USE)
            try:
                with _folder_errors(folder):
                    _opened[key] = _Opened(chromadb.PersistentClient(str(folder), settings=_settings()), hold)
            except BaseException:
                hold.release(remove=True)
                raise
        _opened[key].users += 1

    def close() -> None:
        with _opened_lock:
            opened = _opened[key]
            opened.users -= 1
            if not opened.users:
                del _opened[key]
                opened.client.close()
                opened.hold.release(remove=True)

    return _opened[key].client, _once(close)


def _once(action: Callable[[], None]) -> Callable[[], None]:
    """The action, done at the first call alone."""
    left = [action]

    def do() -> None:
        if left:
            left.pop()()

    return do


def _in_folder(folder: Path, get: Callable[[Any], Any]) -> Collection:
    client, close = _local_client(folder)

    def run(call: Callable[[], T]) -> T:
        with _folder_errors(folder):
            return call()

    try:
        return Collection(run(lambda: get(client)), run, close)
    except BaseException:
        close()
        raise


def open_folder(folder: Path) -> Collection:
    """The collection in a folder of an index. Chroma is not safe for two processes on one folder, so the first one holds it.

    :raises TimeoutError: another process has it open.
    :raises OSError: the folder cannot be written to, as Chroma does even when it only reads.
    :raises IndexDamagedError: there is none, or Chroma cannot use it.
    """
    if not (folder / DATABASE).is_file():
        raise IndexDamagedError(f"There is no Chroma database in {folder}.", hint="Build or fetch the index again.")
    return _in_folder(folder, lambda client: client.get_collection(COLLECTION, embedding_function=None))


def create_in_folder(folder: Path, total: int, metadata: Metadata) -> Collection:
    """The collection in a folder that is being built; one that is there already is continued, after `count` records.

    `total` is how many records there will be: see `batch_ends`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return _in_folder(folder, lambda client: _create(client, COLLECTION, total, metadata))


def _create(client: Any, name: str, total: int, metadata: Metadata, batch: int | None = None) -> Any:
    ends = batch_ends(total, batch)
    flush = max(LEAST_FLUSH, int(np.diff(np.r_[0, ends]).min()))
    graph = {"space": "cosine", "sync_threshold": flush, "batch_size": max(LEAST_FLUSH, flush // 4)}
    return client.get_or_create_collection(
        name, embedding_function=None, metadata=dict(metadata), configuration={"hnsw": graph}
    )


def batch_ends(total: int, batch: int | None = None) -> list[int]:
    """The number of records after each call that adds some: nearly equal parts of at most `batch`, BATCH unless told.

    Chroma flushes its graph once so many records are pending, and a reader has to replay what is not flushed, which takes
    seconds. With equal parts and the size of the smallest as that threshold, the last call is flushed like the others.

    >>> batch_ends(10_000)
    [3333, 6666, 10000]
    """
    calls = max(1, -(-total // (batch or BATCH)))
    return [total * call // calls for call in range(1, calls + 1)]


def compact(folder: Path) -> None:
    """Give back the room of Chroma's write log, which is empty once everything is flushed."""
    with (
        _folder_errors(folder),
        contextlib.closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as connection,
    ):
        connection.execute("VACUUM")


class Server:
    """A Chroma server; `name` is the collection that is current there, `NAME-BUILD` one of a certain build."""

    def __init__(self, url: str, name: str = COLLECTION) -> None:
        """Connect.

        :raises InputError: the address is not one.
        :raises ChromaServerError: nothing answers there.
        """
        self.url, self.name = url.rstrip("/"), name
        self._open_port()
        chromadb = _chromadb()
        parts = urlsplit(self.url)
        secure = parts.scheme == "https"
        self._client = self.run(
            lambda: chromadb.HttpClient(
                host=parts.hostname, port=parts.port or (443 if secure else 8000), ssl=secure, settings=_settings()
            )
        )

    def _open_port(self) -> None:
        """Fail at once where nothing listens: Chroma's client itself waits without an end."""
        try:
            parts = urlsplit(self.url)
            host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 8000)
        except ValueError:
            host, parts, port = None, urlsplit(""), 0
        if parts.scheme not in ("http", "https") or not host:
            raise InputError(
                f"{self.url!r} is not the address of a Chroma server.", hint="Write it as http://host:8000."
            )
        try:
            socket.create_connection((host, port), timeout=SERVER_SECONDS).close()
        except OSError as error:
            raise self._gone(error) from error

    def _gone(self, error: BaseException) -> ChromaServerError:
        reason = str(error) or type(error).__name__
        return ChromaServerError(
            f"The Chroma server {self.url} does not answer: {reason}.",
            hint="Start it (chroma run), correct the address, or search without --chroma.",
        )

    def run(self, call: Callable[[], T], seconds: float = SERVER_SECONDS) -> T:
        """Make a call in a thread, since Chroma's client has no time limit.

        :raises ChromaServerError: it failed or took too long.
        """
        done: Future[T] = Future()

        def work() -> None:
            try:
                done.set_result(call())
            except BaseException as error:  # raised again below
                done.set_exception(error)

        threading.Thread(target=work, name="danbooru-index-chroma", daemon=True).start()
        try:
            return done.result(timeout=seconds)
        except FutureTimeoutError as error:
            raise self._gone(TimeoutError(f"no answer within {seconds:.0f} s")) from error
        except (MissingDependencyError, InputError):
            raise
        except Exception as error:
            raise self._gone(error) from error

    def find(self, build: str) -> Collection:
        """The collection of a build: the current one, or one that waits under its own name.

        :raises ChromaServerError: the server has no collection of this build.
        """
        held = {one.name: one for one in self.run(self._client.list_collections)}
        for name in (self.name, f"{self.name}-{build}"):
            if name in held and (held[name].metadata or {}).get("build") == build:
                return self._collection(name)
        other = (held[self.name].metadata or {}).get("build") if self.name in held else None
        found = f"its {self.name} is of the build {other}" if other else f"it has no collection {self.name}"
        raise ChromaServerError(
            f"The Chroma server {self.url} does not hold this index (build {build}): {found}.",
            hint=f"Send it there (danbooru-index build ... --chroma {self.url}), or use the index that the server holds.",
        )

    def _collection(self, name: str, seconds: float = SERVER_SECONDS) -> Collection:
        found = self.run(lambda: self._client.get_collection(name, embedding_function=None))
        return Collection(found, lambda call: self.run(call, seconds), lambda: None)

    def begin(self, build: str, total: int, metadata: Metadata) -> Collection:
        """A new collection under the name of a build; what an earlier attempt left there is removed."""
        name = f"{self.name}-{build}"
        if name in {one.name for one in self.run(self._client.list_collections)}:
            self.run(lambda: self._client.delete_collection(name))
        made = self.run(lambda: _create(self._client, name, total, metadata, SERVER_BATCH))
        return Collection(made, lambda call: self.run(call, 120.0), lambda: None)

    def make_current(self, build: str) -> None:
        """Let the collection of a build take the name; the one before it keeps its own, older ones are removed."""
        held = {one.name: one for one in self.run(self._client.list_collections)}
        before = held.get(self.name)
        kept = {f"{self.name}-{build}"}
        if before is not None:
            old = f"{self.name}-{(before.metadata or {}).get('build', 'unknown')}"
            if old in held and old not in kept:
                self.run(lambda: self._client.delete_collection(old))
            kept.add(old)
            if old == f"{self.name}-{build}":  # the same build again: the new one takes its place
                self.run(lambda: self._client.delete_collection(self.name))
            else:
                self._collection(self.name).rename(old)
        self._collection(f"{self.name}-{build}").rename(self.name)
        for name in held:
            if name.startswith(f"{self.name}-") and name not in kept:
                self.run(lambda name=name: self._client.delete_collection(name))  # type: ignore[misc]
