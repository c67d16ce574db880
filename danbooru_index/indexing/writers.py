"""Encoding chunks, and the writers of every channel that is filled text by text, as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..arrays.types import FloatArray, Int8Array, UInt64Array
from ..channels.dense_writer import DenseWriter
from ..channels.sparse import SparseWriter
from ..channels.vectors import quantise
from ..encoders import Encoder
from ..index.layout import DENSE, SPARSE, STORE
from ..index.tags import StoreWriter
from ..storage.files import Growing, GrowsTogether
from .checkpoint import Checkpoint
from .previous_vectors import PreviousVectors
from .stream import Chunk


@dataclass(slots=True)
class EncodedChunk:
    """A chunk with the hash, int8 code, scale and (where the encoder has them) term weights of each of its texts.

    `reused` of the texts were taken from an older index.
    """

    chunk: Chunk
    hashes: UInt64Array
    codes: Int8Array
    scales: FloatArray
    sparse: list[Mapping[int, float]] | None
    reused: int


def encoded_chunks(read: Iterator[Chunk], encoder: Encoder, base: PreviousVectors) -> Iterator[EncodedChunk]:
    """Encode each chunk; only the texts that the base does not know."""
    for chunk in read:
        hashes = chunk.hashes()
        known = base.find(hashes)
        new, old = np.flatnonzero(known < 0), np.flatnonzero(known >= 0)
        codes = np.empty((len(hashes), encoder.identity.dimensions), np.int8)
        scales = np.empty(len(hashes), np.float32)
        sparse: list[Mapping[int, float]] | None = [{} for _ in hashes] if encoder.has_sparse else None
        if len(new):
            encoding = encoder.encode([chunk.texts[i] for i in new], sparse=encoder.has_sparse)
            codes[new], scales[new] = quantise(encoding.dense)
            for i, weights in zip(new, encoding.sparse or (), strict=False):
                sparse[i] = weights  # type: ignore[index]
        if len(old):
            codes[old], scales[old] = base.vectors(known[old])
            if sparse is not None:
                for i, number in zip(old, known[old], strict=True):
                    sparse[i] = base.term_weights(int(number))
        yield EncodedChunk(chunk, hashes, codes, scales, sparse, len(old))


@dataclass(slots=True)
class Writers(GrowsTogether):
    """The tag table, the dense vectors and, where the encoder has them, the term weights, all at the same checkpoint."""

    store: StoreWriter
    dense: DenseWriter
    sparse: SparseWriter | None

    @classmethod
    def open(cls, version: Path, parts: Path, encoder: Encoder, state: Checkpoint) -> Writers:
        """Open all of them at the place that the checkpoint names."""
        dimensions = encoder.identity.dimensions
        return cls(
            StoreWriter(version / STORE, parts, start=state.rows),
            DenseWriter(version / DENSE, parts, dimensions, rows=state.rows, texts=state.texts),
            SparseWriter(version / SPARSE, start=state.texts) if encoder.has_sparse else None,
        )

    def append(self, encoded: EncodedChunk, state: Checkpoint) -> None:
        """Write one chunk and count it in the checkpoint's state."""
        chunk = encoded.chunk
        self.store.append(chunk.records)
        self.dense.append(chunk.counts, chunk.kinds, encoded.hashes, encoded.codes, encoded.scales)
        if self.sparse is not None and encoded.sparse is not None:
            self.sparse.append(encoded.sparse)
        state.rows, state.texts = self.store.count, self.dense.count
        state.reused += encoded.reused

    def _files(self) -> list[Growing]:
        return [writer for writer in (self.store, self.dense, self.sparse) if writer is not None]

    def finish_columns(self) -> None:
        """Turn the parts of the tag table and the dense channel into their final files."""
        self.store.finish()
        self.dense.finish()
