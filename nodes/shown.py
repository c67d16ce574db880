"""What the nodes show of their result on the page: a JSON object beside the outputs, which the page draws as chips.

{"kind": "search" | "expand" | "related", "concepts": [{"text", "status", "negated", "chips": [chip]}], "report", "negative", ...}
with chip = {"tag", "score", "posts", "category", "names": {language: first name}, "nsfw", "state": "fits" | "weak" | "added"};
"notices" are what the report warns of, {"key", "values", "text"}. An added chip goes with the picture, and stands in a last
concept without a text. The page takes what is switched off from the input `without`, so that it is right before the next run too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..danbooru_index.records import notices_json

if TYPE_CHECKING:
    from ..danbooru_index.expand.request import ExpandResult
    from ..danbooru_index.index.index import Index
    from ..danbooru_index.records import Hit

KEY = "danbooru_index"  # in the node's ui output
LANGUAGES = ("en", "zh", "zh_tw", "ja", "ko")  # of the page
FITS, WEAK, ADDED = "fits", "weak", "added"


def hits_shown(
    index: Index,
    kind: str,
    text: str,
    hits: Sequence[Hit],
    fit: Iterable[Hit],
    report: str,
    warnings: Sequence[str] = (),
) -> dict[str, Any]:
    """The result of a search, or of related tags, as one concept."""
    fits = {hit.tag for hit in fit}
    chips = [chip(index, hit.tag, hit.score, FITS if hit.tag in fits else WEAK) for hit in hits]
    status = "covered" if fits else "not found"
    return {
        "kind": kind,
        "concepts": [{"text": text, "status": status, "negated": False, "chips": chips}],
        "report": report,
        "negative": "",
        "notices": notices_json(warnings),
    }


def expansion_shown(index: Index, result: ExpandResult, negative: str, report: str) -> dict[str, Any]:
    """An expansion, concept by concept; tags that no concept names, as those the user wrote, are not shown."""
    concepts = [
        {
            "text": concept.text,
            "status": concept.status,
            "negated": concept.negated,
            "chips": [chip(index, tag, score, FITS) for tag, score in zip(concept.tags, concept.scores, strict=True)],
        }
        for concept in result.concepts
    ]
    if result.added:
        added = [chip(index, tag, None, ADDED) for tag in result.added]
        concepts.append({"text": "", "status": "covered", "negated": False, "chips": added})
    notices = notices_json(result.warnings)
    return {"kind": "expand", "concepts": concepts, "report": report, "negative": negative, "notices": notices}


def chip(index: Index, tag: str, score: float | None, state: str) -> dict[str, Any]:
    """One tag with what a person wants to know of it; without a score where the text did not ask for it."""
    rows = [row for row, _ in index.store.exact(tag)]
    record = next((r for r in (index.store.record(row) for row in rows) if r.tag == tag), None)
    shown: dict[str, Any] = {"tag": tag, "state": state}
    if score is not None:
        shown["score"] = round(score, 3)
    if record is not None:
        names = {language: record.names[language][0] for language in LANGUAGES if record.names.get(language)}
        shown |= {
            "posts": record.post_count,
            "category": record.category.label,
            "names": names,
            "nsfw": record.nsfw,
        }
    return shown
