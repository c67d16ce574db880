"""`build`: a corpus into an index."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..index.layout import MOST_TAGS
from ..report import visible
from ..settings import load_settings
from .common import ProgressBar, add_json_flag


def add_commands(commands: Any) -> None:
    """Add `build`."""
    parser = commands.add_parser("build", help="build an index from a corpus (.jsonl or .jsonl.gz)")
    parser.add_argument("--input", type=Path, required=True, metavar="FILE", help="the corpus, one tag a line")
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
    parser.add_argument("--restart", action="store_true", help="throw an unfinished build away instead of going on")
    add_json_flag(parser)
    parser.set_defaults(run=run)
    parser = commands.add_parser("upgrade", help="bring an index of an earlier version to today's format")
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
    from ..encoders import open_encoder
    from ..indexing import BuildOptions, build_index
    from ..indexing.own_pairs import pairs_beside
    from ..locate import main_folder

    settings = load_settings()
    folder = options.db or main_folder(settings)
    model, device = options.model or settings.model, options.device or settings.device
    how = BuildOptions(
        strict=not options.tolerant,
        batch_size=options.batch_size,
        base=options.base,
        reuse=not options.no_base,
        restart=options.restart,
        cooccurrence=options.cooccurrence or pairs_beside(options.input),
        lexicon=not options.no_lexicon,
        late_bytes=1_000_000 * max(0, options.late_mb),
        chroma_tags=options.chroma_tags,
        chroma=settings.chroma if options.chroma is None else options.chroma,
    )
    with ProgressBar() as bar:
        encoder = open_encoder(model, device=device, settings=settings, progress=bar)
        report = build_index(options.input, folder, encoder, how, bar)
    if options.json:
        values = {"rows": report.rows, "texts": report.texts, "bad_lines": report.bad_lines, "reused": report.reused}
        print(json.dumps({"db": str(folder), **values, "seconds": round(report.seconds, 2)}))
        return 0
    for problem in report.problems[:20]:
        print(visible(f"skipped {problem}"))
    if report.bad_lines > 20:
        print(f"skipped {report.bad_lines - 20} more lines")
    print(f"{report.rows:,} tags, {report.texts:,} texts in {report.seconds:.0f} s -> {folder}")
    return 0


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
        print(f"{folder} has today's format already.")
    else:
        print(f"{folder}: {report.rows:,} tags in {report.seconds:.0f} s, none of {report.texts:,} texts encoded again")
    return 0
