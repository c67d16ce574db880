"""What a search may find."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Allowed:
    """The tags that a filter allows: `tags` is a mask over all rows. One object stands for one filter, so that channels can
    keep what they derive from it."""

    tags: Mask
