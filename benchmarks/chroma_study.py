"""The dense stores side by side on one index: time to open, time of a proposal, recall against an exact scan, memory.

    python benchmarks/chroma_study.py DIR [--server http://host:port]

Each store is measured in a process of its own, the queries are tags of the index with noise. docs/chroma.md has the figures.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

QUERIES, NOISE = 100, 0.35


def measure(folder: Path, dense: str, server: str) -> dict[str, float]:
    """The figures of one store, in this process."""
    import chromadb  # noqa: F401 (its import is not what is timed)
    import psutil

    from danbooru_index.index.collection import TagVectors
    from danbooru_index.index.index import Index
    from danbooru_index.settings import Settings

    with Index(folder, settings=Settings(home=folder, dense=dense, chroma=server)) as index:
        dimensions = index.manifest.encoder.dimensions
        chance = np.random.default_rng(1)
        rows = np.sort(chance.choice(len(index.store), QUERIES, replace=False))
        queries = TagVectors(index.folder / "dense", dimensions).of(rows)
        queries += NOISE * chance.standard_normal(queries.shape).astype(np.float32) / np.sqrt(dimensions)
        queries /= np.linalg.norm(queries, axis=1, keepdims=True)
        before = psutil.Process().memory_info().rss
        begun, used = time.perf_counter(), time.process_time()
        index.dense.candidates(queries[0], 400)
        found = {
            "open and first, s": time.perf_counter() - begun,
            "open and first, processor s": time.process_time() - used,
        }
        for count in (400, 1000):
            times, used = [], time.process_time()
            for query in queries:
                begun = time.perf_counter()
                index.dense.candidates(query, count)
                times.append(1000 * (time.perf_counter() - begun))
            found[f"{count}, least ms"] = min(times)
            found[f"{count}, median ms"] = float(np.median(times))
            found[f"{count}, processor ms"] = 1000 * (time.process_time() - used) / QUERIES
        found["memory, MB"] = (psutil.Process().memory_info().rss - before) / 1e6
        found["recall@50"] = float(np.mean([recall(index, query) for query in queries]))
    return {name: round(value, 3) for name, value in found.items()}


def recall(index: object, query: np.ndarray) -> float:
    """The share of the 50 tags with the best texts that 400 candidates hold."""
    dense = index.dense  # type: ignore[attr-defined]
    scores = np.maximum.reduceat(
        dense.vectors.score(query[None, :], slice(0, dense.vectors.count))[0], np.asarray(dense._starts)[:-1]
    )
    best = np.argpartition(-scores, 50)[:50]
    return float(np.isin(best, dense.candidates(query, 400)).mean())


def main() -> None:
    """Measure every store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--server", default="")
    parser.add_argument("--one", choices=("sketch", "chroma", "server"))
    options = parser.parse_args()
    if options.one:
        dense = "chroma" if options.one == "server" else options.one
        print(json.dumps(measure(options.folder, dense, options.server if options.one == "server" else "")))
        return
    for one in ("sketch", "chroma", *(["server"] if options.server else [])):
        command = [sys.executable, __file__, str(options.folder), "--one", one, "--server", options.server]
        print(one, subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip(), flush=True)


if __name__ == "__main__":
    main()
