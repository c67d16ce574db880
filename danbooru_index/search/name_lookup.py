"""The names of an index as the dictionary that concepts are split with."""

from __future__ import annotations

from collections.abc import Iterable

from ..concepts import Known
from ..index.tags import Store
from ..records import Category

_WORDS = (Category.GENERAL, Category.CHARACTER, Category.COPYRIGHT)


class StoreLexicon:
    """A Lexicon over a tag table. A general tag wins over a character of the same name; artists and meta tags are no words."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, keys: Iterable[str]) -> dict[str, Known]:
        """See Lexicon.find."""
        wanted = list(keys)
        found = {}
        for key, tags in zip(wanted, self._store.find(wanted), strict=True):
            known = [Known(row, Category(int(self._store.category[row])), kind) for row, kind in tags]
            known = [k for k in known if k.category in _WORDS]
            if known:
                found[key] = min(
                    known,
                    key=lambda k: (k.category is not Category.GENERAL, k.kind, -int(self._store.post_count[k.row])),
                )
        return found
