"""Time and memory of `prepare`, and whether its corpus reads back without a bad line.

    python benchmarks/prepare.py ../shared/data/tags_rich.csv.gz
    python benchmarks/prepare.py ../shared/data/tags_rich.csv.gz --rows 1700000

`--rows` makes a table of so many rows first, by repeating the rows of the (single, CSV) source under numbered tags.
Targets, on two cores, for tags_rich.csv.gz: at most 180 s and 1.5 GB.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from danbooru_index.corpus import CorpusReader

POLL = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--output", type=Path, help="keep the corpus here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sources = [enlarged(options.sources[0], Path(folder), options.rows)] if options.rows else options.sources
        output = options.output or Path(folder) / "corpus.jsonl"
        command = [sys.executable, "-m", "danbooru_index", "prepare", *sources, "--output", str(output), "--json"]
        seconds, cpu, peak, printed = measured(command)
        with CorpusReader(output, strict=True) as reader:
            tags = sum(1 for _ in reader)
        result = {
            "tags": tags,
            "seconds": round(seconds, 1),
            "cpu_seconds": round(cpu, 1),
            "peak_mb": round(peak / 1e6),
        }
        print(
            json.dumps(
                {**result, "corpus_mb": round(output.stat().st_size / 1e6), "report": json.loads(printed)},
                ensure_ascii=False,
            )
        )


def enlarged(source: str, folder: Path, rows: int) -> str:
    """A gzipped CSV of so many rows: those of the source, then again under the tags `tag_2`, `tag_3` ..."""
    target = folder / "enlarged.csv.gz"
    opener = gzip.open if source.endswith(".gz") else open
    with gzip.open(target, "wt", encoding="utf-8", newline="", compresslevel=1) as out:
        writer = csv.writer(out)
        left, round_number = rows, 1
        while left:
            with opener(source, "rt", encoding="utf-8", newline="") as file:
                reader = csv.reader(file)
                heading = next(reader)
                if round_number == 1:
                    writer.writerow(heading)
                for row in reader:
                    if not left:
                        break
                    writer.writerow(row if round_number == 1 else [f"{row[0]}_{round_number}", *row[1:]])
                    left -= 1
            round_number += 1
    return str(target)


def measured(command: list[str]) -> tuple[float, float, int, str]:
    """Wall seconds, CPU seconds, peak resident bytes and standard output of a command."""
    started, peak, cpu = time.monotonic(), 0, 0.0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8"
    ) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                peak = max(peak, watched.memory_info().rss)
                cpu = sum(watched.cpu_times()[:2])
            except psutil.NoSuchProcess:
                break
            time.sleep(POLL)
        printed = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise SystemExit(f"{command} failed with code {process.returncode}")
    return time.monotonic() - started, cpu, peak, printed


if __name__ == "__main__":
    main()
