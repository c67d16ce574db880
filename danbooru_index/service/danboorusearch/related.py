"""POST /api/related and POST /api/artists."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

from ...index.index import Index
from ...records import Category, Nsfw, SearchRequest, TagFilter
from ...search.engine import search_many
from ...search.related import RelatedRequest, related
from ...text.fold import clean, match_key
from .fields import Field
from .rows import CATEGORIES, cn_name, label_of, nsfw, record_of, row_of, shown, wiki

TOP_TAGS = 10
LIKENESS = 0.78
_SEED_CATEGORIES = (Category.GENERAL, Category.CHARACTER, Category.COPYRIGHT)

RELATED_FIELDS = {
    "tags": Field(list, needed=True, most=128, item_chars=256),
    "limit": Field(int, 50, least=1, most=200),
    "show_nsfw": Field(bool, True),
    "target_categories": Field(list, None, choices=tuple(CATEGORIES), nullable=True),
}
ARTIST_FIELDS = {
    "tags": Field(list, needed=True, most=128, item_chars=256),
    "limit": Field(int, 30, least=1, most=100),
    "min_cooc": Field(int, 3, least=1, most=100),
    "show_nsfw": Field(bool, True),
}


def answer_related(index: Index, asked: dict[str, Any]) -> dict[str, Any]:
    """The answer to a parsed body: tags that stand on posts with the seeds."""
    seeds, corrections, unknown = _seeds(index, asked["tags"])
    if not seeds:
        return _refusal(asked["tags"], unknown)
    wanted = asked["target_categories"]
    named = tuple(CATEGORIES[name] for name in wanted) if wanted else _SEED_CATEGORIES
    categories = tuple(category for category in named if category in _SEED_CATEGORIES)
    rows: list[dict[str, Any]] = []
    if categories:
        shown_nsfw: Nsfw = "include" if asked["show_nsfw"] else "exclude"
        request = RelatedRequest(tuple(seeds), asked["limit"], categories, shown_nsfw)
        hits = related(index, request).hits
        best = max((hit.score for hit in hits), default=1.0) or 1.0
        together = {seed: _counts(index, seed) for seed in seeds}
        rows = [_related_row(index, hit.tag, max(0.0, hit.score / best), together) for hit in hits]
    return {**_notes(corrections), "results": rows, "api_key_notice": ""}


def _related_row(index: Index, tag: str, score: float, together: dict[str, dict[int, int]]) -> dict[str, Any]:
    record, row = record_of(index, tag), row_of(index, tag)
    counts = {seed: found.get(row, 0) for seed, found in together.items()}
    # Without counts the relatives are those of all seeds together.
    sources = [seed for seed, count in counts.items() if count] or list(counts)
    return {
        "tag": record.tag,
        "cn_name": cn_name(record),
        "category": label_of(record),
        "sources": sources,
        "wiki": wiki(record),
        "nsfw": nsfw(record),
        "post_count": record.post_count,
        "cooc_count": sum(counts.values()),
        "cooc_score": round(min(1.0, score), 4),
    }


def answer_artists(index: Index, asked: dict[str, Any]) -> dict[str, Any]:
    """The answer to a parsed body: artists whose posts have the seeds; none where the index has no counts of such."""
    if not asked["tags"]:
        return {"error": "No tags were given."}
    seeds, corrections, unknown = _seeds(index, asked["tags"])
    if not seeds:
        return _refusal(asked["tags"], unknown)
    counts: dict[int, dict[str, int]] = {}
    for seed in seeds:
        for row, count in _counts(index, seed).items():
            if count >= asked["min_cooc"] and index.store.category[row] == Category.ARTIST:
                counts.setdefault(row, {})[seed] = count
    best = sorted(counts.items(), key=lambda item: (-sum(item[1].values()), item[0]))[: asked["limit"]]
    results = []
    for row, found in best:
        record = index.store.record(row)
        results.append(
            {
                "artist": record.tag,
                "cooc_count": sum(found.values()),
                "post_count": record.post_count,
                "sources": list(found),
                "top_tags": top_tags(index, record.tag, asked["show_nsfw"]),
            }
        )
    return {**_notes(corrections), "results": results, "api_key_notice": ""}


def top_tags(index: Index, artist: str, show_nsfw: bool) -> list[str]:
    """The tags that stand most often with an artist, written `tag (中文名)`; none where the index has no such counts."""
    allowed = index.store.allowed(TagFilter(_SEED_CATEGORIES, "include" if show_nsfw else "exclude"))
    counts = _counts(index, artist)
    rows = sorted((row for row in counts if allowed is None or allowed.tags[row]), key=lambda row: -counts[row])
    return [shown(index.store.record(row)) for row in rows[:TOP_TAGS]]


def _counts(index: Index, tag: str) -> dict[int, int]:
    """How many posts a tag shares with others, by row."""
    if index.cooccurrence is None:
        return {}
    others, counts = index.cooccurrence.neighbours(row_of(index, tag))
    return dict(zip(others.tolist(), counts.tolist(), strict=True))


def _seeds(index: Index, given: list[str]) -> tuple[list[str], dict[str, str], list[str]]:
    """The tags that are meant, what was corrected (wrong -> right), and what is unknown."""
    found: dict[str, str | None] = {tag: _correct(index, tag) for tag in given}
    wrong = [tag for tag, right in found.items() if right is None and tag.strip()]
    guesses = _guesses(index, wrong)
    found |= guesses
    corrections = {tag: right for tag, right in found.items() if right is not None and right != tag}
    seeds = list(dict.fromkeys(right for right in found.values() if right is not None))
    return seeds, corrections, [tag for tag, right in found.items() if right is None]


def _correct(index: Index, tag: str) -> str | None:
    """A tag as the index writes it: the same letters, an alias, singular for plural or the other way round."""
    name = tag.strip().removeprefix("@")
    for spelling in (name, name.removesuffix("s"), f"{name}s", name.removesuffix("es")):
        allowed = index.store.allowed(TagFilter(nsfw="include"))
        rows = [row for row, _ in index.store.exact(spelling) if allowed is None or allowed.tags[row]]
        if rows:
            return index.store.record(rows[0]).tag
    return None


def _guesses(index: Index, tags: list[str]) -> dict[str, str]:
    """One close spelling for each tag that has one."""
    requests = {tag: SearchRequest(tag, 5, (), "include") for tag in tags[:16] if clean(tag)}
    results = search_many(index, list(requests.values()))
    guesses = {}
    for tag, result in zip(requests, results, strict=True):
        likeness = {hit.tag: SequenceMatcher(None, match_key(hit.tag), match_key(tag)).ratio() for hit in result.hits}
        best = max(likeness, key=lambda name: likeness[name], default=None)
        if best is not None and likeness[best] >= LIKENESS:
            guesses[tag] = best
    return guesses


def _notes(corrections: dict[str, str]) -> dict[str, Any]:
    if not corrections:
        return {}
    listed = ", ".join(f"{wrong} -> {right}" for wrong, right in corrections.items())
    return {"correction_note": f"Corrected: {listed}", "corrections": corrections}


def _refusal(given: list[str], unknown: list[str]) -> dict[str, Any]:
    if not given:
        return {"error": "No tags were given."}
    return {"error": "None of these tags is known.", "invalid_tags": unknown}
