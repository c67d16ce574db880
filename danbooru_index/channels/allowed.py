"""What a search may find."""

from __future__ import annotations

from dataclasses import dataclass

from ..arrays.types import BoolArray


@dataclass(frozen=True, eq=False, slots=True)
class Allowed:
    """The tags that a filter allows: `tags` is a mask over all rows. One object stands for one filter, so that channels can
    keep what they derive from it."""

    tags: BoolArray
