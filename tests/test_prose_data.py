"""The benchmark's README counts what its files hold, and every line of every file can be evaluated."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from danbooru_index.evaluation.prose import read_prose
from danbooru_index.evaluation.searches import read_queries

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
PROSE = BENCHMARKS / "prose"
README = (PROSE / "README.md").read_text(encoding="utf-8")


def plain(text: str) -> str:
    return " ".join(text.split())


def test_the_readme_counts_what_is_there() -> None:
    ran = subprocess.run(
        [sys.executable, PROSE / "count.py"], capture_output=True, text=True, encoding="utf-8", timeout=60, check=True
    )
    lines = ran.stdout.splitlines()
    assert len(lines) == 4
    for line in lines:
        assert line in plain(README), f"{line}: python benchmarks/prose/count.py"


@pytest.mark.parametrize("path", sorted(PROSE.glob("*.jsonl")), ids=lambda path: path.stem)
def test_sentences_are_whole_and_counted(path: Path) -> None:
    queries = read_prose(path)
    assert all(query.wanted and query.language and query.kind for query in queries)
    assert len({query.text for query in queries}) == len(queries)
    # The table gives one number to each file, in the order in which it names them.
    row = next(line for line in README.splitlines() if line.startswith("| ") and mentioned(line, path.name))
    names, numbers = row.split("|")[1:3]
    assert int(numbers.split(",")[listed(names).index(path.name)]) == len(queries)


def listed(names: str) -> list[str]:
    """`negation-train, -dev.jsonl` as whole names."""
    found: list[str] = []
    for name in re.split(r",\s*", names.strip().removesuffix(".jsonl")):
        found.append(("negation" + name if name.startswith("-") else name).removesuffix(".jsonl") + ".jsonl")
    return found


def mentioned(row: str, name: str) -> bool:
    return name in listed(row.split("|")[1])


@pytest.mark.parametrize(("name", "number"), [("ko_wiki", 110), ("ko_character", 90)])
def test_korean_names_are_whole(name: str, number: int) -> None:
    queries = read_queries(BENCHMARKS / "names" / f"{name}.jsonl")
    assert len({query.text for query in queries if query.relevant}) == number
