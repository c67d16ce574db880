"""How many tags the lexicon names in each language, general tags and characters apart; rows that only rate a tag are not counted.

python benchmarks/lexicon_names.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from danbooru_index.corpus.lexicon import LEXICON_FILE

_NO_LANGUAGE = ("tag", "rating", "series")


def named() -> dict[str, tuple[int, int]]:
    """Of each language the general tags and the characters that have a name in it; characters are what has a series."""
    head, *lines = LEXICON_FILE.read_text(encoding="utf-8").splitlines()
    columns = head.split("\t")
    rows = [dict(zip(columns, line.split("\t"), strict=False)) for line in lines]
    return {
        language: (
            sum(bool(row.get(language)) and not row.get("series") for row in rows),
            sum(bool(row.get(language) and row.get("series")) for row in rows),
        )
        for language in columns
        if language not in _NO_LANGUAGE
    }


if __name__ == "__main__":
    for language, (general, characters) in named().items():
        print(f"{language}  {general:5,} general tags  {characters:5,} characters")
