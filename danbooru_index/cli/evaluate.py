"""`evaluate`: quality and speed on query sets."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..report import table
from .common import add_dense_flags, add_index_flag, add_json_flag, index_of

if TYPE_CHECKING:
    from ..evaluation.searches import Query
    from ..index.index import Index


def add_commands(commands: Any) -> None:
    """Add `evaluate`."""
    parser = commands.add_parser("evaluate", help="measure quality and speed on query sets")
    parser.add_argument(
        "--queries", type=Path, nargs="+", required=True, metavar="FILE", help='files of {"query", "relevant"} lines'
    )
    parser.add_argument("--only-known", action="store_true", help="only queries whose wanted tags are all in the index")
    parser.add_argument(
        "--expand",
        action="store_true",
        help="expand the queries: recall of the wanted tags in the prompt, and tags spent",
    )
    parser.add_argument(
        "--prose",
        action="store_true",
        help='expand sentences of {"query", "lang", "kind", "wanted", "unwanted"} lines: concepts found, tags spent, precision',
    )
    parser.add_argument(
        "--tune", type=Path, metavar="FILE", help="search fusion weights on these queries and write the best to FILE"
    )
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="fusion weights that --tune wrote, instead of the settings' own"
    )
    parser.add_argument(
        "--per-query", action="store_true", help="with --json: also what each query or sentence gave, to compare runs"
    )
    add_index_flag(parser)
    add_dense_flags(parser)
    add_json_flag(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Evaluate every file and the mean over the files."""
    from tqdm import tqdm

    from ..evaluation.searches import evaluate_set, judged_of, mean_result, read_queries

    if options.per_query and (not options.json or options.expand or options.tune):
        raise InputError(
            "--per-query belongs to --json, and neither to --expand nor to --tune.",
            hint="For example: danbooru-index evaluate --queries FILE --json --per-query",
        )
    if options.prose:
        return _run_prose(options)
    # What cannot be evaluated is said before an index is opened and a bar begins.
    sets = [(path.stem, judged_of(path.stem, read_queries(path))) for path in options.queries]
    index, reason = index_of(options, options.weights)
    if options.only_known:
        sets = _known(index, sets)
    if options.expand:
        return _run_expand(options, sets, index, reason)
    if options.tune:
        return _tune(options, index, [query for _, queries in sets for query in queries])
    results = []
    with tqdm(total=sum(len(queries) for _, queries in sets), unit="q", file=sys.stderr) as bar:
        for name, queries in sets:
            bar.set_description(name)
            results.append(evaluate_set(index, name, queries, lambda _: bar.update(1)))
    mean = mean_result(results)
    if options.json:
        values = {"index": str(index.folder), "encoder": index.encoder.description}
        figures = [r.as_json(per_query=options.per_query) for r in results]
        print(json.dumps({**values, "sets": figures, "mean": mean.as_json()}))
        return 0
    rows = [["set", "queries", "mAP@10", "recall@10", "MRR@10", "median ms", "p95 ms"]]
    for r in [*results, mean]:
        quality = [f"{value:.3f}" for value in (r.map_at_10, r.recall_at_10, r.mrr_at_10)]
        rows.append([r.name, str(r.queries), *quality, f"{r.median_ms:.1f}", f"{r.p95_ms:.1f}"])
    print(table(rows, right=range(1, 7)))
    print(f"{reason}; {index.encoder.description}")
    return 0


def _known(index: Index, sets: list[tuple[str, list[Query]]]) -> list[tuple[str, list[Query]]]:
    from ..evaluation.searches import keep_known

    kept = [(name, known) for name, queries in sets if (known := keep_known(queries, index))]
    if not kept:
        raise InputError(
            f"The index {index.folder} has the wanted tags of no query.",
            hint="Leave --only-known out, or name another index with --db.",
        )
    return kept


def _run_expand(options: argparse.Namespace, sets: list[tuple[str, list[Query]]], index: Index, reason: str) -> int:
    from tqdm import tqdm

    from ..evaluation.prompts import evaluate_sentences

    with tqdm(total=sum(len(queries) for _, queries in sets), unit="q", file=sys.stderr) as bar:
        results = [evaluate_sentences(index, name, queries, lambda _: bar.update(1)) for name, queries in sets]
    if options.json:
        values = {"index": str(index.folder), "encoder": index.encoder.description}
        print(json.dumps({**values, "sets": [r.as_json() for r in results]}))
        return 0
    rows = [["set", "queries", "recall", "wanted", "spent", "spent/wanted", "unknown", "median ms", "p95 ms"]]
    for r in results:
        figures = [f"{r.recall:.3f}", f"{r.wanted:.2f}", f"{r.spent:.2f}", f"{r.ratio:.2f}", str(r.unknown)]
        rows.append([r.name, str(r.queries), *figures, f"{r.median_ms:.1f}", f"{r.p95_ms:.1f}"])
    print(table(rows, right=range(1, 9)))
    print(f"{reason}; {index.encoder.description}")
    return 0


def _run_prose(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from ..evaluation.prose import evaluate_prose, judged_of, read_prose

    queries = judged_of([query for path in options.queries for query in read_prose(path)])
    index, reason = index_of(options)
    with tqdm(total=len(queries), unit="q", file=sys.stderr) as bar:
        results = evaluate_prose(index, queries, lambda _: bar.update(1))
    if options.json:
        values = {"index": str(index.folder), "encoder": index.encoder.description}
        print(json.dumps({**values, "sets": [r.as_json(per_query=options.per_query) for r in results]}))
        return 0
    shares_of = ("unwanted", "lost", "empty", "excluded")
    rows = [["sentences", "number", "concepts", "spent", "precision", *shares_of, "search n", "2n", "ms"]]
    for r in results:
        shares = [f"{getattr(r, name):.1%}" for name in shares_of]
        quality = [f"{r.concepts:.3f}", f"{r.spent:.2f}", f"{r.precision:.3f}", *shares]
        rows.append([r.name, str(r.queries), *quality, f"{r.first:.3f}", f"{r.first_2n:.3f}", f"{r.median_ms:.0f}"])
    print(table(rows, right=range(1, 12)))
    print(f"{reason}; {index.encoder.description}")
    return 0


def _tune(options: argparse.Namespace, index: Index, queries: list[Query]) -> int:
    """Search weights, write them, and say what they are worth on these queries."""
    from ..evaluation.tune import tune, write_tuning

    found = tune(index, queries)
    write_tuning(options.tune, found)
    if options.json:
        print(json.dumps(found.as_json()))
        return 0
    for name, value in found.as_json()["weights"].items():
        print(f"{name:12} {value:g}")
    print(
        f"mAP@10 on these {found.queries} queries: {found.before:.4f} before, {found.after:.4f} after -> {options.tune}\n"
        f"expect {found.unseen:.4f} of others of their kind: each query counted with weights found without it"
    )
    print(f"Check it on other queries: danbooru-index evaluate --queries OTHERS --weights {options.tune}")
    print(f'Search with it from then on: weights = "{options.tune.absolute().as_posix()}" in config.toml')
    return 0
