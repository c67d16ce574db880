"""The long form of the fuzz tests, `make soak`: kills, mutated files and answers, and random queries, with a table at the end.

    python -m soak [--share 0.01] [--folder DIR] [--hours 6]        (in the folder tests)

Every job counts what it did in DIR/state.json, so that a run that was stopped goes on; --share does a part of all of it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from soak.jobs import JOBS
from soak.outcome import Outcome, Place

HEADINGS = ("what", "runs", "took effect", "raw errors, lost or damaged", "longest (s)", "most memory (MB)")


def main(arguments: list[str] | None = None) -> int:
    """Run what is missing of every job, print the table, and return 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=1.0, help="how much of every job (default: all)")
    parser.add_argument("--folder", type=Path, default=Path(".venv/soak"), help="where it works and keeps its counts")
    parser.add_argument("--hours", type=float, default=6.0, help="stop after so many hours")
    parser.add_argument(
        "--only", action="append", choices=[job.name for job in JOBS], help="this job alone; may be repeated"
    )
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + 3600 * options.hours
    state = _State(options.folder / "state.json")
    wanted = {
        job: max(1, round(job.runs * options.share)) for job in JOBS if not options.only or job.name in options.only
    }
    todo = [job for job, runs in wanted.items() if state.of(job.name).runs < runs]
    with Place.open(options.folder) if todo else contextlib.nullcontext() as place:
        for job in todo:
            while state.of(job.name).runs < wanted[job] and time.monotonic() < until:
                number = state.of(job.name).runs
                state.add(job.name, job.run(place, random.Random(f"{job.name} {number}")))
    print(state.table())
    return 1 if any(total.wrong for total in state.totals.values()) else 0


class _State:
    """The counts of every job, on the disk after each run."""

    def __init__(self, path: Path) -> None:
        self._path = path
        saved = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        self.totals = {name: Outcome(**values) for name, values in saved.items()}

    def of(self, name: str) -> Outcome:
        return self.totals.setdefault(name, Outcome(runs=0))

    def add(self, name: str, outcome: Outcome) -> None:
        self.of(name).add(outcome)
        for text in outcome.said:
            print(f"{name}: {text}", flush=True)
        temporary = self._path.with_suffix(".tmp")
        temporary.write_text(
            json.dumps({name: total.as_json() for name, total in self.totals.items()}), encoding="utf-8"
        )
        temporary.replace(self._path)

    def table(self) -> str:
        rows = [HEADINGS, ("---",) * len(HEADINGS)]
        for name, total in self.totals.items():
            numbers = (
                f"{total.runs:,}",
                f"{total.effects:,}",
                f"{total.wrong:,}",
                f"{total.longest:.1f}",
                f"{total.memory:,.0f}",
            )
            rows.append((name, *numbers))
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    raise SystemExit(main())
