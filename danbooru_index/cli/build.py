"""`build`: a corpus into an index."""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..index.layout import MOST_TAGS
from ..progress import Progress
from ..report import visible
from ..settings import load_settings
from ..storage.stdin import when_stdin_closes
from .common import ProgressBar, add_json_flag
from .lines import report_in_lines

if TYPE_CHECKING:
    from ..rebuild.again import Rebuilt

_STOP_SECONDS = 5.0  # from the request to stop to the end of the process


def add_commands(commands: Any) -> None:
    """Add `build`."""
    parser = commands.add_parser("build", help="build an index from a corpus (.jsonl or .jsonl.gz) or a table of tags")
    parser.add_argument(
        "--input",
        required=True,
        metavar="FILE|own|starter",
        help="the corpus, one tag per line; a table is prepared first; own: the corpus that the index was built from",
    )
    parser.add_argument(
        "--db", type=Path, metavar="DIR", help="index folder (default: the main index in the home folder)"
    )
    parser.add_argument(
        "--model", metavar="NAME|FOLDER", help="use-multilingual, BAAI/bge-m3, or a folder with its files"
    )
    parser.add_argument("--device", metavar="NAME", help="auto, cpu, cuda, mps or xpu")
    parser.add_argument(
        "--batch-size",
        type=int,
        default=0,
        metavar="N",
        help="texts encoded at once (default: by free main memory and speed)",
    )
    parser.add_argument(
        "--late-mb",
        type=int,
        default=400,
        metavar="N",
        help="space for the token vectors of the most used tags, for BGE-M3 (default: %(default)s MB)",
    )
    parser.add_argument(
        "--tolerant", action="store_true", help="skip bad lines and count them, instead of stopping at the first"
    )
    parser.add_argument(
        "--base",
        type=Path,
        metavar="DIR",
        help="index of the same encoder, whose vectors serve for unchanged texts (default: the current one)",
    )
    parser.add_argument(
        "--cooccurrence",
        type=Path,
        metavar="FILE",
        help="pairs of tags with counts, for related tags (default: what prepare wrote beside the corpus)",
    )
    parser.add_argument("--no-lexicon", action="store_true", help="leave out the names and ratings of this package")
    _add_chroma_tags(parser)
    parser.add_argument("--chroma", metavar="URL", help="send the collection to this Chroma server too")
    parser.add_argument("--no-base", action="store_true", help="encode every text again")
    parser.add_argument("--restart", action="store_true", help="discard an unfinished build instead of resuming it")
    parser.add_argument(
        "--progress",
        choices=("bar", "json"),
        default="bar",
        help="how progress is shown: a bar, or for programs one JSON object per line (docs/hosts.md)",
    )
    parser.add_argument("--until-stdin-closes", action="store_true", help="stop when standard input closes")
    add_json_flag(parser)
    parser.set_defaults(run=run)
    parser = commands.add_parser("upgrade", help="convert an index of an earlier version to the current format")
    parser.add_argument("db", nargs="?", type=Path, metavar="DIR", help="index folder (default: the main index)")
    _add_chroma_tags(parser)
    add_json_flag(parser)
    parser.set_defaults(run=run_upgrade)


def _add_chroma_tags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--chroma-tags",
        type=_chroma_tags,
        default=MOST_TAGS,
        metavar="N|all|0",
        help=f"tags in the index's Chroma collection, the most used; 0 for none (default: {MOST_TAGS:,})",
    )


def _chroma_tags(value: str) -> int | None:
    return None if value == "all" else int(value)


def run(options: argparse.Namespace) -> int:
    """Build and report."""
    stopped = threading.Event()
    if options.until_stdin_closes:
        when_stdin_closes(lambda: _stop(stopped))
    if options.progress == "json":
        return report_in_lines(lambda progress, cancelled: _values(*_build(options, progress, cancelled)), stopped)
    with ProgressBar() as bar:
        rebuilt, seconds = _build(options, bar, stopped.is_set)
    values = _values(rebuilt, seconds)
    print(json.dumps(values) if options.json else visible(values["text"]))
    return 0


def _stop(stopped: threading.Event) -> None:
    """Ask the build to stop; one that does not reach its next step in time is killed, which a build survives like any other kill."""
    stopped.set()
    time.sleep(_STOP_SECONDS)
    os._exit(130)


def _build(options: argparse.Namespace, progress: Progress, cancelled: Callable[[], bool]) -> tuple[Rebuilt, float]:
    """What was built, and in how many seconds."""
    from ..encoders import open_encoder
    from ..indexing import BuildOptions
    from ..locate import main_folder
    from ..rebuild.again import rebuild

    settings = load_settings()
    model, device = options.model or settings.model, options.device or settings.device
    how = BuildOptions(
        strict=not options.tolerant,
        batch_size=options.batch_size,
        base=options.base,
        reuse=not options.no_base,
        restart=options.restart,
        cooccurrence=options.cooccurrence,
        lexicon=not options.no_lexicon,
        late_bytes=1_000_000 * max(0, options.late_mb),
        chroma_tags=options.chroma_tags,
        chroma=settings.chroma if options.chroma is None else options.chroma,
    )
    begun = time.perf_counter()
    rebuilt = rebuild(
        options.input,
        options.db or main_folder(settings),
        (model, lambda progress: open_encoder(model, device=device, settings=settings, progress=progress)),
        settings,
        how,
        progress,
        cancelled,
    )
    return rebuilt, time.perf_counter() - begun


def _values(rebuilt: Rebuilt, seconds: float) -> dict[str, Any]:
    """The documented JSON form."""
    built = rebuilt.built
    return {
        "db": str(rebuilt.folder),
        "rows": rebuilt.tags,
        "texts": rebuilt.texts,
        "bad_lines": built.bad_lines if built is not None else 0,
        "reused": built.reused if built is not None else rebuilt.texts,
        "seconds": round(seconds, 2),
        "text": rebuilt.text,
    }


def run_upgrade(options: argparse.Namespace) -> int:
    """Upgrade and report."""
    from ..indexing.upgrade import upgrade_index
    from ..locate import main_folder

    folder = options.db or main_folder(load_settings())
    with ProgressBar() as bar:
        report = upgrade_index(folder, options.chroma_tags, bar)
    done = report is not None
    if options.json:
        print(json.dumps({"db": str(folder), "upgraded": done, "seconds": round(report.seconds, 2) if report else 0.0}))
    elif report is None:
        print(f"{folder} already has the current format.")
    else:
        print(f"{folder}: {report.rows:,} tags in {report.seconds:.0f} s, none of {report.texts:,} texts encoded again")
    return 0
