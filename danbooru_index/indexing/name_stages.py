"""The stages of names. Each is done once and for all, so that a kill late in a big build costs little of them."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..arrays.types import Int32Array
from ..channels.lexical import forms_of, write_view
from ..channels.ngrams import VIEWS, View
from ..channels.shape import shape_of, write_shapes
from ..channels.words import write_words
from ..corpus.texts import lexical_names
from ..index.layout import LEXICAL, STORE, WORDS
from ..index.tags import Store
from ..text.fold import fold

if TYPE_CHECKING:
    from .job import Job


@dataclass(frozen=True, slots=True)
class Names:
    """The folded names of all tags with the row of each, and the shapes of the tags."""

    folded: list[str]
    rows: Int32Array
    shapes: list[tuple[int, int, int, int]]


def finish_names(job: Job) -> None:
    """The lexical channel, a stage for each view, and the shapes; only the first that is not done reads the tag table."""
    names = functools.cache(functools.partial(_read_names, job))
    job.once("shapes", lambda job: write_shapes(job.version / LEXICAL, names().shapes))
    for view in VIEWS:
        job.once(f"names: {view.name}", functools.partial(_finish_view, names=names, view=view))


def _finish_view(job: Job, *, names: Callable[[], Names], view: View) -> None:
    found = names()
    job.reporter.stage(f"names: {view.name}", 0)
    write_view(job.version / LEXICAL, view, len(found.shapes), *forms_of(view, found.folded, found.rows))


def _read_names(job: Job) -> Names:
    store = Store(job.version / STORE)

    def on_progress(row: int) -> None:
        job.reporter.update(row)
        job.check()

    try:
        job.reporter.stage("names", len(store), "tags")
        return read_names(store, on_progress)
    finally:
        store.close()


def read_names(store: Store, on_progress: Callable[[int], None] = lambda row: None) -> Names:
    """The names of every tag; `on_progress` is called with the row now and then, and what it raises passes."""
    folded: list[str] = []
    shapes = []
    counts = np.zeros(len(store), np.int64)
    for row, record in enumerate(store.rows()):
        names = lexical_names(record)
        folded += map(fold, names)
        shapes.append(shape_of(record))
        counts[row] = len(names)
        if row % 10_000 == 0:
            on_progress(row)
    return Names(folded, np.repeat(np.arange(len(counts), dtype=np.int32), counts), shapes)


def finish_words(job: Job) -> None:
    """The words channel, from the tag table."""
    store = Store(job.version / STORE)
    try:
        job.reporter.stage("words", 0)
        shutil.rmtree(job.version / WORDS, ignore_errors=True)
        write_words(job.version / WORDS, store.rows())
    finally:
        store.close()
