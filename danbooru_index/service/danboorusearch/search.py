"""POST /api/search."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from ...index.index import Index
from ...index.tags import KEY_ALIAS, KEY_TAG
from ...records import Category, Hit, Nsfw, SearchRequest, SearchResult, TagFilter, TagRecord
from ...search.engine import search_many
from ...search.things import find_things
from ...text.fold import MAX_QUERY_CHARS, clean, match_key
from .fields import Field
from .rows import CATEGORIES, cn_name, label_of, nsfw, record_of, wiki

ENGLISH, NAMES, DEFINITION, FIRST_NAME = "英文", "中文扩展词", "释义", "中文核心词"
LAYERS = (ENGLISH, NAMES, DEFINITION, FIRST_NAME)
ARTIST = "artist"
DEFAULT_POPULARITY = 0.15
MAX_PARTS = 24  # of a text that are searched apart
ARTISTS, ARTIST_LIKENESS = 3, 0.78

FIELDS = {
    "query": Field(str, needed=True),
    "top_k": Field(int, 5, least=1, most=50),
    "limit": Field(int, 80, least=1, most=500),
    "popularity_weight": Field(float, DEFAULT_POPULARITY, least=0, most=1),
    "show_nsfw": Field(bool, True),
    "use_segmentation": Field(bool, True),
    "target_layers": Field(list, list(LAYERS), choices=(*LAYERS, ARTIST)),
    "target_categories": Field(list, ["General", "Character", "Copyright"], choices=tuple(CATEGORIES)),
    "group_mode": Field(str, "off", choices=("off", "expand", "diverse")),
    "max_per_group": Field(int, 2),
}


@dataclass(frozen=True, slots=True)
class _Found:
    """One row before it is written: the hit, the part of the query that found it, and its score with the wanted popularity."""

    hit: Hit
    source: str
    score: float


def answer_search(index: Index, asked: dict[str, Any]) -> dict[str, Any]:
    """The answer to a parsed body."""
    text = clean(asked["query"])[:MAX_QUERY_CHARS].strip()
    found, keywords = ([], []) if not text else _search(index, text, asked)
    records = {item.hit.tag: record_of(index, item.hit.tag) for item in found}
    if asked["group_mode"] == "diverse":
        found = _diverse(found, records, max(1, asked["max_per_group"]))
    rows = [_row(index, item, records[item.hit.tag], asked["target_layers"]) for item in found[: asked["limit"]]]
    artists = _artists(index, text, asked) if text and ARTIST in asked["target_layers"] else []
    rows = [*artists, *(row for row in rows if row["tag"] not in {artist["tag"] for artist in artists})]
    return {
        "tags_all": ", ".join(row["tag"] for row in rows),
        "tags_sfw": ", ".join(row["tag"] for row in rows if row["nsfw"] == "0"),
        "results": rows,
        "keywords": keywords,
        "api_key_notice": "",
    }


def _search(index: Index, text: str, asked: dict[str, Any]) -> tuple[list[_Found], list[str]]:
    """The rows, best first, and the parts of the text; a list of names is looked up name by name."""
    parts = _listed(text) if not asked["use_segmentation"] or ENGLISH in asked["target_layers"] else []
    keywords = _keywords(index, text) if asked["use_segmentation"] else []
    parts = list(dict.fromkeys([*parts, *keywords]))[:MAX_PARTS]
    categories = tuple(CATEGORIES[name] for name in dict.fromkeys(asked["target_categories"]))
    shown: Nsfw = "include" if asked["show_nsfw"] else "exclude"

    def request(query: str, limit: int) -> SearchRequest:
        return SearchRequest(query, limit, categories, shown)

    apart = [part for part in parts if part != text]
    asks = [request(text, asked["limit"]), *(request(part, asked["top_k"]) for part in apart)]
    whole, *others = search_many(index, asks)
    return _merged(whole, others, text, asked["popularity_weight"] - DEFAULT_POPULARITY), keywords


def _merged(whole: SearchResult, parts: list[SearchResult], text: str, extra: float) -> list[_Found]:
    """The hits of the whole text and of its parts, each tag once with its best score and the part that fits it best."""
    found: dict[str, _Found] = {}
    for result, source in ((whole, text), *((part, part.request.text) for part in parts)):
        for hit in result.hits:
            score = min(hit.score, 1.0) + extra * hit.channels.get("popularity", 0.0)
            known = found.get(hit.tag)
            if known is None:
                found[hit.tag] = _Found(hit, source, score)
            elif known.source == text or score > known.score:
                # A part says better than the whole text what a tag was found for.
                found[hit.tag] = _Found(hit, source, max(score, known.score))
    ordered = sorted(found.values(), key=lambda item: -item.score)
    best = {part.hits[0].tag for part in parts if part.hits}
    # The best row of every part is kept, however many the limit leaves.
    return sorted(ordered, key=lambda item: item.hit.tag not in best) if len(best) > len(ordered) else ordered


def _listed(text: str) -> list[str]:
    for mark in "，、;；\n":
        text = text.replace(mark, ",")
    return [part for piece in text.split(",") if (part := clean(piece))]


def _keywords(index: Index, text: str) -> list[str]:
    things = find_things(index, text, TagFilter()).named(excluded=False)
    return list(dict.fromkeys(thing.span.text for thing in things))


def _diverse(found: list[_Found], records: dict[str, TagRecord], most: int) -> list[_Found]:
    """At most so many rows of one group: tags that the same part of the query found and that share their last word."""
    counts: dict[tuple[str, str], int] = {}
    kept = []
    for item in found:
        group = (item.source, records[item.hit.tag].tag.split("_")[-1])
        counts[group] = counts.get(group, 0) + 1
        if counts[group] <= most:
            kept.append(item)
    return kept


def _row(index: Index, item: _Found, record: TagRecord, layers: list[str]) -> dict[str, Any]:
    kinds = {kind for row, kind in index.store.exact(item.source) if index.store.record(row).tag == record.tag}
    return {
        "tag": record.tag,
        "cn_name": cn_name(record),
        "category": label_of(record),
        "nsfw": nsfw(record),
        "final_score": round(max(0.0, item.score), 4),
        "semantic_score": round(max(0.0, min(1.0, item.hit.channels.get("dense", 0.0))), 4),
        "count": record.post_count,
        "source": item.source,
        "layer": _layer(item, record, kinds, layers),
        "wiki": wiki(record),
        "artist_top_tags": [],
        **({"alias_from": item.source} if kinds == {KEY_ALIAS} else {}),
    }


def _layer(item: _Found, record: TagRecord, kinds: set[int], layers: list[str]) -> str:
    """Which layer found a row, one of those that were asked for."""
    first = next(iter(record.names.get("zh", ())), None)
    if kinds & {KEY_TAG, KEY_ALIAS}:
        found = ENGLISH
    elif first is not None and match_key(first) == match_key(item.source):
        found = FIRST_NAME
    else:
        found = {"tag": ENGLISH, "alias": ENGLISH, "definition": DEFINITION}.get(item.hit.matched, NAMES)
    wanted = [layer for layer in layers if layer in LAYERS]
    return found if found in wanted or not wanted else wanted[0]


def _artists(index: Index, text: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Artists whose names look like a part of the query, at most three."""
    from .related import top_tags

    parts = list(dict.fromkeys([*_listed(text), text]))[:MAX_PARTS]
    requests = [SearchRequest(part, ARTISTS, (Category.ARTIST,), "include") for part in parts]
    rows = []
    for result in search_many(index, requests):
        for hit in result.hits:
            wanted = match_key(result.request.text)
            likeness = SequenceMatcher(None, match_key(hit.tag), wanted).ratio()
            if likeness >= ARTIST_LIKENESS or "exact" in hit.channels:
                item = _Found(hit, result.request.text, max(likeness, float("exact" in hit.channels)))
                row = _row(index, item, record_of(index, hit.tag), [])
                rows.append({**row, "layer": ARTIST, "artist_top_tags": top_tags(index, hit.tag, asked["show_nsfw"])})
    unique = {row["tag"]: row for row in sorted(rows, key=lambda row: row["final_score"])}
    return sorted(unique.values(), key=lambda row: -row["final_score"])[:ARTISTS]
