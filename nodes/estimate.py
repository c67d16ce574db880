"""What a build would take, before it begins: how many tags, and about how many seconds."""

from __future__ import annotations

import gzip
from pathlib import Path

from ..danbooru_index.rebuild import STARTER
from . import host
from .encoders import CPU, USE_MULTILINGUAL
from .index_state import version_in_use

# Measured on two idle cores with the embedded encoder: texts of a tag, and texts a second with everything that follows.
_TEXTS_PER_TAG, _TEXTS_PER_SECOND = 10.4, 1600.0
_BGE_SLOWER = {True: 4.0, False: 150.0}  # with a GPU, without one


def estimate(corpus: str, model: str) -> tuple[int, int]:
    """The rows and the seconds of a build.

    :param corpus: a path, `starter`, or empty for the corpus of the index in use.
    :param model: the name of the encoder.
    """
    rows = _rows(corpus)
    slower = 1.0 if model == USE_MULTILINGUAL else _BGE_SLOWER[host.device() != CPU]
    return rows, round(rows * _TEXTS_PER_TAG / _TEXTS_PER_SECOND * slower + 5)


def _rows(corpus: str) -> int:
    """The tags of a corpus by its lines; of the index in use where none is named."""
    from ..danbooru_index.index.manifest import read_manifest
    from ..danbooru_index.locate import STARTER_CORPUS

    version = version_in_use()
    if corpus in ("", STARTER):
        if not corpus and version is not None:
            return read_manifest(version).rows
        corpus = str(STARTER_CORPUS)
    path = Path(corpus)
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        count, chunk = 0, file.read(1 << 20)
        while chunk:
            count, last, chunk = count + chunk.count(b"\n"), chunk, file.read(1 << 20)
            if not chunk and not last.endswith(b"\n"):
                count += 1
    return count
