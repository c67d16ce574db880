"""What the checks at opening cost:

    python benchmarks/opening.py --db DIR [--input CORPUS] [--times N]

With --input, DIR is built first, from made-up vectors: an opening looks at no value of a vector, so nothing is encoded. It is then
opened in turns with the checks and without them (medians of N), warm and with its files out of the page cache (Linux),
and once as by a computer that never saw it, which reads every value that is checked once.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from danbooru_index.encoders.protocol import EncoderIdentity, Encoding
from danbooru_index.index import index as index_module
from danbooru_index.index.index import Index
from danbooru_index.index.manifest import read_manifest
from danbooru_index.index.versions import current_version
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.settings import Settings, load_settings

DIMENSIONS = 512
TARGET = "<= 0.3"


class MadeUp:
    """An encoder whose vectors are random numbers of length 1."""

    identity = EncoderIdentity("made-up", "1", DIMENSIONS)
    has_sparse = has_tokens = on_gpu = False
    description = "random numbers"

    def __init__(self) -> None:
        self._random = np.random.default_rng(1)

    def encode(self, texts: list[str], *, sparse: bool = False, tokens: bool = False) -> Encoding:
        vectors = self._random.standard_normal((len(texts), DIMENSIONS), np.float32)
        return Encoding(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


@contextlib.contextmanager
def unchecked() -> Iterator[None]:
    """An opening without the checks of files and of contents."""
    with (
        mock.patch.object(index_module, "check_files", return_value=[]),
        mock.patch.object(index_module, "check_contents", return_value=None),
    ):
        yield


def opening(folder: Path, settings: Settings, *, checked: bool, cold: bool = False) -> float:
    """Seconds of one opening."""
    if cold:
        forget(folder)
    with contextlib.nullcontext() if checked else unchecked():
        begun = time.perf_counter()
        with Index(folder, encoder=MadeUp(), settings=settings):
            return time.perf_counter() - begun


def forget(folder: Path) -> None:
    """Let the system drop what it holds of the files of an index."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def in_turns(folder: Path, settings: Settings, times: int, *, cold: bool) -> tuple[float, float]:
    """Medians with the checks and without."""
    pairs = [
        (
            opening(folder, settings, checked=True, cold=cold),
            opening(folder, settings, checked=False, cold=cold),
        )
        for _ in range(times)
    ]
    with_checks, without = zip(*pairs, strict=True)
    return statistics.median(with_checks), statistics.median(without)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--db", type=Path, required=True)
    parser.add_argument("--input", type=Path)
    parser.add_argument("--times", type=int, default=15)
    options = parser.parse_args()
    if options.input is not None:
        begun = time.perf_counter()
        report = build_index(options.input, options.db, MadeUp(), BuildOptions(chroma_tags=0))
        print(f"| built: {report.rows:,} tags, {report.texts:,} texts | {time.perf_counter() - begun:.0f} s | |")
    manifest = read_manifest(current_version(options.db))
    print(f"| index: tags, texts, files | {manifest.rows:,}, {manifest.texts:,}, {len(manifest.files)} | |")
    with tempfile.TemporaryDirectory() as home:
        settings = replace(load_settings(), home=Path(home), weights=None)
        first = opening(options.db, settings, checked=True)
        print(f"| the very first opening, which reads the values | {first:.2f} s | once |")
        for cold in (False, True) if hasattr(os, "posix_fadvise") else (False,):
            with_checks, without = in_turns(options.db, settings, options.times, cold=cold)
            name = "files out of the page cache" if cold else "warm"
            print(f"| opening, {name}: with the checks / without | {with_checks:.4f} / {without:.4f} s | |")
            print(f"| the checks add, {name} | {with_checks - without:.4f} s | {TARGET} s |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
