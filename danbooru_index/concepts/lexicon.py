"""The index's own names as a dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ..records import Category

NAME_CATEGORIES = (Category.CHARACTER, Category.COPYRIGHT)


@dataclass(frozen=True, slots=True)
class Known:
    """A tag that a spelling names: its row, its category, and how it is named (store.KEY_TAG, KEY_ALIAS, KEY_NAME)."""

    row: int
    category: Category
    kind: int

    @property
    def is_name(self) -> bool:
        """Whether it is a character or a series."""
        return self.category in NAME_CATEGORIES


class Lexicon(Protocol):
    """Looks spellings up."""

    def find(self, keys: Iterable[str]) -> Mapping[str, Known]:
        """For the match keys that name a general tag, a character or a series: the best such tag."""
