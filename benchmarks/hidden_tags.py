"""Whether the default hides what is explicit, and nothing that is harmless, by the lexicon's reviewed ratings.

python benchmarks/hidden_tags.py INDEX [--queries FILE...]

Every sentence is expanded and searched as a user would without any flag; a prompt, its negative part apart, and the first 20 hits are
looked through for tags that the lexicon calls explicit or forbidden. Then the 3,000 most used tags of the index: which of them the
default hides though the lexicon calls them general or sensitive, and which it hides without a word of the lexicon on them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from danbooru_index.corpus.lexicon import Lexicon, load_lexicon
from danbooru_index.expand import ExpandRequest, expand
from danbooru_index.index import Index
from danbooru_index.records import Rating, SearchRequest
from danbooru_index.search.engine import search

PROSE = ROOT / "benchmarks" / "prose"
FIRST, MOST_USED = 20, 3000


def explicit_among(tags: Iterable[str], lexicon: Lexicon) -> list[str]:
    """The tags that the lexicon calls explicit or forbidden."""
    rated = ((tag, lexicon.entries.get(tag)) for tag in tags)
    return [tag for tag, entry in rated if entry and entry.rating is not None and entry.rating >= Rating.EXPLICIT]


def of_sentences(index: Index, texts: Sequence[str], lexicon: Lexicon) -> dict[str, Any]:
    """Sentences whose prompt or first hits have an explicit tag, and these tags."""
    in_prompts = [
        found for text in texts if (found := explicit_among(expand(index, ExpandRequest(text)).tags, lexicon))
    ]
    requests = (SearchRequest(text, limit=FIRST) for text in texts)
    in_hits = [found for request in requests if (found := explicit_among(search(index, request).tags, lexicon))]
    return {
        "sentences": len(texts),
        "prompts with an explicit tag": len(in_prompts),
        f"first {FIRST} hits with an explicit tag": len(in_hits),
        "these tags": sorted({tag for tags in (*in_prompts, *in_hits) for tag in tags}),
    }


def of_the_most_used(index: Index, lexicon: Lexicon) -> dict[str, Any]:
    """What the default hides among the most used tags."""
    records = sorted(index.store.rows(), key=lambda record: -record.post_count)[:MOST_USED]
    hidden = [record.tag for record in records if record.nsfw]
    rating = {tag: entry.rating for tag, entry in lexicon.entries.items() if entry.rating is not None}
    return {
        "most used tags": len(records),
        "of them rated by the lexicon": sum(record.tag in rating for record in records),
        "hidden by default": len(hidden),
        "hidden, but general or sensitive by the lexicon": [
            tag for tag in hidden if tag in rating and rating[tag] < Rating.EXPLICIT
        ],
        "hidden without a rating of the lexicon": [tag for tag in hidden if tag not in rating],
        "shown, but explicit by the lexicon": explicit_among(
            (record.tag for record in records if not record.nsfw), lexicon
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument(
        "--queries",
        type=Path,
        nargs="+",
        default=sorted(PROSE.glob("*.jsonl")),
        help="default: all of benchmarks/prose",
    )
    options = parser.parse_args()
    lines = (line for path in options.queries for line in path.read_text(encoding="utf-8").splitlines())
    texts = list(dict.fromkeys(json.loads(line)["query"] for line in lines if line.strip()))
    lexicon = load_lexicon()
    with Index(options.index) as index:
        show(of_the_most_used(index, lexicon))
        show(of_sentences(index, texts, lexicon))


def show(figures: dict[str, Any]) -> None:
    for name, value in figures.items():
        print(f"{name:50}", f"{len(value)} {' '.join(value)}".strip() if isinstance(value, list) else value, flush=True)


if __name__ == "__main__":
    main()
