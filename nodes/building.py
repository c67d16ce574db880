"""One rebuild: a corpus as people have it -> the main index. The node runs it, and so does the job of the page."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..danbooru_index.errors import InputError
from ..danbooru_index.progress import Progress
from ..danbooru_index.storage.paths import is_network_path
from . import host
from .encoders import AUTO, USE_MULTILINGUAL, open_managed

if TYPE_CHECKING:
    from ..danbooru_index.indexing import BuildReport
    from ..danbooru_index.settings import Settings

RESUME, RESTART = "resume", "restart"
STARTER = "starter"  # as a corpus: go back to the starter index
TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".txt", ".json", ".json.gz", ".parquet")
CORPORA = "corpora"  # in the home folder: what tables were prepared into
OWN_PAIRS = "own.cooccurrence.csv.gz"  # in the index folder, while the index is built again from its own corpus


@dataclass(frozen=True, slots=True)
class Order:
    """What to build.

    `corpus` is a path of a .jsonl, or of a table that is prepared first; empty means the current index's own corpus,
    else the starter index, and `starter` goes back to that.
    """

    corpus: str = ""
    encoder: str = AUTO
    device: str = AUTO
    batch_size: int = 0
    unfinished: str = RESUME
    tolerant: bool = True


def never() -> bool:
    """Nobody cancels."""
    return False


def rebuild(order: Order, progress: Progress, cancelled: Callable[[], bool] = never) -> str:
    """Build, and say in a few lines what was built. The next search uses it.

    :raises DanbooruIndexError: as `build_index` and `prepare_corpus` do.
    """
    from ..danbooru_index.index.versions import has_index
    from ..danbooru_index.locate import main_folder

    settings = host.settings()
    folder = main_folder(settings)
    corpus = order.corpus.strip().strip('"')
    if is_network_path(corpus):
        raise InputError("The corpus lies on another computer.", hint="Copy it to this one.")
    model = settings.model if order.encoder == AUTO else order.encoder
    if corpus == STARTER or (not corpus and not has_index(folder) and model == USE_MULTILINGUAL):
        return back_to_starter(settings, progress)
    return _build(order, settings, _Source.of(corpus, folder, settings, progress), model, progress, cancelled)


def back_to_starter(settings: Settings, progress: Progress) -> str:
    """Use the starter index from now on, which is built first where it is missing; the built one rests beside it."""
    from ..danbooru_index.index.manifest import read_manifest
    from ..danbooru_index.index.versions import current_version, set_aside
    from ..danbooru_index.locate import ensure_starter, main_folder

    starter = ensure_starter(settings, progress)
    rests = set_aside(main_folder(settings))
    manifest = read_manifest(current_version(starter))
    more = "\nThe index that was built before rests on the disk." if rests else ""
    return f"{manifest.rows:,} tags, {manifest.texts:,} texts: the starter index is used.{more}"


@dataclass(frozen=True, slots=True)
class _Source:
    """A corpus to build from, its pairs of tags, and what the user should know of it."""

    corpus: Path
    pairs: Path | None
    note: str = ""

    @classmethod
    def of(cls, corpus: str, folder: Path, settings: Settings, progress: Progress) -> _Source:
        """As named, prepared first where it is a table; else the current index's own, else the starter's."""
        from ..danbooru_index.index.versions import current_version, has_index
        from ..danbooru_index.indexing.own_pairs import own_corpus, pairs_beside, write_own_pairs
        from ..danbooru_index.locate import STARTER_CORPUS

        if corpus and corpus.lower().endswith(TABLES):
            prepared, note = _prepared(Path(corpus), settings, progress)
            return cls(prepared, pairs_beside(prepared), note)
        if corpus:
            return cls(Path(corpus), pairs_beside(Path(corpus)))
        if not has_index(folder):
            return cls(STARTER_CORPUS, None)
        version = current_version(folder)
        return cls(own_corpus(version), write_own_pairs(version, folder / OWN_PAIRS))


def _prepared(table: Path, settings: Settings, progress: Progress) -> tuple[Path, str]:
    """The corpus made of a table such as an autocomplete pack's danbooru.csv, and in words what became of its rows."""
    from ..danbooru_index.prepare import PrepareOptions, prepare_corpus

    folder = settings.home / CORPORA
    folder.mkdir(parents=True, exist_ok=True)
    output = folder / f"{table.name.partition('.')[0] or 'table'}.jsonl"
    report = prepare_corpus([str(table)], output, PrepareOptions(settings=settings), progress)
    return output, f"prepared {report.tags['tags']:,} tags from {table.name}"


def _build(
    order: Order,
    settings: Settings,
    source: _Source,
    model: str,
    progress: Progress,
    cancelled: Callable[[], bool],
) -> str:
    from ..danbooru_index.indexing import BuildOptions, build_index
    from ..danbooru_index.locate import main_folder

    folder = main_folder(settings)
    encoder = open_managed(model, order.device, AUTO, settings, progress)
    options = BuildOptions(
        strict=not order.tolerant,
        batch_size=order.batch_size,
        restart=order.unfinished == RESTART,
        cooccurrence=source.pairs,
    )
    begun = time.perf_counter()
    try:
        built = build_index(source.corpus, folder, encoder, options, progress, cancelled)
    finally:
        # The queries' encoder is another one: let the memory of this go at once.
        if hasattr(encoder, "close"):
            encoder.close()
        (folder / OWN_PAIRS).unlink(missing_ok=True)
    return _report(built, source, encoder.description, time.perf_counter() - begun)


def _report(built: BuildReport, source: _Source, encoder: str, seconds: float) -> str:
    from ..danbooru_index.index.manifest import read_manifest

    size = sum(entry.size for entry in read_manifest(built.folder).files.values())
    encoded = built.texts - built.reused
    lines = [
        f"{built.rows:,} tags, {built.texts:,} texts ({encoded:,} encoded, {built.reused:,} taken from the old index)",
        f"{seconds:.0f} s, {encoded / max(seconds, 1e-9):,.0f} texts/s, {size / 1e6:,.0f} MB, {encoder}",
        f"from {source.corpus} to {built.folder}",
        *([source.note] if source.note else []),
        *built.notes,
        *(f"skipped {problem}" for problem in built.problems[:20]),
    ]
    if built.bad_lines > 20:
        lines.append(f"skipped {built.bad_lines - 20} more lines")
    return "\n".join(lines)


def corpus_fingerprint(corpus: str) -> str:
    """Changes when the corpus or the pairs beside it do: an edited file is built again without a changed input."""
    from ..danbooru_index.indexing.own_pairs import pairs_beside
    from ..danbooru_index.locate import STARTER_CORPUS

    named = corpus.strip().strip('"')
    if is_network_path(named):
        return named
    path = Path(named) if named and named != STARTER else STARTER_CORPUS
    parts = [path, pairs_beside(path)] if path.suffix in (".jsonl", ".gz") else [path]
    return " ".join(_stat(part) for part in parts if part is not None)


def _stat(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return f"{path} is not there"
    return f"{path} {found.st_size} {found.st_mtime_ns}"
