"""Small index versions made of plain bytes, for the Hub tests, and the environment for a command."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

from danbooru_index.encoders import USE_MULTILINGUAL, EncoderIdentity, open_encoder
from danbooru_index.hub import FetchOptions, FetchReport, fetch_index
from danbooru_index.hub.fetch import DEFAULT_OPTIONS
from danbooru_index.index.manifest import Manifest, hash_files, list_files
from danbooru_index.settings import Settings
from danbooru_index.transport.download import RetryPolicy

REPOSITORY = "test/index"
# Retries at once, but gives a server of the tests all the time that a busy machine may take.
QUICK = RetryPolicy(connect=60.0, read=60.0, attempts=3, pause=0.01, longest_pause=0.05)
HASTY = replace(QUICK, read=0.5)  # for servers that fall silent
BIG = "dense/vectors.i8"


def fetch(settings: Settings, folder: Path, options: FetchOptions = DEFAULT_OPTIONS, **more: Any) -> FetchReport:
    """Fetch with QUICK retries."""
    return fetch_index(settings, folder, options=options, retry=QUICK, **more)


def noise(size: int, seed: int = 0) -> bytes:
    """So many bytes that look random and are always the same."""
    return random.Random(seed).randbytes(size)


CONTENTS = {
    BIG: noise(3_000_000),
    "tags/corpus.jsonl": noise(400_000, 1),
    "tags/名前.npy": noise(5_000, 2),
    "lexical/terms.npy": noise(150_000, 3),
    "chroma/link_lists.bin": b"",
    "chroma/copy.bin": noise(150_000, 3),
}


def write_version(folder: Path, contents: dict[str, bytes], encoder: EncoderIdentity | None = None) -> Path:
    """A version folder with these files and the manifest that fits."""
    for name, data in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    files = hash_files(folder, list_files(folder))
    identity = encoder or open_encoder(USE_MULTILINGUAL).identity
    Manifest(encoder=identity, rows=3, texts=5, corpus_sha256="ab" * 32, files=files).write(folder)
    return folder


def read_contents(version: Path) -> dict[str, bytes]:
    """The files of a version, without the notes about it."""
    found = {path.relative_to(version).as_posix(): path.read_bytes() for path in version.rglob("*") if path.is_file()}
    return {name: data for name, data in found.items() if name not in ("manifest.json", "source.json")}


def environment(home: Path) -> dict[str, str]:
    """The environment of a command: nothing of the machine's own settings, and the package from here."""
    root = str(Path(__file__).parents[1])
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "DANBOORU_"))}
    return {**kept, "PYTHONPATH": root, "DANBOORU_INDEX_HOME": str(home), "PYTHONUTF8": "1"}
