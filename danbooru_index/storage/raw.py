"""Reading the raw files that AppendFile writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def map_raw(path: Path, dtype: npt.DTypeLike, *, width: int = 0) -> npt.NDArray[Any]:
    """Map a raw file read-only, as (n,) or with `width` as (n, width); an empty one is an empty array.

    A plain array over the mapping, as map_array's is.
    """
    count = path.stat().st_size // (np.dtype(dtype).itemsize * (width or 1))
    shape = (count, width) if width else (count,)
    return np.asarray(np.memmap(path, dtype, "r", shape=shape)) if count else np.zeros(shape, dtype)
