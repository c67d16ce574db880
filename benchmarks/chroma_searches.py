"""One search by local sketches, by the collection in the index, and by a Chroma server of this machine, in turns in one run.

    python benchmarks/chroma_searches.py CORPUS.jsonl --work DIR --queries FILE... [--per-file N] [--rounds 5] [--skip-build] [--json]

A real `chroma run` is started, and an index with a collection is built that is sent to it too. One process opens it three times and
searches for every query, warm, by one road after the other, `--rounds` times. Then the server is ended, and what a search
says that finds it gone, and how long that takes, stands at the end: in an index that has it open, and in one that is opened after.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from chroma_run import chroma_server
from scale import queries

from danbooru_index.encoders import open_encoder
from danbooru_index.errors import ChromaServerError
from danbooru_index.index.index import Index
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search
from danbooru_index.settings import load_settings


def opened(folder: Path, dense: str, chroma: str = "") -> Index:
    """The index by one road; its collection is trusted, since it was built here."""
    return Index(folder, settings=replace(load_settings(), dense=dense, chroma=chroma))


def in_turns(indexes: dict[str, Index], texts: list[str], rounds: int) -> dict[str, Any]:
    """Medians over the queries of the medians over the rounds, and how many of the first ten tags are the same."""
    clock: dict[str, list[list[float]]] = {name: [] for name in indexes}
    worked: dict[str, list[list[float]]] = {name: [] for name in indexes}
    same: dict[str, list[float]] = {name: [] for name in indexes}
    for text in texts:
        request, first = SearchRequest(text), None
        times: dict[str, list[float]] = {name: [] for name in indexes}
        works: dict[str, list[float]] = {name: [] for name in indexes}
        for number in range(rounds + 1):
            for name, index in indexes.items():
                begun, used = time.perf_counter(), time.process_time()
                found = search(index, request)
                if number:  # the first one warms
                    times[name].append(1000 * (time.perf_counter() - begun))
                    works[name].append(1000 * (time.process_time() - used))
                else:
                    first = first or found.tags[:10]
                    same[name].append(len(set(first) & set(found.tags[:10])) / max(1, len(first)))
        for name in indexes:
            clock[name].append(times[name])
            worked[name].append(works[name])
    found_: dict[str, Any] = {"queries": len(texts), "rounds": rounds}
    base = next(iter(indexes))
    for name in indexes:
        medians = [statistics.median(values) for values in clock[name]]
        more = [median - statistics.median(values) for median, values in zip(medians, clock[base], strict=True)]
        found_[f"{name}: median ms"] = round(statistics.median(medians), 1)
        found_[f"{name}: p95 ms"] = round(sorted(medians)[int(0.95 * len(medians))], 1)
        found_[f"{name}: median of what it takes more than {base}, ms"] = round(statistics.median(more), 1)
        found_[f"{name}: median processor ms of this process"] = round(
            statistics.median(statistics.median(values) for values in worked[name]), 1
        )
        found_[f"{name}: share of the first ten tags that {base} has"] = round(statistics.fmean(same[name]), 3)
    return found_


def gone(index: Index, text: str) -> str:
    """How long a search takes to say that the server is gone, and what it says."""
    begun = time.perf_counter()
    try:
        search(index, SearchRequest(text))
    except ChromaServerError as error:
        return f"{time.perf_counter() - begun:.2f} s: {error} {error.hint}"
    raise SystemExit("the server is gone and the search noticed nothing")


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--queries", type=Path, nargs="+", required=True)
    parser.add_argument("--per-file", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--base", type=Path, help="an index whose vectors serve for unchanged texts")
    parser.add_argument("--skip-build", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder, server = options.work / "index", options.work / "server"
    server.mkdir(parents=True, exist_ok=True)
    texts = queries(options)
    with chroma_server(server) as url:
        if not options.skip_build:
            how = BuildOptions(base=options.base, chroma=url)
            build_index(options.corpus, folder, open_encoder("use-multilingual"), how)
        there = opened(folder, "chroma", url)
        indexes = {"sketches": opened(folder, "sketch"), "collection": opened(folder, "chroma"), "server": there}
        search(there, SearchRequest(texts[0]))
        search(indexes["collection"], SearchRequest(texts[0]))
        labels = {name: index.dense.store.label for name, index in indexes.items()}
        if labels["sketches"] != "sketches" or labels["collection"] != "Chroma" or url not in labels["server"]:
            raise SystemExit(f"not the roads that were meant: {labels}")
        found = in_turns(indexes, texts, options.rounds)
    found["server gone, index open"] = gone(there, texts[1])
    with opened(folder, "chroma", url) as later:
        found["server gone, index opened after"] = gone(later, texts[1])
    for index in indexes.values():
        index.close()
    if options.json:
        print(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        print("\n".join(f"| {name} | {value} |" for name, value in found.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
