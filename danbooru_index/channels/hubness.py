"""Hubness: how near a text stands to texts in general.

In many dimensions some vectors are near to nearly everything and come up for queries of every kind (Radovanović et al., "Hubs
in Space", JMLR 2010). What a text's nearest neighbours in a sample have in common with it is therefore a feature of the ranker
(as in CSLS, Conneau et al., "Word Translation Without Parallel Data", 2018). One byte per text.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..arrays.types import FloatArray, IntArray, UInt8Array
from ..storage.files import map_array, save_array
from .vectors import VectorFile

HUBNESS_FILE = "hubness.npy"
SAMPLE = 1024  # texts
NEIGHBOURS = 10
_BLOCK = 8192  # texts compared with the sample at once
_SCALE = 255.0


def write_hubness(folder: Path, vectors: VectorFile) -> None:
    """Write the mean inner product of every text with its nearest NEIGHBOURS of a sample.

    The very nearest is left out: it may be the text itself.
    """
    rows = np.unique(np.linspace(0, max(0, vectors.count - 1), min(vectors.count, SAMPLE)).astype(np.int64))
    codes, scales = vectors.quantised(rows)
    sample = np.ascontiguousarray(codes.T, np.float32)
    hubness = np.zeros(vectors.count, np.uint8)
    for start in range(0, vectors.count if len(rows) > NEIGHBOURS else 0, _BLOCK):
        block, block_scales = vectors.quantised(slice(start, start + _BLOCK))
        # Sums of products of codes are whole numbers that float32 holds exactly: a resumed build gives the same file.
        near = (block.astype(np.float32) @ sample) * scales
        best = np.sort(np.partition(near, -NEIGHBOURS - 1, axis=1)[:, -NEIGHBOURS - 1 :], axis=1)[:, :-1]
        mean = best.mean(axis=1) * block_scales
        hubness[start : start + len(block)] = np.rint(_SCALE * np.clip(mean, 0.0, 1.0))
    save_array(folder / HUBNESS_FILE, hubness)


class Hubness:
    """Reads the file."""

    def __init__(self, folder: Path) -> None:
        self._values: UInt8Array = map_array(folder / HUBNESS_FILE)

    def of(self, texts: IntArray) -> FloatArray:
        """(n,) float32 in 0..1 for these texts; 0 for the number -1, no text."""
        values: FloatArray = np.where(texts < 0, 0.0, self._values[np.maximum(texts, 0)] / np.float32(_SCALE))
        return values.astype(np.float32)
