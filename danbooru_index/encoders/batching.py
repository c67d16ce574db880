"""Batches of texts: sorted by length, bounded by a number of tokens, smaller after running out of memory."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import numpy as np

from ..arrays.types import IntArray
from ..errors import EncoderError

_log = logging.getLogger("danbooru_index")
# What torch (CUDA, XPU, MPS, CPU) and onnxruntime say; none of them has one exception class for it. The last three are
# Level Zero's on an XPU, and cuBLAS's and cuDNN's, which need memory of their own.
_OUT_OF_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "failed to allocate",
    "bad allocation",
    "bad_alloc",
    "out_of_device_memory",
    "out_of_resources",
    "status_alloc_failed",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception of an inference library means that memory ran out."""
    return isinstance(error, MemoryError) or any(text in str(error).lower() for text in _OUT_OF_MEMORY)


def next_batch(lengths: IntArray, start: int, budget: int, *, padded: bool) -> int:
    """Where the batch that begins at `start` ends.

    :param lengths: tokens of each text, longest first.
    :param budget: the most tokens, padding included; a single longer text is a batch of its own.
    :param padded: whether shorter texts may share a batch with a longer one, or only texts of the same length.

    >>> next_batch(np.array([9, 5, 5, 4]), 1, 12, padded=True), next_batch(np.array([9, 5, 5, 4]), 1, 99, padded=False)
    (3, 3)
    """
    longest = int(lengths[start])
    end = min(len(lengths), start + max(1, budget // longest))
    if not padded:
        end = start + int(np.searchsorted(-lengths[start:end], -longest, side="right"))
    return end


class TokenBudget:
    """How many tokens a batch may have. Remembers the size that fits after memory ran out.

    `reduced` is whether it is smaller than it began.
    """

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens
        self.reduced = False

    def halve(self, batch_tokens: int) -> None:
        """Halve the budget, from the size of the batch that did not fit."""
        self.tokens = max(1, min(self.tokens, batch_tokens) // 2)
        self.reduced = True
        _log.warning("Memory ran out with %d tokens at once; continuing with %d.", batch_tokens, self.tokens)


def run_batches(
    lengths: Sequence[int],
    budget: TokenBudget,
    forward: Callable[[IntArray], None],
    recover: Callable[[], None],
    *,
    padded: bool,
) -> None:
    """Call `forward` with the indices of one batch after the other until every text had its turn.

    The longest texts come first, so that memory runs out at the start or not at all. When it does, the budget is halved,
    `recover` empties the device's cache, and the same texts are tried again.

    :raises EncoderError: memory runs out with a single text.
    """
    order = np.argsort([-length for length in lengths], kind="stable")
    ranked = np.array(lengths, np.int64)[order]
    start = 0
    while start < len(order):
        end = next_batch(ranked, start, budget.tokens, padded=padded)
        try:
            forward(order[start:end])
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            if end - start == 1:
                raise EncoderError(
                    f"Memory ran out while encoding one text of {int(ranked[start]):,} tokens.",
                    hint="Free memory, shorten the text, or use --device cpu.",
                ) from error
        else:
            start = end
            continue
        # Outside the handler, since the exception's traceback keeps the tensors of the failed batch alive.
        recover()
        budget.halve(int(ranked[start]) * (end - start))
