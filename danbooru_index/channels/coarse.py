"""Vectors in three bits a component, for the index that lies in the package: int8 vectors would take twice the room of all else.

A component becomes the number of its interval of the width STEP, and then the middle of that interval. No middle is 0, so every
sign is kept, and the sketches (sketch.py) are the same as before. Huffman coding makes use of small values being common.
"""

from __future__ import annotations

import zlib

import numpy as np

from ..arrays.types import FloatArray, Int8Array, IntArray, UInt8Array

STEP = np.float32(0.025)  # a component is kept within half of it
# Texts of so many tags are packed apart from the next: where a few tags change, the file changes in a few places.
TAGS_PER_RUN = 32
_ABOVE_ZERO = 64  # the number of the first interval above 0; vectors are of length 1, so all numbers fit in a byte
_CODES = (2 * np.arange(256) - (2 * _ABOVE_ZERO - 1)).astype(np.int8)  # of each interval its middle, in halves of STEP


def pack_vectors(vectors: FloatArray, starts: IntArray) -> bytes:
    """Pack (n, d) vectors of length 1; `starts` (tags + 1,) bounds the texts of each tag."""
    numbers: UInt8Array = (np.ceil(vectors / STEP).astype(np.int16) + (_ABOVE_ZERO - 1)).astype(np.uint8)
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_HUFFMAN_ONLY)
    parts = []
    for tag in range(0, len(starts) - 1, TAGS_PER_RUN):
        run = numbers[starts[tag] : starts[min(tag + TAGS_PER_RUN, len(starts) - 1)]]
        parts += [packer.compress(run.tobytes()), packer.flush(zlib.Z_FULL_FLUSH)]
    return b"".join([*parts, packer.flush()])


def unpack_vectors(packed: bytes, dimensions: int) -> tuple[Int8Array, FloatArray]:
    """What `pack_vectors` packed, as (n, d) codes and (n,) scales (vectors.py); raises zlib.error or ValueError when it is damaged.

    >>> vector = np.array([[0.61, -0.79, 0.0]], np.float32)
    >>> codes, scales = unpack_vectors(pack_vectors(vector, np.array([0, 1])), 3)
    >>> codes.tolist(), round(float(scales[0]), 5)
    ([[49, -63, -1]], 0.0125)
    """
    codes = _CODES[np.frombuffer(zlib.decompress(packed), np.uint8).reshape(-1, dimensions)]
    return codes, np.full(len(codes), STEP / 2, np.float32)
