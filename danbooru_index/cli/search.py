"""`search`: one query, or a file of queries."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..records import Category, SearchRequest
from ..report import search_report
from .common import add_dense_flags, add_filter_flags, add_index_flag, add_json_flag, index_of

BATCH = 64


def add_commands(commands: Any) -> None:
    """Add `search`."""
    parser = commands.add_parser("search", help="find tags for a text in any language")
    parser.add_argument("text", nargs="?", metavar="TEXT", help="what you want to see; - reads standard input")
    parser.add_argument(
        "--queries", type=Path, metavar="FILE.jsonl", help='a file of {"query": ...} lines instead of TEXT'
    )
    parser.add_argument(
        "-k", "--limit", type=int, default=20, metavar="N", help="hits per query (default: %(default)s)"
    )
    parser.add_argument(
        "--all", action="store_true", help="also show the hits that do not fit; --json always gives them"
    )
    parser.add_argument("--explain", action="store_true", help="show where every score came from")
    add_filter_flags(parser)
    add_index_flag(parser)
    add_dense_flags(parser)
    add_json_flag(parser)
    parser.set_defaults(run=run)


def _request(text: str, options: argparse.Namespace) -> SearchRequest:
    categories = tuple(Category.parse(name) for name in options.category)
    return SearchRequest(text, options.limit, categories, options.nsfw, options.min_count)


def run(options: argparse.Namespace) -> int:
    """Search and print."""
    if (options.text is None) == (options.queries is None):
        raise InputError(
            "search needs a TEXT or --queries FILE, and not both.", hint='For example: danbooru-index search "水手服"'
        )
    if options.queries is not None:
        return _run_queries(options)
    text = sys.stdin.read() if options.text == "-" else options.text
    request = _request(text, options)
    index, reason = index_of(options)
    from ..search.engine import search

    result = search(index, request)
    if options.json:
        print(json.dumps(result.as_json(explain=options.explain), ensure_ascii=False))
    else:
        print(search_report(result, reason, explain=options.explain, tail=options.all))
    return 0


def _run_queries(options: argparse.Namespace) -> int:
    """One line of JSON per query, in order; a query that cannot be searched has no hits and an `error`."""
    from ..evaluation.searches import read_queries
    from ..search.engine import search_many

    queries = read_queries(options.queries)
    index, _ = index_of(options)
    for start in range(0, len(queries), BATCH):
        batch: list[tuple[str, SearchRequest | InputError]] = []
        for query in queries[start : start + BATCH]:
            try:
                batch.append((query.text, _request(query.text, options)))
            except InputError as error:
                batch.append((query.text, error))
        results = iter(search_many(index, [request for _, request in batch if isinstance(request, SearchRequest)]))
        for text, request in batch:
            if isinstance(request, InputError):
                row: dict[str, Any] = {"query": text, "hits": [], "error": str(request)}
            else:
                row = {**next(results).as_json(explain=options.explain), "query": text}
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    return 0
