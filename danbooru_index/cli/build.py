"""`build`: a corpus into an index."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

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
        "--batch-size", type=int, default=0, metavar="N", help="texts encoded at once (default: as memory allows)"
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
    parser.add_argument("--no-base", action="store_true", help="encode every text again")
    parser.add_argument("--restart", action="store_true", help="throw an unfinished build away instead of going on")
    add_json_flag(parser)
    parser.set_defaults(run=run)


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
