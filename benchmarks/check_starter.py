"""Compare the starter corpus with a snapshot of Danbooru: python benchmarks/check_starter.py TAGS_RICH.csv.gz

Every tag exists with that category and count, every alias and implied tag is true, and no definition shares wording
with the snapshot's Chinese column. Exit code 1 when something is wrong.
"""

from __future__ import annotations

import csv
import gzip
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from danbooru_index.corpus import read_corpus
from danbooru_index.locate import STARTER_CORPUS
from danbooru_index.records import Category

SHARED_CHARS = 8  # a definition that repeats so many characters in a row has been copied
TITLES = ("舰队collection", "舰队Collection")


def read_snapshot(path: Path) -> dict[str, dict[str, str]]:
    csv.field_size_limit(1 << 30)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return {row["tag"]: row for row in csv.DictReader(file)}


def windows(text: str) -> set[str]:
    return {text[i : i + SHARED_CHARS] for i in range(len(text) - SHARED_CHARS + 1)}


def without(text: str, titles: list[str]) -> str:
    """The text without titles of series: a title has one wording."""
    for title in (*titles, *TITLES):
        text = text.replace(title, "|")
    return text


def main() -> int:
    snapshot = read_snapshot(Path(sys.argv[1]))
    problems = []
    shared_names = names = 0
    records = read_corpus(STARTER_CORPUS)
    titles = sorted(
        (n for r in records if r.category is Category.COPYRIGHT for n in r.names["zh"]), key=len, reverse=True
    )
    for record in records:
        row = snapshot.get(record.tag)
        if row is None:
            problems.append(f"{record.tag} is not in the snapshot")
            continue
        if int(row["category"]) != int(record.category):
            problems.append(f"{record.tag} has category {row['category']}")
        if record.post_count > int(row["post_count"]):
            problems.append(f"{record.tag} has {row['post_count']} posts")
        problems += [f"{record.tag}: alias {a}" for a in record.aliases if a not in row["aliases"].split(",")]
        problems += [f"{record.tag}: implied {t} does not exist" for t in record.implies if t not in snapshot]
        theirs = set(row["zh"].split("|"))
        names += len(record.names["zh"])
        shared_names += len(theirs.intersection(record.names["zh"]))
        if windows(without(record.definitions["zh"], titles)) & set().union(*(windows(text) for text in theirs)):
            problems.append(f"{record.tag}: the Chinese definition shares wording")
        if row["wiki_en"] and record.definitions["en"].lower() in row["wiki_en"].lower():
            problems.append(f"{record.tag}: the English definition stands in the wiki")
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems; {shared_names} of {names} Chinese names are also the snapshot's")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
