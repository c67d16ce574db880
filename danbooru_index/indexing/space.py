"""Whether the disk can take an index, and how many texts the memory can take at once."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..channels.chroma import BATCH
from ..corpus import CorpusReader
from ..encoders import Encoder
from ..errors import BuildError
from .memory import free_memory

# What a build takes beside what grows with the dimensions, in bytes; benchmarks/scale.md has the sizes of real builds.
FIXED_BYTES = 1 << 20  # an empty Chroma database, headers
TABLE_FACTOR = 2.0  # the tag table and its unfinished columns, per byte of corpus
NAMES_FACTOR = 1.5  # the lists of the names and words, per byte of corpus ...
NAMES_BYTES_PER_TEXT = 80  # ... and a text
DENSE_BYTES_PER_TEXT = 27  # scale, hash, kind and hubness, and the unfinished ones of these
CHROMA_BYTES_PER_TAG = 400  # links, ids and metadata ...
CHROMA_FACTOR = 8.0  # ... documents with their full-text index, per byte of corpus ...
CHROMA_LOG = 3 * BATCH  # ... and tags that stand in its write log, and once more in the journal of its database
POSTINGS_BYTES_PER_TEXT = 128  # 16 term weights of 8 bytes; names have 6 to 8 tokens
LATE_TOKENS_PER_TEXT = 5  # one text per tag has them
MOST_TEXTS = 2048
LEAST_TEXTS = 64
_BATCH_SECONDS = 10.0  # a checkpoint waits for the batch at work
_SAMPLE = "long hair，长发"
_MEMORY_SHARE = 0.25
_BYTES_PER_TEXT = 1 << 20  # activations of one text in a large encoder, generously


def measure_corpus(path: Path, on_progress: Callable[[int, int], None] = lambda done, total: None) -> tuple[str, int]:
    """SHA-256 and number of the (uncompressed) bytes of a corpus.

    `on_progress` is called about once per mebibyte with the bytes on disk that were read, and their total; what it raises passes.

    :raises CorpusError: it cannot be read.
    """
    with CorpusReader(path, pause=lambda: on_progress(reader.bytes_read, reader.total_bytes)) as reader:
        for _ in reader.raw_lines():
            pass
        return reader.sha256, reader.size


@dataclass(frozen=True, slots=True)
class CorpusSize:
    """Bytes, tags and texts of a corpus."""

    bytes: int
    tags: int
    texts: int


def bytes_needed(corpus: CorpusSize, encoder: Encoder, late_bytes: int, in_chroma: int) -> int:
    """About how many bytes an index takes at most while it is built.

    :param late_bytes: the user's bound of token vectors.
    :param in_chroma: the number of tags in the Chroma collection.
    """
    dimensions, texts = encoder.identity.dimensions, corpus.texts
    per_text = dimensions * 9 // 8 + DENSE_BYTES_PER_TEXT + NAMES_BYTES_PER_TEXT
    if encoder.has_sparse:
        per_text += POSTINGS_BYTES_PER_TEXT
    late = min(late_bytes, texts * LATE_TOKENS_PER_TEXT * (dimensions + 4)) if encoder.has_tokens else 0
    share = in_chroma / max(1, corpus.tags)
    chroma = in_chroma * (4 * dimensions + CHROMA_BYTES_PER_TAG) + int(CHROMA_FACTOR * corpus.bytes * share)
    chroma += 2 * min(in_chroma, CHROMA_LOG) * 4 * dimensions
    return FIXED_BYTES + int((TABLE_FACTOR + NAMES_FACTOR) * corpus.bytes) + texts * per_text + late + chroma


def check_space(version: Path, needed: int) -> None:
    """Refuse to begin what cannot end; what stands in `version` already needs no more room.

    :raises BuildError: the disk has not so much free space.
    """
    free = shutil.disk_usage(version).free
    missing = needed - sum(path.stat().st_size for path in version.rglob("*") if path.is_file())
    if free < missing:
        raise BuildError(
            f"The index needs about {missing / 1e9:.2f} GB more in {version}, but only {free / 1e9:.2f} GB are free.",
            hint="Free space, or choose a folder on another disk with --db.",
        )


def batch_size(encoder: Encoder, cap: int) -> int:
    """How many texts an encoder gets at once.

    As many as a quarter of the free main memory takes, at most 2,048, and no more than the encoder does in ten seconds, for
    which a checkpoint has to wait. Never under the guide's rule of 32 texts below 8 GB and 64 above. `cap`, where it is
    not 0, is the user's bound. An accelerator's memory plays no part: its encoder cuts these texts into batches of its own.
    """
    free = int(getattr(encoder, "free_memory", free_memory()))
    least = 32 if free < 8e9 else LEAST_TEXTS
    fits = min(MOST_TEXTS, max(least, int(free * _MEMORY_SHARE) // _BYTES_PER_TEXT))
    if cap > 0:
        return min(fits, cap)
    return min(fits, max(least, int(_texts_per_second(encoder, least) * _BATCH_SECONDS)))


def _texts_per_second(encoder: Encoder, count: int) -> float:
    sample = [f"{_SAMPLE} {number}" for number in range(count)]
    encoder.encode(sample[:1])
    begun = time.perf_counter()
    encoder.encode(sample)
    return count / max(1e-9, time.perf_counter() - begun)
