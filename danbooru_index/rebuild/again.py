"""One rebuild: find the corpus that is meant, build from it, and say what was built."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ..corpus.lexicon import STARTER_CORPUS
from ..encoders import USE_MULTILINGUAL, Encoder
from ..index.manifest import read_manifest
from ..index.versions import current_version, has_index, set_aside
from ..indexing import BuildOptions, BuildReport, build_index
from ..indexing.own_pairs import own_corpus, pairs_beside, write_own_pairs
from ..locate import ensure_starter, main_folder
from ..progress import Progress, silent
from ..settings import Settings
from . import OWN, STARTER, TABLES

CORPORA = "corpora"  # in the home folder: what tables were prepared into
OWN_PAIRS = "own.cooccurrence.csv.gz"  # in the index folder, while the index is built again from its own corpus
_SHOWN = 20  # bad lines that are listed

OpenEncoder = Callable[[Progress], Encoder]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The index folder that is used from now on, how many tags and texts it has, and in a few lines what was done.

    `built` is the build's report; None where nothing was built, since the starter index is used again.
    """

    folder: Path
    tags: int
    texts: int
    text: str
    built: BuildReport | None = None


@dataclass(frozen=True, slots=True)
class _Source:
    """A corpus to build from, its pairs of tags, and what the user should know of it."""

    corpus: Path
    pairs: Path | None
    note: str = ""

    @classmethod
    def of(cls, corpus: str, folder: Path, settings: Settings, progress: Progress) -> _Source:
        """As named, prepared first where it is a table; else the current index's own, else the starter's."""
        if corpus.lower().endswith(TABLES):
            prepared, note = _prepared(Path(corpus), settings, progress)
            return cls(prepared, pairs_beside(prepared), note)
        if corpus not in (OWN, STARTER):
            return cls(Path(corpus), pairs_beside(Path(corpus)))
        if corpus == STARTER or not has_index(folder):
            return cls(STARTER_CORPUS, None)
        version = current_version(folder)
        return cls(own_corpus(version), write_own_pairs(version, folder / OWN_PAIRS))


def rebuild(
    corpus: str,
    folder: Path,
    encoder: tuple[str, OpenEncoder],
    settings: Settings,
    options: BuildOptions,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> Rebuilt:
    """Build the index of a folder again and make it the current one.

    :param corpus: a path; OWN means the folder's own corpus, else the starter's, and STARTER the starter's. In the home's
        main folder, the starter's corpus is not built again: its index is used from then on, and the built one rests.
    :param encoder: its name, and what opens it.
    :param options: without `cooccurrence`, the pairs of tags that belong to the corpus are taken.
    :raises DanbooruIndexError: as `build_index`, `prepare_corpus` and `ensure_starter` do.
    """
    model, open_encoder = encoder
    to_starter = corpus == STARTER or (corpus == OWN and not has_index(folder) and model == USE_MULTILINGUAL)
    if to_starter and folder == main_folder(settings):
        return _back_to_starter(settings, progress)
    source = _Source.of(corpus, folder, settings, progress)
    opened = open_encoder(progress)
    options = replace(options, cooccurrence=options.cooccurrence or source.pairs)
    begun = time.perf_counter()
    try:
        built = build_index(source.corpus, folder, opened, options, progress, cancelled)
    finally:
        # The queries' encoder is another one: let the memory of this go at once.
        if hasattr(opened, "close"):
            opened.close()
        (folder / OWN_PAIRS).unlink(missing_ok=True)
    text = _report(built, source, opened.description, time.perf_counter() - begun)
    return Rebuilt(folder, built.rows, built.texts, text, built)


def _back_to_starter(settings: Settings, progress: Progress) -> Rebuilt:
    """Use the starter index from now on, which is built first where it is missing; the built one rests beside it."""
    starter = ensure_starter(settings, progress)
    rests = set_aside(main_folder(settings))
    manifest = read_manifest(current_version(starter))
    more = "\nThe index that was built before rests on the disk." if rests else ""
    text = f"{manifest.rows:,} tags, {manifest.texts:,} texts: the starter index is used.{more}"
    return Rebuilt(starter, manifest.rows, manifest.texts, text)


def _prepared(table: Path, settings: Settings, progress: Progress) -> tuple[Path, str]:
    """The corpus made of a table such as an autocomplete pack's danbooru.csv, and in words what became of its rows."""
    from ..prepare import PrepareOptions, prepare_corpus

    folder = settings.home / CORPORA
    folder.mkdir(parents=True, exist_ok=True)
    output = folder / f"{table.name.partition('.')[0] or 'table'}.jsonl"
    report = prepare_corpus([str(table)], output, PrepareOptions(settings=settings), progress)
    return output, f"prepared {report.tags['tags']:,} tags from {table.name}"


def _report(built: BuildReport, source: _Source, encoder: str, seconds: float) -> str:
    size = sum(entry.size for entry in read_manifest(built.folder).files.values())
    encoded = built.texts - built.reused
    lines = [
        f"{built.rows:,} tags, {built.texts:,} texts ({encoded:,} encoded, {built.reused:,} taken from the old index)",
        f"{seconds:.0f} s, {encoded / max(seconds, 1e-9):,.0f} texts/s, {size / 1e6:,.0f} MB, {encoder}",
        f"from {source.corpus} to {built.folder}",
        *([source.note] if source.note else []),
        *built.notes,
        *(f"skipped {problem}" for problem in built.problems[:_SHOWN]),
    ]
    if built.bad_lines > _SHOWN:
        lines.append(f"skipped {built.bad_lines - _SHOWN} more lines")
    return "\n".join(lines)
