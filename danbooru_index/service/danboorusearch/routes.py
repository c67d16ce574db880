"""The routes of this API, under /api and, as its callers try too, at the root."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ...index.index import Index
from ..failures import NotReadyError
from ..routes import Route, Sources
from . import related, search
from .fields import ERROR, ERRORS, Field, fastapi_failure, parse_fields, schema_of

_ROWS = {"type": "array", "items": {"type": "object"}}
_SEARCH = {
    "type": "object",
    "properties": {
        "tags_all": {"type": "string"},
        "tags_sfw": {"type": "string"},
        "results": _ROWS,
        "keywords": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["tags_all", "tags_sfw", "results", "keywords"],
}
_RELATED = {"type": "object", "properties": {"results": _ROWS, "error": {"type": "string"}}}
_HEALTH = {
    "type": "object",
    "properties": {"status": {"const": "ok"}, "loaded": {"type": "boolean"}},
    "required": ["status", "loaded"],
}


def _health(sources: Sources, _: Any) -> dict[str, Any]:
    if sources.find() is None:
        raise NotReadyError
    return {"status": "ok", "loaded": True, "api_key_notice": ""}


def _post(
    name: str,
    summary: str,
    fields: Mapping[str, Field],
    run: Callable[[Index, dict[str, Any]], dict[str, Any]],
    gives: Any,
) -> Route:
    def handler(sources: Sources, body: Any) -> dict[str, Any]:
        asked = parse_fields(fields, body)
        return sources.opened(lambda index: run(index, asked))

    return Route(
        "POST",
        f"/api/{name}",
        f"danboorusearch_{name}",
        f"DanbooruSearch API: {summary}",
        handler,
        gives,
        schema_of(fields),
        fastapi_failure,
        ERROR,
        ERRORS,
        only_json=False,
    )


_API = (
    _post("search", "search.", search.FIELDS, search.answer_search, _SEARCH),
    _post("related", "tags that stand on posts with tags.", related.RELATED_FIELDS, related.answer_related, _RELATED),
    _post("artists", "artists whose posts have tags.", related.ARTIST_FIELDS, related.answer_artists, _RELATED),
    Route(
        "GET", "/api/health", "danboorusearch_health", "DanbooruSearch API: health.", _health, _HEALTH,
        None, fastapi_failure, ERROR, ERRORS,
    ),
)  # fmt: skip
DANBOORUSEARCH_ROUTES: tuple[Route, ...] = (
    *_API,
    *(replace(route, path=route.path.removeprefix("/api"), name=f"{route.name}_root") for route in _API),
)
