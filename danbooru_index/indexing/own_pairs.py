"""The pairs of tags that go with a corpus: what `prepare` wrote beside it, or what an index was built with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..channels.cooccurrence import Cooccurrence
from ..corpus.pairs import pairs_path, write_pairs
from ..index.layout import COOCCURRENCE, STORE
from ..index.tags import CORPUS_FILE, Store
from .disk_errors import map_disk_errors


def pairs_beside(corpus: Path) -> Path | None:
    """The file of pairs that `prepare` wrote beside a corpus, None where there is none."""
    beside = pairs_path(corpus)
    return beside if beside.is_file() else None


def own_corpus(version: Path) -> Path:
    """The corpus that an index version was built from."""
    return version / STORE / CORPUS_FILE


def write_own_pairs(version: Path, path: Path) -> Path | None:
    """Write the pairs that an index version was built with, the same bytes every time; None where it has none.

    :raises BuildError: the file cannot be written.
    """
    if not (version / COOCCURRENCE).is_dir():
        return None
    store = Store(version / STORE)
    try:
        with map_disk_errors(path.parent):
            write_pairs(_pairs(store, Cooccurrence(version / COOCCURRENCE)), path)
    finally:
        store.close()
    return path


def _pairs(store: Store, counts: Cooccurrence) -> Iterator[tuple[str, str, int]]:
    for row in range(len(store)):
        others, posts = counts.neighbours(row)
        if len(others):
            tag = store.record(row).tag
            for other, count in zip(others.tolist(), posts.tolist(), strict=True):
                if other > row:
                    first, second = sorted((tag, store.record(other).tag))
                    yield first, second, count
