"""Whether the disk can take an index, and how many texts the memory can take at once."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from ..corpus import CorpusReader
from ..encoders import Encoder
from ..errors import BuildError
from .memory import free_memory

FIXED_BYTES_A_TEXT = 700  # graph links and ids, Chroma's tables and write log, beside what grows with the dimensions
CORPUS_FACTOR = 3.0  # the tag table and the names' postings, a byte of corpus
MOST_TEXTS = 2048
LEAST_TEXTS = 64
_BATCH_SECONDS = 10.0  # a checkpoint waits for the batch at work
_SAMPLE = "long hair，长发"
_MEMORY_SHARE = 0.25
_BYTES_A_TEXT = 1 << 20  # activations of one text in a large encoder, generously


def measure_corpus(path: Path) -> tuple[str, int]:
    """SHA-256 and number of the (uncompressed) bytes of a corpus; raises CorpusError when it cannot be read."""
    with CorpusReader(path) as reader:
        size = sum(len(raw) for raw in reader.raw_lines())
        return reader.sha256, size


def bytes_needed(corpus_bytes: int, texts: int, dimensions: int, graph_dimensions: int) -> int:
    """About how many bytes an index takes while it is built."""
    a_text = FIXED_BYTES_A_TEXT + dimensions * 9 // 8 + 8 * graph_dimensions
    return int(CORPUS_FACTOR * corpus_bytes) + texts * a_text


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

    As many as a quarter of the free memory takes, at most 2,048, and no more than the encoder does in ten seconds, for
    which a checkpoint has to wait. Never under the guide's rule of 32 texts below 8 GB and 64 above. `cap`, where it is
    not 0, is the user's bound.
    """
    free = int(getattr(encoder, "free_memory", free_memory()))
    least = 32 if free < 8e9 else LEAST_TEXTS
    fits = min(MOST_TEXTS, max(least, int(free * _MEMORY_SHARE) // _BYTES_A_TEXT))
    if cap > 0:
        return min(fits, cap)
    return min(fits, max(least, int(_texts_a_second(encoder, least) * _BATCH_SECONDS)))


def _texts_a_second(encoder: Encoder, count: int) -> float:
    sample = [f"{_SAMPLE} {number}" for number in range(count)]
    encoder.encode(sample[:1])
    begun = time.perf_counter()
    encoder.encode(sample)
    return count / max(1e-9, time.perf_counter() - begun)
