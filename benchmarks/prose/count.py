"""How many sentences and negations the benchmark has, by language and kind, as its README says them.

python benchmarks/prose/count.py
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
SENTENCES = ("train", "dev", "test", "test-2", "test-3", "test-4", "test-5")
NEGATIONS = ("train", "dev", "test", "test-2")


def lines_of(part: str) -> list[dict[str, object]]:
    """The lines of one file."""
    text = (FOLDER / f"{part}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def listed(field: str, lines: list[dict[str, object]]) -> str:
    """Each value of a field with its number, the commonest first; values of one number share it.

    >>> listed("lang", [{"lang": "ja"}, {"lang": "en"}, {"lang": "en"}, {"lang": "zh"}])
    'en 2, ja zh 1'
    """
    by_number: dict[int, list[str]] = {}
    for value, number in sorted(Counter(str(line[field]) for line in lines).items()):
        by_number.setdefault(number, []).append(value)
    return ", ".join(f"{' '.join(by_number[number])} {number}" for number in sorted(by_number, reverse=True))


def counts() -> list[str]:
    """The lines that README holds."""
    sentences = [line for part in SENTENCES for line in lines_of(part)]
    negations = [line for part in NEGATIONS for line in lines_of(f"negation-{part}")]
    return [
        f"{len(sentences):,} sentences and {len(negations):,} negations",
        f"Languages of the sentences: {listed('lang', sentences)}.",
        f"Kinds: {listed('kind', sentences)}.",
        f"Languages of the negations: {listed('lang', negations)}.",
    ]


if __name__ == "__main__":
    print("\n".join(counts()))
