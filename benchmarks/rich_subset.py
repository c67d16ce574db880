"""tags_rich.csv.gz restricted to the tags of another corpus, so that `prepare` and `build` of it take minutes.

python benchmarks/rich_subset.py tags_rich.csv.gz tags.jsonl OUTPUT.csv
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from pathlib import Path


def main() -> None:
    rich, corpus, output = map(Path, sys.argv[1:4])
    tags = {json.loads(line)["tag"] for line in corpus.read_text(encoding="utf-8").splitlines() if line.strip()}
    csv.field_size_limit(10**9)
    with (
        gzip.open(rich, "rt", encoding="utf-8", newline="") as source,
        output.open("w", encoding="utf-8", newline="") as kept,
    ):
        rows = csv.DictReader(source)
        writer = csv.DictWriter(kept, rows.fieldnames or [])
        writer.writeheader()
        writer.writerows(row for row in rows if row["tag"] in tags)


if __name__ == "__main__":
    main()
