"""The words of a language's grammar, which name nothing: spans neither begin nor end with them."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from ..text.fold import fold

_FILE = Path(__file__).with_name("function_words.json")


@lru_cache(maxsize=1)
def function_words() -> dict[str, frozenset[str]]:
    """By language the folded words that belong to its grammar and name nothing."""
    table: dict[str, list[str]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return {language: frozenset(map(fold, words)) for language, words in table.items()}
