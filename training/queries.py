"""The query sets of the fit: judged ones of the data folder, and made ones for what these lack.

Judged queries are of Chinese, Japanese and English names. Made ones are misspelt names, and names of other sources than the
corpus that is searched: words of daily use in every language of the lexicon, and what tags_rich.csv.gz knows beside.
"""

from __future__ import annotations

import json
import random
import string
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from danbooru_index.corpus.lexicon import load_lexicon
from danbooru_index.evaluation.searches import Query, read_queries
from danbooru_index.text.fold import match_key, spaced

from .corpora import TAGS, Corpus, rich_rows

HEADLINE = ("zh_human", "zh_natural", "zh_definition", "zh_tw", "zh_character", "ja_translation", "ja_wiki", "en_alias")
SIDE = ("zh_xhoxye", "ja_character")
TYPOS = "typos"
EUROPEAN = ("es", "fr", "de", "ru", "pt")
A_SET = 500  # made queries of one kind
COMMON = 10_000  # tags whose names are misspelt
MOST_TAGS = 3  # a name that more tags have says too little


def query_sets(corpus: Corpus, data: Path) -> dict[str, list[Query]]:
    """Every set that is asked of a corpus, by name."""
    sets = {name: read_queries(data / "eval" / f"{name}.jsonl") for name in (*HEADLINE, *SIDE)}
    sets[TYPOS] = typos(data)
    if corpus.source == "tags":
        sets |= other_names(data)
    if not corpus.lexicon:
        sets |= lexicon_names()
    return sets


def typos(data: Path) -> list[Query]:
    """Latin names of much used tags with one slip; a long one may have two."""
    chance = random.Random(1)
    lines = (data / TAGS).read_text(encoding="utf-8").splitlines()[:COMMON]
    names = [(spaced(tag), tag) for tag in (json.loads(line)["tag"] for line in lines)]
    usable = [
        (name, tag) for name, tag in names if len(name) >= 6 and name.replace(" ", "").isascii() and "(" not in name
    ]
    found = []
    for name, tag in chance.sample(usable, 2 * A_SET):
        wrong = _slip(name, chance)
        if len(name) >= 10 and chance.random() < 0.3:
            wrong = _slip(wrong, chance)
        found.append(Query(wrong, frozenset([tag])))
    return found


def _slip(name: str, chance: random.Random) -> str:
    """One edit: a letter lost, doubled, replaced or added, or two swapped; the first letter stays."""
    place = chance.randrange(1, len(name) - 1)
    before, letter, after = name[:place], name[place], name[place + 1 :]
    other = chance.choice(string.ascii_lowercase)
    swapped = before + after[0] + letter + after[1:]
    return chance.choice(
        [
            before + after,
            before + 2 * letter + after,
            before + other + after,
            name[:place] + other + letter + after,
            swapped,
        ]
    )


def lexicon_names() -> dict[str, list[Query]]:
    """The lexicon's names by language, those of Europe together; for a corpus without it."""
    entries = load_lexicon().entries
    languages = ["zh", "ja", "en", "ko", "eu"]
    named = {
        language: [
            (name, tag)
            for tag, entry in entries.items()
            for key, names in entry.names.items()
            if key == language or (language == "eu" and key in EUROPEAN)
            for name in names
        ]
        for language in languages
    }
    return {f"lexicon_{language}": _sample(pairs, language) for language, pairs in named.items()}


def other_names(data: Path) -> dict[str, list[Query]]:
    """Names that tags_rich.csv.gz has and tags.jsonl has not."""
    rows = list(rich_rows(data))
    columns = ("ja", "ko", "han_names")
    return {
        f"other_{column}": _sample(
            [(name, row["tag"]) for row in rows for name in row[column].split("|") if name], column
        )
        for column in columns
    }


def _sample(pairs: Iterable[tuple[str, str]], seed: str) -> list[Query]:
    """Some of the names, each with all tags that have it."""
    tags, texts = defaultdict(set), {}
    for name, tag in pairs:
        key = match_key(name)
        if key:
            tags[key].add(tag)
            texts.setdefault(key, name)
    usable = sorted(key for key, of in tags.items() if len(of) <= MOST_TAGS)
    chosen = random.Random(seed).sample(usable, min(A_SET, len(usable)))
    return [Query(texts[key], frozenset(tags[key])) for key in chosen]
