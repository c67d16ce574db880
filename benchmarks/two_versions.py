"""Two versions of this package side by side: builds and warm searches of the same corpus and queries, in turns in one run.

    git worktree add OLD 5b3f0b7                    # the last commit of 0.2.0, for example
    python benchmarks/two_versions.py OLD DATA --work DIR [--every N] [--build-rounds 1] [--rounds 5] [--skip-build] [--json]

Both run in this Python. The old version builds as it does; the new one with `--chroma-tags 0`, without the lexicon and with it, and as it
does by default, with lexicon and collection. 0.2.0 has no such flag and always makes its graph in Chroma, so that stage is told apart
and left out of its sum. Every build is a process of its own. Then one process per index searches: each query in one process after
the other, warm, `--rounds` times. What is compared is the processor's time, since others may use the machine; the clock's stands
beside it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

NEW = Path(__file__).resolve().parents[1]
GRAPH = "graph"  # 0.2.0's stage that makes its graph in Chroma
KINDS = {
    "name": ("zh_human", "zh_natural", "zh_tw", "zh_character", "ja_translation", "ja_wiki", "en_alias"),
    "definition": ("zh_definition",),
    "sentence": ("multi_zh", "multi_ja", "multi_en"),
}
PER_FILE = 18  # queries of each set: 198 in all
WAYS: dict[str, dict[str, Any]] = {
    "old": {},
    "new without lexicon": {"chroma_tags": 0, "lexicon": False},
    "new": {"chroma_tags": 0},
    "new with collection": {},
}
SEARCHED = ("old", "new without lexicon", "new")  # searches do not use the collection


def build(corpus: Path, folder: Path, way: str) -> dict[str, Any]:
    """In a process of one version: seconds of each stage, by the processor and by the clock, and the peak of memory."""
    import resource

    from danbooru_index import build_index, open_encoder

    make_options = sys.modules[build_index.__module__].BuildOptions
    marks: list[tuple[str, float, float]] = []

    def on_step(step: Any) -> None:
        if not step.note and (not marks or step.name != marks[-1][0]):
            marks.append((step.name, time.process_time(), time.perf_counter()))

    options = make_options(reuse=False, restart=True, **WAYS[way])
    build_index(corpus, folder, open_encoder("use-multilingual"), options, on_step)
    marks.append(("", time.process_time(), time.perf_counter()))
    stages: dict[str, list[float]] = {}
    for (name, *begun), (_, *ended) in pairwise(marks):
        before = stages.get(name, [0.0, 0.0])
        stages[name] = [before[0] + ended[0] - begun[0], before[1] + ended[1] - begun[1]]
    return {"stages": stages, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9}


def answer(folder: Path) -> None:
    """In a process of one version, for every query on standard input: milliseconds of the processor and of the clock, GB of memory."""
    import psutil

    from danbooru_index import Index, SearchRequest, search_many

    with Index(folder) as index:
        for line in sys.stdin:
            request = SearchRequest(json.loads(line))
            used, begun = time.process_time(), time.perf_counter()
            search_many(index, [request])
            times = [1000 * (time.process_time() - used), 1000 * (time.perf_counter() - begun)]
            print(json.dumps([*times, psutil.Process().memory_info().rss / 1e9]), flush=True)


def queries(data: Path) -> dict[str, list[str]]:
    """Queries of each kind, evenly spread over each set."""
    found: dict[str, list[str]] = {}
    for kind, names in KINDS.items():
        for name in names:
            lines = (data / "eval" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
            found.setdefault(kind, []).extend(
                json.loads(line)["query"] for line in lines[:: len(lines) // PER_FILE][:PER_FILE]
            )
    return found


def child(tree: Path, step: str, *arguments: object) -> list[str]:
    """The command of a step in one version's tree."""
    return [sys.executable, __file__, "--tree", str(tree), "--step", step, *map(str, arguments)]


def measure_builds(old: Path, corpus: Path, work: Path, rounds: int) -> dict[str, Any]:
    """Medians over the rounds; in each every way once, one after the other."""
    said: dict[str, list[Any]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            command = child(old if way == "old" else NEW, "build", corpus, work / way, way)
            answered = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
            said[way].append(json.loads(answered))
    found: dict[str, Any] = {}
    for way, builds in said.items():
        stages = {
            name: [statistics.median(build["stages"][name][number] for build in builds) for number in range(2)]
            for name in builds[0]["stages"]
        }
        graph = stages.pop(GRAPH, None)
        for number, clock in enumerate(("processor s", "clock s")):
            found[f"build, {way}: {clock}"] = round(sum(times[number] for times in stages.values()), 1)
            if graph is not None:
                found[f"build, {way}: its graph in Chroma, {clock}"] = round(graph[number], 1)
        found[f"build, {way}: memory GB"] = round(statistics.median(build["memory"] for build in builds), 2)
        found[f"build, {way}: processor s of stages"] = {name: round(times[0], 1) for name, times in stages.items()}
    return found


def part_of(corpus: Path, every: int, work: Path) -> Path:
    """The corpus, or every so many lines of it."""
    if every == 1:
        return corpus
    path = work / "part.jsonl"
    with corpus.open(encoding="utf-8") as file:
        path.write_text("".join(islice(file, 0, None, every)), encoding="utf-8")
    return path


class Searcher:
    """A process of one version that has an index open."""

    def __init__(self, tree: Path, folder: Path) -> None:
        command = child(tree, "answer", folder)
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
        self.memory = 0.0

    def ask(self, text: str) -> list[float]:
        """Milliseconds of one search: of the processor, and by the clock."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(text) + "\n")
        self._process.stdin.flush()
        *times, self.memory = json.loads(self._process.stdout.readline())
        return times

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)


def measure_searches(old: Path, data: Path, work: Path, rounds: int) -> dict[str, Any]:
    """Medians over the queries of the medians over the rounds, after one round that warms."""
    searchers = {way: Searcher(old if way == "old" else NEW, work / way) for way in SEARCHED}
    found: dict[str, Any] = {}
    for kind, texts in queries(data).items():
        taken: dict[str, list[list[list[float]]]] = {way: [] for way in SEARCHED}
        for _ in range(rounds + 1):
            of_round = [{way: searcher.ask(text) for way, searcher in searchers.items()} for text in texts]
            for way in SEARCHED:
                taken[way].append([times[way] for times in of_round])
        for way in SEARCHED:
            for number, clock in enumerate(("processor ms", "clock ms")):
                of_each = [
                    statistics.median(of_round[query][number] for of_round in taken[way][1:])
                    for query in range(len(texts))
                ]
                found[f"search, {kind} ({len(texts)}), {way}: median {clock}"] = round(statistics.median(of_each), 1)
    for way, searcher in searchers.items():
        searcher.close()
        found[f"search, {way}: memory GB"] = round(searcher.memory, 3)
    return found


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path, help="a tree of the old version")
    parser.add_argument("data", type=Path, help="a folder with tags.jsonl and eval/")
    parser.add_argument("--work", type=Path, required=True, help="where the indexes are kept")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--build-rounds", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="build every Nth line of the corpus")
    parser.add_argument("--skip-build", action="store_true")
    parser.add_argument("--skip-search", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found: dict[str, Any] = {}
    if not options.skip_build:
        options.work.mkdir(parents=True, exist_ok=True)
        corpus = part_of(options.data / "tags.jsonl", options.every, options.work)
        found.update(measure_builds(options.old, corpus, options.work, options.build_rounds))
    if not options.skip_search:
        found.update(measure_searches(options.old, options.data, options.work, options.rounds))
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        print("\n".join(f"| {name} | {value} |" for name, value in found.items()))
    return 0


def step(tree: str, name: str, folder: str, *more: str) -> None:
    """A step in a process of its own, of the version in that tree."""
    sys.path.insert(0, tree)
    import danbooru_index

    if not Path(danbooru_index.__file__).is_relative_to(Path(tree).resolve()):
        raise SystemExit(f"{danbooru_index.__file__} is not in {tree}")
    if name == "build":
        print(json.dumps(build(Path(folder), Path(more[0]), more[1])))
    else:
        answer(Path(folder))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--tree"]:
        step(sys.argv[2], *sys.argv[4:])
    else:
        raise SystemExit(main())
