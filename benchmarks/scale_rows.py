"""As many rows as the largest index may have, of BGE-M3's dimensions: the build, the first search, its memory, the disk.

    python benchmarks/scale_rows.py tags_full.jsonl.gz --work DIR [--rows N] [--queries FILE...] [--skip-build] [--json]

The largest corpus at hand has 925,428 tags, and encoding so many texts with BGE-M3 takes hours without an accelerator. So rows beyond
those of the corpus are made up, each from two real ones: the first half of one tag's name, the last half of the other's, the first
one's names and definition. And the vectors are made up from the texts' characters (`bge_m3.py`), 1,024 dimensions; what making them
takes is told apart; term weights and token vectors are left out. Fewer rows are spread evenly over all of these. Build and search run in
processes of their own; there is no Chroma collection. DIR keeps the corpus and the index.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil
from bge_m3 import MadeUpEncoder
from scale import queries

from danbooru_index.encoders import Encoding
from danbooru_index.index.index import Index
from danbooru_index.index.manifest import read_manifest
from danbooru_index.index.versions import current_version
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.progress import Step
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search

ROWS = 1_386_373
TARGETS = {
    "build, encoding apart, minutes": "60",
    "first search, s": "5",
    "memory after the first search, GB": "3",
    "memory after all searches, GB": "3",
    "disk, GB": "5",
}


class Timed(MadeUpEncoder):
    """Made-up vectors, and the seconds that making them took: by the clock and of this thread's processor time."""

    has_sparse = has_tokens = False

    def __init__(self) -> None:
        super().__init__()
        self.seconds = self.processor = 0.0

    def encode(self, texts: list[str], *, sparse: bool = False, tokens: bool = False) -> Encoding:
        """See MadeUpEncoder."""
        begun, used = time.perf_counter(), time.thread_time()
        encoding = super().encode(texts, sparse=sparse, tokens=tokens)
        self.seconds += time.perf_counter() - begun
        self.processor += time.thread_time() - used
        return encoding


def all_lines(source: Path) -> Iterator[str]:
    """The corpus, and after it the rows that are made up: every second pair of neighbours makes one."""
    opener = gzip.open if source.suffix == ".gz" else open
    with opener(source, "rt", encoding="utf-8") as file:
        lines = [line for line in file if line.strip()]
    yield from lines
    known = {json.loads(line)["tag"] for line in lines}
    for step in (1, 2, 3):
        for number, (first, second) in enumerate(zip(lines, lines[step:], strict=False)):
            if number % 2 == step % 2:
                continue
            made = json.loads(first)
            tag = cross(made["tag"], json.loads(second)["tag"])
            if tag not in known:
                known.add(tag)
                text = made["text"].replace(made["tag"], tag)
                yield json.dumps({**made, "tag": tag, "text": text}, ensure_ascii=False) + "\n"


def cross(first: str, second: str) -> str:
    """The first half of one name and the last half of another."""
    return first[: (len(first) + 1) // 2] + second[len(second) // 2 :]


def write_corpus(source: Path, path: Path, rows: int) -> None:
    """`rows` of ROWS lines, spread evenly."""
    with path.open("w", encoding="utf-8") as file:
        kept = 0
        for number, line in enumerate(all_lines(source)):
            if number >= ROWS:
                break
            if (number + 1) * rows // ROWS > kept:
                kept += 1
                file.write(line)
    if kept < rows:
        raise SystemExit(f"{source} gives {kept:,} rows, not {rows:,}")


def measure_build(work: Path) -> dict[str, Any]:
    """In this process: seconds in all, of the encoder, and of each stage; peak memory."""
    encoder, stages = Timed(), [("", 0.0, 0.0)]

    def on_step(step: Step) -> None:
        if step.name != stages[-1][0] and not step.note:
            stages.append((step.name, time.perf_counter(), time.process_time()))

    begun, used = time.perf_counter(), time.process_time()
    options = BuildOptions(chroma_tags=0, reuse=False, restart=True)
    report = build_index(work / "corpus.jsonl", work / "index", encoder, options, on_step)
    seconds, processor = time.perf_counter() - begun, time.process_time() - used
    found: dict[str, Any] = {
        "rows": report.rows,
        "texts": report.texts,
        "build, minutes": round(seconds / 60, 1),
        "build, processor minutes": round(processor / 60, 1),
        "making up vectors, minutes": round(encoder.seconds / 60, 1),
        "making up vectors, processor minutes": round(encoder.processor / 60, 1),
        "build, encoding apart, minutes": round((seconds - encoder.seconds) / 60, 1),
        "build, memory GB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9, 2),
    }
    stages.append(("", begun + seconds, used + processor))
    for (name, *start), (_, *end) in pairwise(stages[1:]):
        found[f"stage {name}, s by the clock / of the processor"] = f"{end[0] - start[0]:.0f} / {end[1] - start[1]:.0f}"
    return found


def measure_search(options: argparse.Namespace) -> dict[str, Any]:
    """In this process, which has opened nothing yet: the first search of all, then every query twice, the second time timed."""
    encoder = Timed()
    requests = [SearchRequest(text) for text in queries(options)]
    before = psutil.Process().memory_info().rss
    begun, used = time.perf_counter(), time.process_time()
    with Index(options.work / "index", encoder=encoder) as index:
        search(index, requests[0])
        found: dict[str, Any] = {
            "first search, s": round(time.perf_counter() - begun, 2),
            "first search, processor s": round(time.process_time() - used, 2),
            "memory before it, GB": round(before / 1e9, 2),
            "memory after the first search, GB": round(psutil.Process().memory_info().rss / 1e9, 2),
        }
        times, works = [], []
        for request in requests:
            search(index, request)
            begun, used = time.perf_counter(), time.process_time()
            search(index, request)
            times.append(1000 * (time.perf_counter() - begun))
            works.append(1000 * (time.process_time() - used))
        memory = psutil.Process().memory_full_info()
        found["searches"] = len(requests)
        found["warm search, median ms by the clock / of the processor"] = (
            f"{statistics.median(times):.1f} / {statistics.median(works):.1f}"
        )
        found["memory after all searches, GB"] = round(memory.rss / 1e9, 2)
        found["of that its own, not files that are mapped, GB"] = round(memory.uss / 1e9 - mapped_alone(), 2)
    files = read_manifest(current_version(options.work / "index")).files
    found["disk, GB"] = round(sum(entry.size for entry in files.values()) / 1e9, 2)
    for folder in sorted({name.partition("/")[0] for name in files}):
        size = sum(entry.size for name, entry in files.items() if name.startswith(f"{folder}/"))
        found[f"disk, {folder}, GB"] = round(size / 1e9, 3)
    return found


def mapped_alone() -> float:
    """GB of mapped files that this process alone has in memory, which the system may drop at any time."""
    maps = psutil.Process().memory_maps()
    return sum(one.private_clean for one in maps if one.path.startswith("/")) / 1e9


def child(options: argparse.Namespace, step: str) -> dict[str, Any]:
    """One step in a process of its own."""
    command = [sys.executable, __file__, str(options.source), "--work", str(options.work), "--step", step]
    command += ["--per-file", str(options.per_file)]
    if options.queries:
        command += ["--queries", *map(str, options.queries)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    found: dict[str, Any] = json.loads(said)
    return found


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--queries", type=Path, nargs="*", default=[])
    parser.add_argument("--per-file", type=int, default=8)
    parser.add_argument("--skip-build", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--step", choices=("build", "search"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        found = measure_search(options) if options.step == "search" else measure_build(options.work)
        print(json.dumps(found))
        return 0
    found = {}
    if not options.skip_build:
        options.work.mkdir(parents=True, exist_ok=True)
        write_corpus(options.source, options.work / "corpus.jsonl", options.rows)
        found.update(child(options, "build"))
    found.update(child(options, "search"))
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        print("\n".join(f"| {name} | {value} | {TARGETS.get(name, '')} |" for name, value in found.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
