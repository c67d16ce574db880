"""Everything that a big index must hold, in one command:

    python benchmarks/scale.py --input tags_full.jsonl.gz --db DIR [--queries FILE...] [--skip-build] [--json]

It builds DIR in a process of its own (time, peak memory), opens the index in another (first search, warm searches with
and without filters, memory), compares the dense channel with an exact scan, and kills one more build to see what is lost.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import psutil

from danbooru_index.arrays.ragged import Ragged
from danbooru_index.encoders.protocol import Encoding
from danbooru_index.index.index import Index
from danbooru_index.index.manifest import read_manifest
from danbooru_index.index.versions import current_version, unfinished_versions
from danbooru_index.records import Category, SearchRequest, TagFilter
from danbooru_index.search.engine import search

DEPTH = 50
QUERIES = (
    "水手服",
    "双马尾的女孩",
    "猫耳",
    "long blue hair",
    "holding a sword",
    "夜の街",
    "メイド服",
    "初音未来",
    "red dress",
    "笑顔",
)
TARGETS = {
    "build minutes": "<= 60",
    "build memory GB": "<= 5",
    "disk GB": "<= 3",
    "search memory GB": "<= 2.5",
    "first search s": "<= 5",
    "warm ms": "<= 50",
    "recall@50": ">= 0.97",
    "lost s": "<= 60",
}
FILTERS: dict[str, dict[str, Any]] = {
    "none": {"nsfw": "include"},
    "nsfw excluded": {},
    "nsfw only": {"nsfw": "only"},
    "general": {"categories": (Category.GENERAL,)},
    "artist": {"categories": (Category.ARTIST,)},
    "copyright": {"categories": (Category.COPYRIGHT,)},
    "character": {"categories": (Category.CHARACTER,)},
    "50 posts or more": {"min_count": 50},
}


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "danbooru_index", *map(str, arguments)]


def watched(arguments: list[str], look: Callable[[psutil.Process], bool]) -> tuple[float, float, int]:
    """Run a command: seconds, peak resident memory in GB, and its exit code; `look` may end it by returning True."""
    begun, peak = time.monotonic(), 0
    with subprocess.Popen(arguments, cwd=Path(__file__).parents[1], stdout=subprocess.DEVNULL) as process:
        seen = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                peak = max(peak, seen.memory_info().rss)
            except psutil.Error:
                break
            if look(seen):
                process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
                break
            time.sleep(0.2)
    return time.monotonic() - begun, peak / 1e9, process.returncode


def measure_build(options: argparse.Namespace) -> dict[str, Any]:
    """Build without a base, as a user does for the first time."""
    arguments = command("build", "--input", options.input, "--db", options.db, "--no-base")
    seconds, peak, code = watched(arguments, lambda _: False)
    if code:
        raise SystemExit(f"the build failed with exit code {code}")
    return {"build minutes": round(seconds / 60, 1), "build memory GB": round(peak, 2)}


def measure_loss(options: argparse.Namespace) -> dict[str, Any]:
    """Kill a build while it encodes: the seconds between its last checkpoint and its end."""
    with tempfile.TemporaryDirectory(dir=options.db.parent, prefix="scale-loss-") as folder:
        begun = 0.0

        def late(_: psutil.Process) -> bool:
            nonlocal begun
            for version in unfinished_versions(Path(folder)):
                vectors = version / "dense" / "vectors.i8"
                if not begun and vectors.is_file() and vectors.stat().st_size:
                    begun = time.monotonic()
            return bool(begun) and time.monotonic() - begun > options.loss_after

        watched(command("build", "--input", options.input, "--db", folder, "--no-base"), late)
        killed = time.time()
        checkpoint = unfinished_versions(Path(folder))[0] / "unfinished" / "checkpoint.json"
        state = json.loads(checkpoint.read_text(encoding="utf-8"))
        return {"lost s": round(killed - checkpoint.stat().st_mtime, 1), "kept texts": state["texts"]}


class Known:
    """The index's encoder, which remembers what it encoded, so that a second search is timed apart from encoding."""

    def __init__(self, index: Index, texts: list[str]) -> None:
        self._encoder = index.encoder
        self.vectors = dict(zip(texts, self._encoder.encode(texts).dense, strict=True))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def encode(self, texts: list[str], *, sparse: bool = False, tokens: bool = False) -> Encoding:
        if sparse or tokens:
            return self._encoder.encode(texts, sparse=sparse, tokens=tokens)
        new = [text for text in dict.fromkeys(texts) if text not in self.vectors]
        if new:
            self.vectors.update(zip(new, self._encoder.encode(new).dense, strict=True))
        return Encoding(np.stack([self.vectors[text] for text in texts]))


def memory_gb() -> float:
    return psutil.Process().memory_info().rss / 1e9


def timed(index: Index, texts: list[str], name: str) -> tuple[float, float]:
    """Medians of one warm search in milliseconds, by the clock and of processor time, as on a machine that does nothing else."""
    times, works = [], []
    for text in texts:
        request = SearchRequest(text, **FILTERS[name])
        search(index, request)
        begun, worked = time.perf_counter(), time.process_time()
        search(index, request)
        times.append(1000 * (time.perf_counter() - begun))
        works.append(1000 * (time.process_time() - worked))
    return round(statistics.median(times), 1), round(statistics.median(works), 1)


def measure_search(options: argparse.Namespace) -> dict[str, Any]:
    """In this process, which has opened nothing yet."""
    texts = queries(options)
    begun = time.perf_counter()
    index = Index(options.db)
    search(index, SearchRequest(texts[0]))
    found: dict[str, Any] = {"first search s": round(time.perf_counter() - begun, 2)}
    found["first search, processor s"] = round(time.process_time(), 2)
    found["first search used"] = index.dense.store.label
    known = Known(index, [SearchRequest(text).text for text in texts])
    index.__dict__["encoder"] = known
    for name in FILTERS:
        found[f"warm ms, {name}"], found[f"processor ms, {name}"] = timed(index, texts, name)
    found["search memory GB"] = round(memory_gb(), 2)
    found.update(measure_recall(index, known, texts))
    version = current_version(options.db)
    files = read_manifest(version).files
    found["disk GB"] = round(sum(entry.size for entry in files.values()) / 1e9, 2)
    for folder in sorted({name.partition("/")[0] for name in files}):
        found[f"disk GB, {folder}"] = round(
            sum(e.size for n, e in files.items() if n.startswith(f"{folder}/")) / 1e9, 3
        )
    return found


def measure_recall(index: Index, known: Known, texts: list[str]) -> dict[str, Any]:
    """Share of the 50 best tags of an exact scan of all stored vectors that are among the dense channel's best 50."""
    vectors = np.stack([known.vectors[SearchRequest(text).text] for text in texts])
    scores = np.concatenate(list(exact_scores(index, vectors)), axis=1)
    starts = np.asarray(index.dense._starts)[:-1]
    best = np.maximum.reduceat(scores, starts, axis=1)
    found: dict[str, Any] = {}
    for name, filters in FILTERS.items():
        allowed = index.store.allowed(TagFilter(**filters))
        everything = np.ones(len(index.store), bool)
        shares = []
        for number, query in enumerate(vectors):
            wanted = np.where(everything if allowed is None else allowed.tags, best[number], -2.0)
            limit = np.partition(wanted, -DEPTH)[-DEPTH]
            rows = index.dense.candidates(query, 400, allowed)
            scores_of, _ = index.dense.compare(query[None, :], Ragged.of([rows]))
            own = np.sort(scores_of.max(axis=1))[::-1][:DEPTH]
            # By score: tags that share a text tie, and either is right.
            shares.append(float((own >= limit - 1e-6).sum()) / DEPTH)
        found[f"recall@50, {name} ({index.dense.store.label})"] = round(statistics.fmean(shares), 4)
    return found


def exact_scores(index: Index, queries: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, index.dense.vectors.count, 16_384):
        yield index.dense.vectors.score(queries, slice(start, start + 16_384))


def queries(options: argparse.Namespace) -> list[str]:
    """Some queries of every file, evenly spread; a few of our own without files."""
    chosen: list[str] = []
    for path in options.queries:
        lines = [json.loads(line)["query"] for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        chosen += lines[:: max(1, len(lines) // options.per_file)][: options.per_file]
    return chosen or list(QUERIES)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=Path)
    parser.add_argument("--db", type=Path, required=True)
    parser.add_argument("--queries", type=Path, nargs="*", default=[])
    parser.add_argument("--per-file", type=int, default=15)
    parser.add_argument("--loss-after", type=float, default=75.0, help="seconds of encoding before the kill")
    parser.add_argument("--skip-build", action="store_true")
    parser.add_argument("--skip-loss", action="store_true")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--search-only", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    if options.search_only:
        print(json.dumps(measure_search(options), ensure_ascii=False))
        return 0
    found: dict[str, Any] = {} if options.skip_build else measure_build(options)
    again = [sys.executable, __file__, "--search-only", "--db", str(options.db), "--per-file", str(options.per_file)]
    if options.queries:
        again += ["--queries", *map(str, options.queries)]
    found.update(json.loads(subprocess.run(again, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout))
    if not options.skip_loss:
        found.update(measure_loss(options))
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return 0
    print("\n".join(f"| {name} | {value} | {target(name)} |" for name, value in found.items()))
    return 0


def target(name: str) -> str:
    """The target of a row, "" where it has none."""
    return next((value for prefix, value in TARGETS.items() if name == prefix or name.startswith(f"{prefix},")), "")


if __name__ == "__main__":
    raise SystemExit(main())
