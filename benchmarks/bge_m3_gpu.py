"""BGE-M3 on an accelerator: every path that a CPU cannot show, in one run.

    python benchmarks/bge_m3_gpu.py FOLDER CORPUS [--queries FILE... --sentences FILE...] [--json FILE]

FOLDER holds BGE-M3's files; where there are none, a checkpoint of its size with random weights is made there first (2.3 GB).
CORPUS is a corpus of `build`. With real weights, what dense, sparse and token vectors find, and int8 against fp32, is counted
on the queries and sentences as `danbooru-index evaluate` counts. Every step prints its figures as soon as it has them and
writes FILE anew, so that a run that is interrupted keeps what it measured; a step that fails is reported and the next one
runs. A table of all comes last.
`--tiny` makes a tiny checkpoint, and `--device cpu` leaves out what only CUDA can show: a rehearsal without an accelerator.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

from bge_m3 import lines_of
from gpu_encoding import (
    ALL,
    Bench,
    budgets,
    flag_embedding,
    out_of_memory,
    parity,
    queries,
    release,
    threads,
)
from gpu_quality import RANDOM, quality

from danbooru_index import SearchRequest
from danbooru_index.index.index import Index
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.progress import Step
from danbooru_index.search.engine import search

PACKAGES = ("torch", "transformers", "FlagEmbedding", "tokenizers", "numpy", "chromadb", "onnxruntime")


def environment(bench: Bench) -> dict[str, Any]:
    """The machine and the packages."""
    import torch

    found = {"python": platform.python_version(), "cores": os.cpu_count()}
    for name in PACKAGES:
        there = importlib.util.find_spec(name) is not None
        found[name] = metadata.version(name) if there else "missing"
    if torch.cuda.is_available():
        card = torch.cuda.get_device_properties(0)
        found |= {"card": card.name, "card_gb": round(card.total_memory / 1e9, 1), "cuda": torch.version.cuda}
    return found


def load(bench: Bench) -> dict[str, Any]:
    """Which device is chosen, where the weights really are, and what they take there."""
    bench.encoder = bench.open(bench.device)
    begun = time.perf_counter()
    bench.encoder.encode(["1girl"], **ALL)
    seconds = time.perf_counter() - begun
    weights = next(bench.encoder.module.parameters())
    found = {"seconds": round(seconds, 1), "weights_on": str(weights.device), "dtype": str(weights.dtype)}
    if bench.cuda:
        found["weights_gb"] = round(bench.cuda.memory_allocated() / 1e9, 2)
    return {"description": bench.encoder.description.removeprefix(bench.encoder.identity.name).strip(), **found}


def rebuild(bench: Bench) -> dict[str, Any]:
    """The whole build of the corpus, again without reuse, and a search with three channels on both indexes."""
    chroma = importlib.util.find_spec("chromadb") is not None
    asked = [json.loads(line)["query"] for line in (ROOT / "benchmarks/prose/test.jsonl").open(encoding="utf-8")][:40]
    found: dict[str, Any] = {"chroma_collection": chroma}
    for name, late in (("token vectors kept", 400_000_000), ("token vectors computed in the search", 0)):
        begun: dict[str, float] = {}

        def on_step(step: Step, begun: dict[str, float] = begun) -> None:
            begun.setdefault(step.name, time.perf_counter())

        how = BuildOptions(reuse=False, late_bytes=late, **({} if chroma else {"chroma_tags": 0}))
        report = build_index(bench.corpus, bench.work / "index", bench.encoder, how, on_step)
        ends = [*list(begun.values())[1:], time.perf_counter()]
        stages = {stage: round(end - start, 2) for (stage, start), end in zip(begun.items(), ends, strict=True)}
        index = Index(bench.work / "index", encoder=bench.encoder)
        for query in asked[:3]:
            search(index, SearchRequest(query))
        times = [1000 * search(index, SearchRequest(query)).seconds for query in asked]
        hits = search(index, SearchRequest(asked[0])).hits
        found[name] = {
            "tags": report.rows,
            "texts": report.texts,
            "seconds": round(report.seconds, 1),
            "texts_a_second": round(report.texts / report.seconds),
            "texts_a_second_of_encoding": round(report.texts / stages["encoding"]),
            "stages": stages,
            "search_ms": {
                "median": round(statistics.median(times), 1),
                "p95": round(float(np.quantile(times, 0.95)), 1),
            },
            "hits_with_late": sum("late" in hit.channels for hit in hits),
        }
        index.close()
    return found


def command(bench: Bench) -> dict[str, Any]:
    """`build --device` from the command line, a process of its own, on 200 lines of the corpus."""
    part = bench.work / "part.jsonl"
    with bench.corpus.open(encoding="utf-8") as source:
        part.write_text("".join(itertools.islice(source, 200)), encoding="utf-8")
    parts = ["build", "--input", part, "--db", bench.work / "by-command", "--model", bench.folder, "--json"]
    parts += ["--device", bench.device, "--chroma-tags", 0]
    begun = time.perf_counter()
    ran = subprocess.run(
        [sys.executable, "-m", "danbooru_index", *map(str, parts)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    if ran.returncode:
        return {"failed": ran.stderr[-600:]}
    said = json.loads(ran.stdout)
    return {"wall_seconds": round(time.perf_counter() - begun, 1), **{k: said[k] for k in ("rows", "texts", "seconds")}}


STEPS = (
    environment, load, parity, out_of_memory, rebuild, quality, budgets, queries, flag_embedding, threads, release, command,
)  # fmt: skip


def rows_of(figures: dict[str, Any], name: str = "") -> list[str]:
    """A row of a Markdown table for every innermost group of figures."""
    plain = {key: value for key, value in figures.items() if not isinstance(value, dict)}
    inner = [(key, value) for key, value in figures.items() if isinstance(value, dict)]
    text = "; ".join(f"{key.replace('_', ' ')} {value}" for key, value in plain.items())
    rows = [f"| {name} | {text} |"] if plain else []
    return rows + [row for key, value in inner for row in rows_of(value, f"{name}: {key}" if name else key)]


def run(step: Callable[[Bench], dict[str, Any]], bench: Bench) -> None:
    """One step and its figures; one that fails leaves its error in their place."""
    begun = time.perf_counter()
    try:
        figures = step(bench)
    except Exception as error:
        traceback.print_exc()
        figures = {"failed": f"{type(error).__name__}: {error}"}
    bench.figures[step.__name__] = figures
    text = json.dumps(figures, ensure_ascii=False, indent=1)
    print(f"## {step.__name__} ({time.perf_counter() - begun:.1f} s)\n{text}", flush=True)


def main() -> None:
    """Parse, make the checkpoint where there is none, and run every step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--lines", type=int, default=2048, help="lines of the corpus that are encoded at once")
    names, prose = ROOT / "benchmarks" / "names", ROOT / "benchmarks" / "prose"
    parser.add_argument("--queries", type=Path, nargs="*", default=sorted(names.glob("*.jsonl")), help="single things")
    parser.add_argument("--sentences", type=Path, nargs="*", default=[prose / "dev.jsonl"], help="sentences")
    parser.add_argument("--json", type=Path, help="where the figures are written")
    parser.add_argument("--tiny", action="store_true", help="a tiny checkpoint instead of a full-size one")
    options = parser.parse_args()
    if not (options.folder / "config.json").is_file():
        from tiny_m3 import FULL, TINY, make_checkpoint

        begun = time.perf_counter()
        sizes = {"tokens": 500} if options.tiny else {"texts": lines_of(options.corpus, 12_000), "tokens": 24_000}
        make_checkpoint(options.folder, TINY if options.tiny else FULL, **sizes)
        (options.folder / RANDOM).touch()
        print(f"random weights made in {time.perf_counter() - begun:.0f} s", flush=True)
    with tempfile.TemporaryDirectory() as work:
        asked = tuple(options.queries), tuple(options.sentences)
        bench = Bench(options.folder, options.corpus, options.device, options.lines, Path(work), *asked)
        for step in STEPS:
            run(step, bench)
            if options.json:
                options.json.write_text(json.dumps(bench.figures, ensure_ascii=False, indent=1), encoding="utf-8")
    print("\n".join(["| what | measured |", "|---|---|", *rows_of(bench.figures)]))


if __name__ == "__main__":
    main()
