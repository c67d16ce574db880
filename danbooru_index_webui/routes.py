"""What the page may ask: the service's own routes, and the state of our environment. The key of the server stays here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from .backend import backend
from .client import ROUTES, ServiceError

PREFIX = "/danbooru-index-webui/v1"
MAX_BODY_BYTES = 128 * 1024

Handler = Callable[[dict[str, Any]], dict[str, Any]]


def _install(_: dict[str, Any]) -> dict[str, Any]:
    backend().install()
    return backend().status()


def _restart(_: dict[str, Any]) -> dict[str, Any]:
    backend().server.restart()
    return backend().status()


def _asked(route: str) -> Handler:
    body_of: Callable[[dict[str, Any]], Any] = lambda body: None if route in ("index", "health") else body  # noqa: E731
    return lambda body: backend().ask(route, body_of(body))


# All are POST: a page of another site cannot send one without being noticed by its Origin.
HANDLERS: dict[str, Handler] = {
    **{route: _asked(route) for route in ROUTES},
    "status": lambda _: backend().status(),
    "install": _install,
    "restart": _restart,
}


def add_routes(_: Any, app: Any) -> None:
    """The callback on_app_started(demo, app); `app` is a FastAPI application, new after every "Reload UI"."""
    for name, handler in HANDLERS.items():
        app.add_route(f"{PREFIX}/{name}", _endpoint(app, handler), methods=["POST"])


def _endpoint(app: Any, handler: Handler) -> Any:
    async def endpoint(request: Any) -> Any:
        from starlette.responses import JSONResponse

        try:
            check(app, request.headers, request.cookies)
            body = await _body(request)
            # Slow work must not hold the WebUI's event loop.
            said = await asyncio.get_running_loop().run_in_executor(None, handler, body)
            return JSONResponse(said, headers={"Cache-Control": "no-store"})
        except ServiceError as error:
            return JSONResponse(error.as_json(), status_code=error.status)

    return endpoint


def check(app: Any, headers: Any, cookies: Any) -> None:
    """Refuse pages of other sites, and whoever has not logged in where the WebUI asks for that.

    :raises ServiceError: 403 or 401.
    """
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        raise ServiceError("Pages of other sites may not ask the WebUI.", "", 403, "origin")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise ServiceError("The body is not sent as JSON.", "", 415, "content_type")
    if getattr(app, "auth", None) is None and getattr(app, "auth_dependency", None) is None:
        return
    # gradio 3.41 names the cookie plainly, 4.40 with the application's id behind it.
    ending = f"-{app.cookie_id}" if getattr(app, "cookie_id", None) else ""
    names = [f"{name}{suffix}" for name in ("access-token", "access-token-unsecure") for suffix in (ending, "")]
    if not any(cookies.get(name) in app.tokens for name in names if cookies.get(name)):
        raise ServiceError("Log in to the WebUI first.", "Load the page again.", 401, "login")


async def _body(request: Any) -> dict[str, Any]:
    size, parts = 0, []
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise ServiceError("The body is too large.", "", 413, "too_large")
        parts.append(part)
    try:
        body = json.loads(b"".join(parts) or b"{}")
    except (ValueError, RecursionError) as error:
        raise ServiceError("The body is not JSON.", "", 400, "json") from error
    if not isinstance(body, dict):
        raise ServiceError("The body is not a JSON object.", "", 400, "json")
    return body
