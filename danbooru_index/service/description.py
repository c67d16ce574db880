"""The OpenAPI description of the routes, made from their list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import __version__
from .routes import ROUTES, Route


def openapi(routes: Sequence[Route] = ROUTES) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these routes, as a JSON object."""
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    about = "Say what you want to see, in any language, and get the Danbooru tags that image models were trained on."
    return {
        "openapi": "3.1.0",
        "info": {"title": "danbooru-index", "version": __version__, "description": about},
        "paths": paths,
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "responses": {"200": _content("The answer.", route.gives)},
    }
    errors = dict(route.errors)
    if route.takes is not None:
        operation["requestBody"] = {**_content("", route.takes), "required": True}
        del operation["requestBody"]["description"]
    else:
        errors = {status: text for status, text in errors.items() if status >= 500}
    for status, text in errors.items():
        operation["responses"][str(status)] = _content(text, route.error_form)
    return operation


def _content(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
