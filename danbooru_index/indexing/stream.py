"""The corpus as a stream of chunks, and stages that run beside each other."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

import numpy as np

from ..arrays.types import UInt64Array
from ..corpus import CorpusReader
from ..corpus.texts import texts_of
from ..records import TagRecord
from ..storage.hashes import hash64

_POLL_SECONDS = 0.1

T = TypeVar("T")
_Message = tuple[str, Any]


@dataclass(slots=True)
class Chunk:
    """Some tags with their texts: `counts` texts per tag, and of each text its TextKind and hash. `bytes_read` is for progress."""

    records: list[TagRecord] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    bytes_read: int = 0

    def add(self, record: TagRecord) -> None:
        """Add one tag."""
        texts = texts_of(record)
        self.records.append(record)
        self.counts.append(len(texts))
        self.texts += [text for _, text in texts]
        self.kinds += [int(kind) for kind, _ in texts]

    def hashes(self) -> UInt64Array:
        """64 bits of BLAKE2b of each text: the same text has the same vector in the next build."""
        return np.array([hash64(text) for text in self.texts], np.uint64)


def chunks(reader: CorpusReader, *, skip: int, size: int) -> Iterator[Chunk]:
    """The corpus after `skip` tags, in chunks of at least `size` texts; the last may be smaller."""
    chunk = Chunk()
    for record in islice(reader, skip, None):
        chunk.add(record)
        if len(chunk.texts) >= size:
            chunk.bytes_read = reader.bytes_read
            yield chunk
            chunk = Chunk()
    if chunk.records:
        chunk.bytes_read = reader.bytes_read
        yield chunk


def prefetch(
    items: Iterator[T], *, depth: int = 2, idle: Callable[[], None] = lambda: None
) -> Generator[T, None, None]:
    """The same items, made in a thread of its own, at most `depth` ahead.

    An error of the maker is raised here. `idle` is called while waiting, and may raise to give up. Closing the generator
    stops the thread.
    """
    box: queue.Queue[_Message] = queue.Queue(depth)
    stopped = threading.Event()
    thread = threading.Thread(target=_make, args=(items, box, stopped), name="danbooru-index-build", daemon=True)
    thread.start()
    try:
        while True:
            try:
                kind, value = box.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                idle()
                continue
            if kind == "end":
                return
            if kind == "error":
                raise value
            yield value
    finally:
        stopped.set()
        thread.join()


def _make(items: Iterator[Any], box: queue.Queue[_Message], stopped: threading.Event) -> None:
    """Put every item into the box, then the end or the error; give up when stopped."""

    def put(message: _Message) -> bool:
        while not stopped.is_set():
            with contextlib.suppress(queue.Full):
                box.put(message, timeout=_POLL_SECONDS)
                return True
        return False

    try:
        for item in items:
            if not put(("item", item)):
                break
        else:
            put(("end", None))
    except BaseException as error:
        put(("error", error))  # raised again in the thread that waits
    finally:
        if isinstance(items, Generator):
            items.close()
