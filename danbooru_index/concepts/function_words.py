"""The words that name nothing that a picture shows: spans neither begin nor end with them.

Function words belong to a language's grammar and tell which language it is; unseen words are those and others of a general meaning (始終,
"kind of", tipo), written for this project.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from ..text.fold import fold, match_key

_FILE = Path(__file__).with_name("function_words.json")
_UNSEEN = Path(__file__).with_name("unseen_words.json")


@lru_cache(maxsize=1)
def function_words() -> dict[str, frozenset[str]]:
    """By language the folded words that belong to its grammar and name nothing."""
    table: dict[str, list[str]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return {language: frozenset(map(fold, words)) for language, words in table.items()}


@lru_cache(maxsize=1)
def unseen_words() -> dict[str, frozenset[str]]:
    """By language the match keys of its function words and of the others that name nothing that is seen."""
    table: dict[str, list[str]] = json.loads(_UNSEEN.read_text(encoding="utf-8"))
    grammar = function_words()
    return {language: frozenset(map(match_key, (*table.get(language, ()), *grammar[language]))) for language in grammar}
