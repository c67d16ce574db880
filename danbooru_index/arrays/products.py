"""Products of matrices in pieces so small that OpenBLAS keeps each on one thread.

On busy cores a product of a few milliseconds waits many times longer for the other threads of the library.
"""

from __future__ import annotations

import numpy as np

from .types import FloatArray

SINGLE_THREAD = 262_144  # multiplications up to which OpenBLAS does not wake its threads


def product(left: FloatArray, right: FloatArray) -> FloatArray:
    """(n, k) times (k, m): (n, m) float32.

    >>> product(np.ones((3, 2), np.float32), np.ones((2, 1), np.float32)).tolist()
    [[2.0], [2.0], [2.0]]
    """
    block = max(1, SINGLE_THREAD // max(1, right.size))
    whole = len(left) // block * block
    result = np.empty((len(left), right.shape[1]), np.float32)
    stacked = left[:whole].reshape(-1, block, left.shape[1]) @ right
    result[:whole] = stacked.reshape(whole, right.shape[1])
    result[whole:] = left[whole:] @ right
    return result
