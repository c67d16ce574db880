"""What both backends of BGE-M3 share: tokens in, dense, sparse and token vectors out.

Every text is tokenised by the model's own tokenizer.json, as `<s> ... </s>`, and cut at the longest input of the model.
Dense is the vector of `<s>`; sparse keeps for every token id its largest weight, special tokens left out; the token
vectors leave out `<s>` and keep `</s>` (FlagEmbedding's conventions, which the parity tests hold).
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays.types import FloatArray, IntArray
from ..errors import EncoderError, InputError, MissingDependencyError
from .batching import TokenBudget, run_batches
from .protocol import EncoderIdentity, Encoding

PAD = 1
SPECIAL_IDS = (0, PAD, 2, 3)  # <s> <pad> </s> <unk>, in XLM-RoBERTa's vocabulary


@dataclass(frozen=True, slots=True)
class Outputs:
    """One batch of b texts, padded to s tokens: dense (b, d), term weights (b, s), token vectors (b, s - 1, d)."""

    dense: FloatArray
    weights: FloatArray | None = None
    vectors: FloatArray | None = None


def open_tokenizer(path: Path, max_tokens: int) -> Any:
    """The tokenizer of a model folder, cutting texts at `max_tokens`. The only place that imports tokenizers."""
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingDependencyError(
            "BGE-M3 needs the package tokenizers.", hint="Install it: pip install tokenizers"
        ) from error
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:
        raise EncoderError(
            f"The tokenizer {path} cannot be read: {error}.", hint="Fetch the model's files again."
        ) from error
    for name, expected in zip(("<s>", "<pad>", "</s>", "<unk>"), SPECIAL_IDS, strict=True):
        if tokenizer.token_to_id(name) != expected:
            raise EncoderError(
                f"The tokenizer {path} is not BGE-M3's: {name} has no id {expected}.",
                hint="Use the files of BAAI/bge-m3.",
            )
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def term_weights(ids: IntArray, weights: FloatArray) -> dict[int, float]:
    """{token id: its largest weight} of one text, without special tokens and weights that are not positive.

    >>> term_weights(np.array([0, 9, 7, 9, 2]), np.array([5, 1, 2, 3, 5], np.float32))
    {9: 3.0, 7: 2.0}
    """
    best: dict[int, float] = {}
    for term, weight in zip(ids.tolist(), weights.tolist(), strict=True):
        if weight > best.get(term, 0.0) and term not in SPECIAL_IDS:
            best[term] = weight
    return best


class M3Encoder(ABC):
    """BGE-M3, loaded at the first use. Safe to call from several threads: one encodes at a time."""

    has_sparse = True
    has_tokens = True
    padded = False  # whether texts of different lengths share a batch

    def __init__(self, budget: int) -> None:
        self._lock = threading.RLock()
        self._budget = TokenBudget(budget)
        self._tokenizer: Any = None

    @property
    @abstractmethod
    def identity(self) -> EncoderIdentity:
        """See Encoder.identity."""

    @abstractmethod
    def _open(self) -> Any:
        """Load the model and return its tokenizer."""

    @abstractmethod
    def _forward(self, ids: IntArray, lengths: IntArray, *, sparse: bool, tokens: bool) -> Outputs:
        """Run one batch: (b, s) ids, right-padded with PAD, and the (b,) tokens of each text."""

    def _prepare(self) -> None:  # noqa: B027 - nothing to do on a CPU
        """Before every encode: bring the model to its device."""

    def _release(self) -> None:  # noqa: B027 - nothing to do on a CPU
        """After memory ran out: give back what the device still caches."""

    def close(self) -> None:
        """Forget the loaded model; the next encode loads it again."""
        with self._lock:
            self._tokenizer = None

    def encode(self, texts: list[str], *, sparse: bool = False, tokens: bool = False) -> Encoding:
        """See Encoder.encode."""
        for number, text in enumerate(texts):
            if not text.strip():
                raise InputError(
                    f"Text {number + 1} of {len(texts)} is empty and has no vector.",
                    hint="Pass text with at least one character.",
                )
        with self._lock:
            if self._tokenizer is None:
                self._tokenizer = self._open()
            self._prepare()
            return self._encode(texts, sparse=sparse, tokens=tokens)

    def _encode(self, texts: list[str], *, sparse: bool, tokens: bool) -> Encoding:
        rows = [np.array(encoding.ids, np.int64) for encoding in self._tokenizer.encode_batch_fast(texts)]
        lengths = np.array([len(row) for row in rows], np.int64)
        dense = np.empty((len(texts), self.identity.dimensions), np.float32)
        terms: list[dict[int, float]] = [{} for _ in texts]
        vectors: list[FloatArray] = [np.zeros((0, 0), np.float32) for _ in texts]

        def forward(batch: IntArray) -> None:
            ids = np.full((len(batch), int(lengths[batch].max())), PAD, np.int64)
            for place, i in enumerate(batch):
                ids[place, : lengths[i]] = rows[i]
            out = self._forward(ids, lengths[batch], sparse=sparse, tokens=tokens)
            dense[batch] = out.dense
            for place, i in enumerate(batch):
                if out.weights is not None:
                    terms[i] = term_weights(rows[i], out.weights[place, : lengths[i]])
                if out.vectors is not None:
                    vectors[i] = out.vectors[place, : lengths[i] - 1].copy()

        run_batches(lengths.tolist(), self._budget, forward, self._release, padded=self.padded)
        if not np.isfinite(dense).all():
            raise EncoderError(
                f"{self.identity.name} returned values that are not numbers.",
                hint="Use --device cpu, or fetch the model's files again.",
            )
        return Encoding(dense, terms if sparse else None, vectors if tokens else None)

    def _budget_note(self) -> str:
        return f", {self._budget.tokens:,} tokens at once since memory ran out" if self._budget.reduced else ""
