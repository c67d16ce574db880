"""What several commands share: flags, the index to use, tables and progress bars."""

from __future__ import annotations

import argparse
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..build.progress import Step
from ..index import Index
from ..locate import open_index
from ..records import NSFW_CHOICES, Category
from ..settings import load_settings


def add_index_flag(parser: argparse.ArgumentParser) -> None:
    """`--db`."""
    parser.add_argument("--db", type=Path, metavar="DIR", help="index folder (default: the built or downloaded one, else the starter index)")


def add_json_flag(parser: argparse.ArgumentParser) -> None:
    """`--json`."""
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def add_filter_flags(parser: argparse.ArgumentParser) -> None:
    """The filters of a search request."""
    labels = [category.label for category in Category]
    parser.add_argument("--category", action="append", choices=labels, default=[], metavar="NAME", help=f"only these categories; may be repeated: {', '.join(labels)}")
    parser.add_argument("--nsfw", choices=NSFW_CHOICES, default="exclude", help="NSFW tags (default: %(default)s)")
    parser.add_argument("--min-count", type=int, default=0, metavar="N", help="only tags with at least N posts (default: %(default)s)")


def index_of(options: argparse.Namespace) -> tuple[Index, str]:
    """The index that the flags and settings name, with the reason."""
    with ProgressBar() as bar:
        return open_index(load_settings(), options.db, bar)


def width(text: str) -> int:
    """Columns that a text takes in a terminal: wide East Asian characters take two, combining marks none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def shorten(text: str, columns: int) -> str:
    """The text cut to so many columns, with an ellipsis where something was cut."""
    if width(text) <= columns:
        return text
    kept = ""
    for char in text:
        if width(kept + char) >= columns:
            break
        kept += char
    return kept + "…"


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Lines of aligned columns, the first row a heading; columns in `right` are aligned to the right."""
    widths = [max(width(row[i]) for row in rows) for i in range(len(rows[0]))]

    def cell(text: str, i: int) -> str:
        pad = " " * (widths[i] - width(text))
        return pad + text if i in right else text + pad

    lines = ["  ".join(cell(text, i) for i, text in enumerate(row)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * w for w in widths), *lines[1:]])


class ProgressBar:
    """A build's progress on the terminal: stage, rate and remaining time. Writes to stderr."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._stage = ""

    def __call__(self, step: Step) -> None:
        from tqdm import tqdm

        if step.name != self._stage:
            self._close()
            self._stage = step.name
            self._bar = tqdm(total=step.total or None, desc=step.name, unit=step.unit, unit_scale=True, file=sys.stderr, mininterval=0.5)
        self._bar.update(step.done - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
