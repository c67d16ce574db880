"""Words of other languages that are spelled like an English tag and mean something else: Hut, pie, cane.

`homographs.tsv` was written for this project: language, word, and the tags that it really means there, best first; `-` where it
means nothing that a picture shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from ..text.fold import match_key

_FILE = Path(__file__).with_name("homographs.tsv")
_NOTHING = "-"


@lru_cache(maxsize=64)
def homographs(*languages: str) -> Mapping[str, tuple[str, ...]]:
    """The tags by match key that such words of a language mean, none for one that names nothing; of several the first counts.

    >>> homographs("de")["hut"], homographs("de")["links"], homographs("en")
    (('hat',), (), {})
    """
    return {key: tags for language in reversed(languages) for key, tags in _table().get(language, {}).items()}


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, tuple[str, ...]]]:
    table: dict[str, dict[str, tuple[str, ...]]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        language, word, tags = line.split("\t")
        table.setdefault(language, {})[match_key(word)] = () if tags == _NOTHING else tuple(tags.split("|"))
    return table
