"""What several commands share: flags, the index to use, tables and progress bars."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..progress import Step
from ..records import NSFW_CHOICES, Category
from ..settings import DENSE_CHOICES, load_settings

if TYPE_CHECKING:
    from ..index.index import Index


def add_index_flag(parser: argparse.ArgumentParser) -> None:
    """`--db`."""
    parser.add_argument(
        "--db", type=Path, metavar="DIR", help="index folder (default: the built one, else the starter index)"
    )


def add_dense_flags(parser: argparse.ArgumentParser) -> None:
    """`--dense` and `--chroma`."""
    parser.add_argument(
        "--dense",
        choices=DENSE_CHOICES,
        help="where to look for tags of similar meaning: local sketches, a Chroma collection, or what is best (default)",
    )
    parser.add_argument("--chroma", metavar="URL", help="a Chroma server that holds the collection of this index")


def add_json_flag(parser: argparse.ArgumentParser) -> None:
    """`--json`."""
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def add_filter_flags(parser: argparse.ArgumentParser) -> None:
    """The filters of a search request."""
    labels = [category.label for category in Category]
    parser.add_argument(
        "--category",
        action="append",
        choices=labels,
        default=[],
        metavar="NAME",
        help=f"only this category; may be repeated: {', '.join(labels)}",
    )
    parser.add_argument(
        "--nsfw",
        choices=NSFW_CHOICES,
        default="exclude",
        help="hide what is explicit, also what is sensitive (strict), nothing, or all else (default: %(default)s)",
    )
    parser.add_argument(
        "--min-count", type=int, default=0, metavar="N", help="only tags with at least N posts (default: %(default)s)"
    )


def index_of(options: argparse.Namespace, weights: Path | None = None) -> tuple[Index, str]:
    """The index that the flags and settings name, with the reason; `weights` is a file instead of the one in the settings."""
    from ..locate import open_index

    settings = load_settings()
    settings = replace(
        settings,
        weights=weights or settings.weights,
        dense=options.dense or settings.dense,
        chroma=settings.chroma if options.chroma is None else options.chroma,
    )
    with ProgressBar() as bar:
        return open_index(settings, options.db, bar)


class ProgressBar:
    """A build's progress on the terminal: stage, rate and remaining time. Writes to stderr."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._stage = ""

    def __call__(self, step: Step) -> None:
        """Show a step."""
        from tqdm import tqdm

        if step.note:
            tqdm.write(step.note, file=sys.stderr)
            return
        if step.name != self._stage:
            self._close()
            self._stage = step.name
            self._bar = tqdm(
                total=step.total or None,
                desc=step.name,
                unit=step.unit,
                # A stage that cannot count what it does shows the time alone.
                bar_format=None if step.total or step.done or step.unit == "B" else "{desc}: {elapsed}{postfix}",
                unit_scale=True,
                file=sys.stderr,
                mininterval=0.5,
                initial=step.done,
            )
        if step.memory:
            self._bar.set_postfix_str(f"{step.memory / 1e9:.1f} GB", refresh=False)
        self._bar.update(step.done - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
