"""All learned numbers in order, in one command:

    python -m training.all --data DATA --work WORK [--db INDEX] [--from wanted]

fits and writes the ranker (weights.json), then, on what it gives, the choice of tags (wanted.json), then when a text is searched
thing by thing (several.json), each by a process of its own that reads what was written before. The indexes are built in WORK where
they are missing; INDEX, of tags.jsonl with the lexicon, spares the last two that. A step that fails ends it; --from resumes there.
Whether the new numbers are better: `danbooru-index evaluate` before and after, and benchmarks/compare.py.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .corpora import CORPORA, open_corpus
from .provenance import ROOT

STEPS = {"ranker": "training", "wanted": "training.wanted", "several": "training.several"}


def served(data: Path, work: Path) -> Path:
    """The index that wanted.json and several.json are fitted on: tags.jsonl with the lexicon, built where it is missing."""
    index, _ = open_corpus(CORPORA[0], data, work)
    index.close()
    return work / "indexes" / CORPORA[0].name


def arguments(step: str, data: Path, work: Path, db: Path | None) -> list[str | Path]:
    """What a step of the chain is called with."""
    if step == "ranker":
        return ["--data", data, "--work", work, "--write"]
    folder = db or served(data, work)
    own: list[str | Path] = ["--work", work / "prose"] if step == "wanted" else ["--data", data]
    return ["--db", folder, *own, "--write"]


def main(given: Sequence[str] | None = None) -> int:
    """See the module."""
    parser = argparse.ArgumentParser(
        prog="python -m training.all", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of tags.jsonl, tags_rich.csv.gz and eval/")
    parser.add_argument("--work", type=Path, required=True, help="folder for indexes and candidates; it is reused")
    parser.add_argument("--db", type=Path, help="an index of tags.jsonl with the lexicon (default: one in WORK)")
    parser.add_argument("--from", dest="first", choices=STEPS, default="ranker", help="begin with this step")
    options = parser.parse_args(given)
    data, work, db = (path and path.resolve() for path in (options.data, options.work, options.db))
    for step in list(STEPS)[list(STEPS).index(options.first) :]:
        command = ["-m", STEPS[step], *map(str, arguments(step, data, work, db))]
        print(f"$ python {shlex.join(command)}", file=sys.stderr, flush=True)
        code = subprocess.run([sys.executable, *command], cwd=ROOT, check=False).returncode
        if code:
            print(
                f"error: the step {step} failed (exit code {code}); what it would have written is as it was.\n"
                f"hint: Do what is said above, then run the same command with --from {step}.",
                file=sys.stderr,
            )
            return code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
