"""`prepare`: a corpus from tag lists, tables, translations and Danbooru's API files."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..report import table, visible
from ..settings import load_settings
from .common import ProgressBar, add_json_flag

_FIELDS = (
    "category",
    "post_count",
    "label",
    "zh",
    "ja",
    "ko",
    "en",
    "definition",
    "aliases",
    "implies",
    "nsfw",
    "deprecated",
)


def add_commands(commands: Any) -> None:
    """Add `prepare`."""
    parser = commands.add_parser(
        "prepare", help="make a corpus (.jsonl) from tag lists, tables, translations and API files"
    )
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="SOURCE",
        help="a file (CSV, TSV, JSON, JSON Lines, Parquet; .gz too) or hf://datasets/OWNER/NAME/PATH; earlier ones win",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("danbooru_tags.jsonl"),
        metavar="FILE",
        help="the corpus (default: %(default)s)",
    )
    parser.add_argument(
        "--kind",
        action="append",
        default=[],
        metavar="FILE=KIND",
        help="what a source is, where its content does not tell; may be repeated (docs/prepare.md)",
    )
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="FIELD=COLUMN",
        help="a column with an uncommon name, such as tag=name; may be repeated",
    )
    parser.add_argument(
        "--report",
        type=Path,
        metavar="FILE",
        help="write every notice to this file; the first 20 of a kind are shown in any case",
    )
    add_json_flag(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prepare and report."""
    from ..prepare import PrepareOptions, prepare_corpus
    from ..prepare.columns import parse_columns

    chosen = PrepareOptions(_kinds(options.kind), parse_columns(options.column), options.report, load_settings())
    with ProgressBar() as bar:
        report = prepare_corpus(options.sources, options.output, chosen, bar)
    if options.json:
        print(json.dumps(_as_json(report, options.output), ensure_ascii=False))
    else:
        print(visible(render(report, options.output, options.report)))
    return 0


def _kinds(pairs: list[str]) -> dict[str, str]:
    kinds = {}
    for pair in pairs:
        # A file name may have an equals sign, a kind has none.
        name, equals, kind = pair.rpartition("=")
        if not equals or not name:
            raise InputError(f"--kind {pair} is not FILE=KIND.", hint="For example: --kind dump.json=tag_aliases")
        kinds[name] = kind
    return kinds


def _as_json(report: Any, output: Path) -> dict[str, Any]:
    sources = [
        {"name": s.name, "kind": s.kind, "rows": s.rows, "gave": dict(s.gave), "unused_columns": s.unused_columns}
        for s in report.sources
    ]
    return {
        "output": str(output),
        "tags": dict(report.tags),
        "sources": sources,
        "notices": dict(report.counts),
        "pairs": report.pairs,
        "pairs_file": str(report.pairs_file) if report.pairs_file else None,
        "seconds": round(report.seconds, 2),
    }


def render(report: Any, output: Path, notices: Path | None) -> str:
    """What was dropped, what came from where, and the corpus in figures."""
    from ..prepare.prepare_report import KEPT, NOTICES

    lines: list[str] = []
    for kind, count in report.counts.items():
        lines.append(f"{count:,} {NOTICES[kind]}:")
        lines += [f"  {text}" for text in report.notices[kind]]
        if count > KEPT:
            lines.append(
                f"  and {count - KEPT:,} more"
                + (f", all in {notices}" if notices else "; --report FILE writes all of them")
            )
    fields = [name for name in _FIELDS if any(source.gave[name] for source in report.sources)]
    rows = [["source", "kind", "rows", *fields]]
    rows += [[s.name, s.kind, f"{s.rows:,}", *(f"{s.gave[name]:,}" for name in fields)] for s in report.sources]
    lines.append(table(rows, right=range(2, len(rows[0]))))
    lines += [f"{s.name}: columns not used: {', '.join(s.unused_columns)}" for s in report.sources if s.unused_columns]
    tags = report.tags
    marks = ", ".join(f"{tags[name]:,} {name}" for name in ("empty", "deprecated", "nsfw"))
    lines.append(f"{tags['tags']:,} tags ({marks}) in {report.seconds:.0f} s -> {output}")
    if report.pairs_file:
        lines.append(f"{report.pairs:,} co-occurrence pairs -> {report.pairs_file}")
    return "\n".join(lines)
