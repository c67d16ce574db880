"""Row filters: which tags a search may find."""

from __future__ import annotations

from dataclasses import dataclass

from ..arrays.types import BoolArray


@dataclass(frozen=True, eq=False, slots=True)
class RowFilter:
    """The tags that a filter allows: `tags` is a mask over all rows.

    One object stands for one filter, so that channels can keep what they derive from it.
    """

    tags: BoolArray

    @property
    def share(self) -> float:
        """The share of the tags that are allowed."""
        return float(self.tags.mean()) if len(self.tags) else 1.0
