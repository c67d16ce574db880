"""JSON schemas of the answers. Answers may gain fields, so none of them forbids more."""

from __future__ import annotations

from typing import Any

from ..records import Category

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_NUMBER = {"type": "number"}
_COUNT = {"type": "integer", "minimum": 0}
_FLAG = {"type": "boolean"}
_CATEGORY = {"type": "string", "enum": [category.label for category in Category]}


def _object(fields: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": [name for name in fields if name not in optional]}


def _list(fields: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"type": "array", "items": _object(fields, optional)}


_HITS = _list(
    {
        "tag": _TEXT,
        "score": _NUMBER,
        "category": _CATEGORY,
        "post_count": _COUNT,
        "text": _TEXT,
        "fits": _FLAG,
        "nsfw": _FLAG,
        "matched": _TEXT,
        "channels": {"type": "object", "additionalProperties": _NUMBER},
    },
    optional=("nsfw", "matched", "channels"),
)
_CONCEPTS = _list(
    {
        "text": _TEXT,
        "status": _TEXT,
        "tags": _TEXTS,
        "scores": {"type": "array", "items": _NUMBER},
        "negated": _FLAG,
    }
)
SEARCH = _object({"query": _TEXT, "hits": _HITS})
EXPAND = _object(
    {
        "prompt": _TEXT,
        "negative": _TEXT,
        "tags": _TEXTS,
        "negative_tags": _TEXTS,
        "concepts": _CONCEPTS,
        "warnings": _TEXTS,
        "notices": _list({"key": _TEXT, "values": {"type": "object"}, "text": _TEXT}),
    }
)
RELATED = _object({"tags": _TEXTS, "method": _TEXT, "hits": _HITS, "unknown": _TEXTS})
TAGS = _object(
    {
        "tags": _list(
            {
                "query": _TEXT,
                "tag": _TEXT,
                "category": _CATEGORY,
                "post_count": _COUNT,
                "names": {"type": "object", "additionalProperties": _TEXTS},
                "definition": {"type": "object", "additionalProperties": _TEXT},
                "aliases": _TEXTS,
                "implies": _TEXTS,
                "rating": _TEXT,
                "nsfw": _FLAG,
                "deprecated": _FLAG,
            }
        ),
        "unknown": _TEXTS,
    }
)
INDEX = _object(
    {"version": _TEXT, "tags": _COUNT, "texts": _COUNT, "encoder": _TEXT, "schema": _COUNT, "bytes": _COUNT}
)
HEALTH = _object({"status": _TEXT, "loaded": _FLAG, "version": _TEXT})
ERROR = _object({"error": _TEXT, "hint": _TEXT, "code": _TEXT})
