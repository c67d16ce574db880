"""`expand`: a text in any language into a prompt; `related`: tags that go with tags."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..records import NSFW_CHOICES, Category
from .common import add_dense_flags, add_filter_flags, add_index_flag, add_json_flag, index_of

_STYLES = ("sdxl", "novelai", "anima", "tags")


def add_commands(commands: Any) -> None:
    """Add `expand`."""
    labels = [category.label for category in Category]
    parser = commands.add_parser("expand", help="turn a text in any language into a prompt")
    parser.add_argument("text", nargs="?", metavar="TEXT", help="what you want to see; - reads standard input")
    parser.add_argument(
        "--queries", type=Path, metavar="FILE.jsonl", help='a file of {"query": ...} lines instead of TEXT'
    )
    parser.add_argument("-k", "--limit", type=int, metavar="N", help="the most tags that are added")
    parser.add_argument("--per-concept", type=int, metavar="N", help="the most tags per concept")
    parser.add_argument("--budget", type=float, metavar="X", help="tags per concept on average")
    parser.add_argument(
        "--category", action="append", choices=labels, metavar="NAME", help="only this category; may be repeated"
    )
    parser.add_argument(
        "--exclude", action="append", choices=labels, metavar="NAME", help="not this category; may be repeated"
    )
    parser.add_argument("--nsfw", choices=NSFW_CHOICES, help="NSFW tags (default: exclude)")
    parser.add_argument("--min-count", type=int, metavar="N", help="only tags with at least N posts")
    parser.add_argument(
        "--implied", choices=("drop", "keep", "add"), help="tags that another one implies (default: drop)"
    )
    parser.add_argument("--style", choices=_STYLES, help="how the prompt is written (default: sdxl)")
    parser.add_argument("--spaces", action=argparse.BooleanOptionalAction, help="long hair instead of long_hair")
    parser.add_argument(
        "--escape", action=argparse.BooleanOptionalAction, help="write brackets in tags with a backslash"
    )
    parser.add_argument("--weights", action="store_true", default=None, help="weight tags by their scores")
    parser.add_argument("--quality", action="store_true", default=None, help="add the style's quality tags")
    parser.add_argument(
        "--keep-text", action="store_true", default=None, help="leave words for which no tag was found in the prompt"
    )
    parser.add_argument(
        "--enrich", type=int, metavar="N", help="add up to N tags that go with the picture (default: 0)"
    )
    parser.add_argument("--prefix", metavar="TEXT", help="text before the prompt")
    parser.add_argument("--suffix", metavar="TEXT", help="text after the prompt")
    add_index_flag(parser)
    add_dense_flags(parser)
    add_json_flag(parser)
    parser.set_defaults(run=run)
    _add_related(commands)


def _add_related(commands: Any) -> None:
    """Add `related`."""
    parser = commands.add_parser("related", help="find tags that go with some tags")
    parser.add_argument("tags", nargs="+", metavar="TAG", help="tags; several together")
    parser.add_argument("-k", "--limit", type=int, default=20, metavar="N", help="tags (default: %(default)s)")
    add_filter_flags(parser)
    add_index_flag(parser)
    add_dense_flags(parser)
    add_json_flag(parser)
    parser.set_defaults(run=run_related)


_FLAGS = (
    "limit per_concept budget nsfw min_count implied style spaces escape weights quality keep_text enrich prefix suffix"
)


def run(options: argparse.Namespace) -> int:
    """Expand and print."""
    from ..expand.engine import ExpandRequest, expand
    from ..report import expand_report

    if (options.text is None) == (options.queries is None):
        raise InputError(
            "expand needs a TEXT or --queries FILE, and not both.",
            hint='For example: danbooru-index expand "穿水手服的女孩"',
        )
    given = {name: value for name in _FLAGS.split() if (value := getattr(options, name)) is not None}
    for flag, name in (("category", "categories"), ("exclude", "exclude")):
        if getattr(options, flag):
            given[name] = tuple(Category.parse(label) for label in getattr(options, flag))
    if options.queries is not None:
        return _run_queries(options, given)
    text = sys.stdin.read() if options.text == "-" else options.text
    request = ExpandRequest(text, **given)
    index, reason = index_of(options)
    result = expand(index, request)
    print(json.dumps(result.as_json(), ensure_ascii=False) if options.json else expand_report(result, reason))
    return 0


def _run_queries(options: argparse.Namespace, given: dict[str, Any]) -> int:
    """One line of JSON per query, in order; a text that cannot be expanded has an empty prompt and an `error`."""
    from ..evaluation.searches import read_queries
    from ..expand.engine import ExpandRequest, expand

    queries = read_queries(options.queries)
    index, _ = index_of(options)
    for query in queries:
        try:
            row: dict[str, Any] = {"query": query.text, **expand(index, ExpandRequest(query.text, **given)).as_json()}
        except InputError as error:
            row = {
                "query": query.text,
                "prompt": "",
                "negative": "",
                "tags": [],
                "negative_tags": [],
                "added": [],
                "concepts": [],
                "warnings": [],
                "notices": [],
                "error": str(error),
            }
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    return 0


def run_related(options: argparse.Namespace) -> int:
    """Find related tags and print them."""
    from ..report import related_report
    from ..search.related import RelatedRequest, related

    categories = tuple(Category.parse(label) for label in options.category)
    tags = tuple(tag for argument in options.tags for tag in argument.split(","))
    request = RelatedRequest(tags, options.limit, categories, options.nsfw, options.min_count)
    index, reason = index_of(options)
    result = related(index, request)
    print(json.dumps(result.as_json(), ensure_ascii=False) if options.json else related_report(result, reason))
    return 0
