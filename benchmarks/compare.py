"""What got worse between two runs, by more than noise:

    python benchmarks/compare.py OLD NEW [--all]

OLD and NEW each are a file, or a folder of the files of repeated runs, of what `danbooru-index evaluate --json` printed, with --prose
or --expand or without, or of what a script of this folder gives as JSON. Exit code 1 if something got worse, 2 if there is nothing
to compare.

Quality is judged by a 95 % interval. Where both runs have --per-query it is that of the mean difference, query by query; else it
follows from the number of queries, as of two independent samples, and only large differences pass. Times, memory and rates are
medians over the runs of a folder: worse is what is more than 10 % worse, and worse in every new run than in every old one. That
happens by chance in one of six comparisons of two runs with two, in one of twenty of three with three: with fewer it is `perhaps`.
Numbers whose name tells no unit are not judged.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy.stats import t as student

# +1: more is better. What is not a share of something has an interval only by query.
QUALITY = {
    "map_at_10": 1,
    "recall_at_10": 1,
    "mrr_at_10": 1,
    "concepts": 1,
    "precision": 1,
    "excluded": 1,
    "first": 1,
    "first_2n": 1,
    "recall": 1,
    "unwanted": -1,
    "lost": -1,
    "empty": -1,
    "spent": -1,
    "ratio": -1,
}
NO_SHARE = {"spent", "ratio"}
COSTS = {"ms", "s", "seconds", "mb", "gb", "bytes", "memory"}
RATES = re.compile(r"a_second|a second|per_second|/s\b")
_NUMBER = re.compile(r"([\d,]*\.?\d+)(?: ([a-z]+(?:/s)?))?")
TOLERATED = 0.10
CONFIDENCE = 0.95
ORDERS = 20  # in one of so many orders at most all new runs stand after all old ones by chance


@dataclass(frozen=True)
class Row:
    """One figure of both sides. `noise` says what the difference was held against."""

    what: str
    old: float
    new: float
    noise: str
    verdict: str

    def cells(self) -> list[str]:
        """As a line of the table."""
        return [
            self.what,
            f"{self.old:.4g}",
            f"{self.new:.4g}",
            f"{self.new - self.old:+.3g}",
            self.noise,
            self.verdict,
        ]


def judged(difference: float, error: float | None, count: float, better: int) -> tuple[str, str]:
    """The interval of a difference and the verdict. `error` is its standard error, `count` how many values it is of."""
    if error is None or count < 2:
        return "not known", "not judged"
    margin = float(student.ppf((1 + CONFIDENCE) / 2, count - 1)) * error
    low, high = difference - margin, difference + margin
    verdict = "same" if low <= 0 <= high else "better" if difference * better > 0 else "worse"
    return f"{low:+.3g} to {high:+.3g}", verdict


def by_query(one: dict[str, Any], metric: str) -> dict[tuple[str, int], float]:
    """What each query of a set gave; a text that stands there twice has two numbers."""
    found: dict[tuple[str, int], float] = {}
    for line in one.get("per_query", ()):
        number = 0
        while (line["query"], number) in found:
            number += 1
        found[line["query"], number] = float(line[metric])
    return found


@dataclass(frozen=True)
class Difference:
    """Of one metric of one set: both means, the standard error of their difference, and of how many queries."""

    old: float
    new: float
    error: float | None
    count: int
    paired: bool


def difference(old: dict[str, Any], new: dict[str, Any], metric: str) -> Difference:
    """Query by query where both sides have that, on the queries of both; else from the numbers of queries."""
    left, right = by_query(old, metric), by_query(new, metric)
    shared = [key for key in left if key in right]
    if shared:
        before, after = [left[key] for key in shared], [right[key] for key in shared]
        steps = [b - a for a, b in zip(before, after, strict=True)]
        error = statistics.stdev(steps) / math.sqrt(len(steps)) if len(steps) > 1 else None
        return Difference(statistics.fmean(before), statistics.fmean(after), error, len(steps), True)
    a, b, n, m = float(old[metric]), float(new[metric]), int(old["queries"]), int(new["queries"])
    # A value between 0 and 1 whose mean is p varies by p(1 - p) at most.
    known = metric not in NO_SHARE and n == m
    return Difference(a, b, math.sqrt(a * (1 - a) / n + b * (1 - b) / m) if known else None, n, False)


def quality(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Row]:
    """The metrics of every set that both runs have, and of the mean over the sets."""
    before, after = ({one["name"]: one for one in run["sets"]} for run in (old, new))
    errors: dict[str, list[float | None]] = {}
    for name in [name for name in before if name in after]:
        for metric, better in QUALITY.items():
            if metric in before[name] and metric in after[name]:
                found = difference(before[name], after[name], metric)
                errors.setdefault(metric, []).append(found.error)
                noise, verdict = judged(found.new - found.old, found.error, found.count, better)
                how = f"{found.count} queries{', paired' if found.paired else ''}"
                yield Row(f"{name}: {metric}", found.old, found.new, f"{noise} ({how})", verdict)
    if before.keys() == after.keys() and "mean" in old and "mean" in new:
        for metric, listed in errors.items():
            known = [error for error in listed if error is not None]
            error = math.hypot(*known) / len(known) if len(known) == len(listed) else None
            a, b = float(old["mean"][metric]), float(new["mean"][metric])
            noise, verdict = judged(b - a, error, int(old["mean"]["queries"]), QUALITY[metric])
            yield Row(f"mean: {metric}", a, b, f"{noise} ({len(listed)} sets)", verdict)


def numbers(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, float]]:
    """Every number of a JSON value by the names that lead to it; `4,178 lines/s` is one too."""
    if isinstance(value, dict):
        own = str(value.get("what", value.get("name", "")))
        inner = {key: one for key, one in value.items() if key not in ("what", "name", "per_query", "target")}
        for key, one in inner.items():
            yield from numbers(one, (*path, *([own] if own else []), key))
    elif isinstance(value, list):
        for one in value:
            if isinstance(one, dict):
                yield from numbers(one, path)
    elif isinstance(value, str) and (found := _NUMBER.fullmatch(value)):
        yield ": ".join(path) + (f", {found[2]}" if found[2] else ""), float(found[1].replace(",", ""))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield ": ".join(path), float(value)


def direction(name: str) -> int:
    """+1 where more is better, -1 where less is, 0 where the name does not say.

    >>> direction("search: median_ms"), direction("zh_human: a_second"), direction("wakes")
    (-1, 1, 0)
    """
    if RATES.search(name):
        return 1
    return -1 if COSTS & set(re.split(r"[^a-z0-9]+", name.lower())) else 0


def costs(old: list[Any], new: list[Any]) -> Iterator[Row]:
    """Times, memory and rates that all runs have."""
    before, after = ([dict(numbers(run)) for run in runs] for runs in (old, new))
    for name in before[0]:
        better = direction(name)
        if better and all(name in run for run in (*before, *after)):
            yield cost(name, [run[name] for run in before], [run[name] for run in after], better)


def cost(name: str, old: list[float], new: list[float], better: int) -> Row:
    """Medians, held against the tolerance and the spread of the runs."""
    a, b = statistics.median(old), statistics.median(new)
    worse, best = (
        (min(new) > max(old), max(new) < min(old)) if better < 0 else (max(new) < min(old), min(new) > max(old))
    )
    # A rate that falls by 10 % and a time that grows by 10 % are the same step.
    step = abs(b - a) > TOLERATED * min(abs(a), abs(b))
    apart = "worse" if worse else "better" if best else "same"
    verdict = apart if step else "same"
    if verdict != "same" and math.comb(len(old) + len(new), len(old)) < ORDERS:
        verdict = f"perhaps {verdict}"
    spread = (
        "one run each"
        if len(old) == len(new) == 1
        else f"{min(old):.4g} to {max(old):.4g}, {min(new):.4g} to {max(new):.4g}"
    )
    return Row(name, a, b, spread, verdict)


def read(path: Path) -> list[Any]:
    """The runs of a file or a folder; raises SystemExit with what to do."""
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    try:
        runs = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    except (OSError, ValueError) as error:
        print(f"error: {path} cannot be read as JSON: {error}.", file=sys.stderr)
        raise SystemExit(2) from error
    if not runs:
        print(f"error: {path} holds no .json file.\nhint: Keep what a run printed: ... --json > FILE", file=sys.stderr)
        raise SystemExit(2)
    return runs


def compare(old: list[Any], new: list[Any]) -> list[Row]:
    """Every figure of both; quality is that of the first runs, which repeat exactly."""
    evaluated = all(isinstance(run, dict) and isinstance(run.get("sets"), list) for run in (old[0], new[0]))
    return [*(quality(old[0], new[0]) if evaluated else ()), *costs(old, new)]


def show(rows: list[Row], *, everything: bool) -> None:
    """What changed, or everything, and how many figures did not."""
    shown = [row for row in rows if everything or row.verdict not in ("same", "not judged")]
    lines = [["what", "old", "new", "change", "noise", "verdict"], *(row.cells() for row in shown)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines if shown else []:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    counts = {verdict: sum(row.verdict == verdict for row in rows) for verdict in sorted({row.verdict for row in rows})}
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))


def main(arguments: list[str] | None = None) -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--all", action="store_true", help="also what did not change")
    options = parser.parse_args(arguments)
    old, new = read(options.old), read(options.new)
    rows = compare(old, new)
    if not rows:
        print("error: the two runs have no figure in common.\nhint: Compare runs of one command.", file=sys.stderr)
        return 2
    show(rows, everything=options.all)
    return 1 if any(row.verdict == "worse" for row in rows) else 0


if __name__ == "__main__":
    raise SystemExit(main())
