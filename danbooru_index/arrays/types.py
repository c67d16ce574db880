"""The types of arrays, by what an item is: the one set of names that every part uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]  # vectors, scores, weights
DoubleArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]  # rows of tags, numbers of texts, places
Int32Array = npt.NDArray[np.int32]  # the same, as it is stored
Int8Array = npt.NDArray[np.int8]  # quantised vectors
UInt8Array = npt.NDArray[np.uint8]
UInt16Array = npt.NDArray[np.uint16]
UInt32Array = npt.NDArray[np.uint32]  # bounds of parts, as they are stored
UInt64Array = npt.NDArray[np.uint64]  # hashes, keys of n-grams, bits
BoolArray = npt.NDArray[np.bool_]  # masks
AnyArray = npt.NDArray[Any]  # as it was found in a file
Columns = Mapping[str, npt.NDArray[Any]]  # arrays of one length by name
