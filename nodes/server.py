"""The routes in ComfyUI's own web server: the engine's, and what the page needs beyond them. Nothing here blocks its loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import web
from server import PromptServer

from ..danbooru_index.errors import IndexNotFoundError
from ..danbooru_index.progress import silent
from ..danbooru_index.service import PREFIX, Answer, Request, Service
from ..danbooru_index.service.routes import ROUTES, Route
from . import host, page_routes
from .jobs import JobRunner
from .service import find_version, use_index

if TYPE_CHECKING:
    from ..danbooru_index.index.index import Index

MAX_BODY_BYTES = 64 * 1024
# A search holds the interpreter for milliseconds at a time, so more threads would not make it faster.
_threads = ThreadPoolExecutor(2, thread_name_prefix="danbooru-index")


def _tell(event: str, data: dict[str, Any]) -> None:
    """An event for every page, from any thread."""
    with contextlib.suppress(Exception):  # a server that shuts down has no page to tell
        PromptServer.instance.send_sync(event, data)


jobs = JobRunner(_tell)


@contextlib.contextmanager
def _ready_index() -> Iterator[tuple[Index, str]]:
    """The index for a request of the page, opened where need be; never built in a request, which would wait for minutes."""
    if find_version() is None:
        raise IndexNotFoundError("There is no index yet.", hint="It is built first.")
    with use_index(None, silent, check=lambda: None) as found:
        yield found


def _own(method: str, name: str, summary: str, run: Callable[..., dict[str, Any]], *, body: bool = False) -> Route:
    """A route of the page: its function takes the JSON object where `body` says so."""

    def handler(_: Any, sent: Any) -> dict[str, Any]:
        return run(sent if isinstance(sent, dict) else {}) if body else run()

    takes = {"type": "object"} if method == "POST" else None
    return Route(method, f"{PREFIX}/comfyui/{name}", f"comfyui_{name}", summary, handler, {"type": "object"}, takes)


OWN_ROUTES = (
    _own("GET", "state", "The index in use and the job.", partial(page_routes.state, jobs)),
    _own("GET", "corpora", "What an index can be built from.", page_routes.corpora),
    _own("POST", "plan", "What a rebuild would take.", page_routes.plan, body=True),
    _own("POST", "prepare", "Make the index ready.", partial(page_routes.start_prepare, jobs)),
    _own("POST", "rebuild", "Build an index in the background.", partial(page_routes.start_rebuild, jobs), body=True),
    _own("POST", "verify", "Compare the index with its hashes.", partial(page_routes.start_verify, jobs)),
    _own("POST", "back", "Use the built index again.", page_routes.bring_back),
    _own("POST", "cancel", "Stop the job.", partial(page_routes.cancel, jobs)),
)


def add_routes() -> None:
    """Bind every route; called once, while ComfyUI loads its nodes."""
    if PromptServer.instance is None:
        return
    service = Service(_ready_index, find_version, (*ROUTES, *OWN_ROUTES))
    for route in service.routes:
        PromptServer.instance.routes.route(route.method, route.path)(_bound(service, route.path))
    host.logger.debug("%d routes under %s", len(service.routes), PREFIX)


def _bound(service: Service, path: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        # One byte more than allowed is enough for the handler to refuse it.
        body = await request.content.read(MAX_BODY_BYTES + 1)
        while len(body) <= MAX_BODY_BYTES and (more := await request.content.read(MAX_BODY_BYTES + 1 - len(body))):
            body += more
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Request(request.method, path, dict(request.query), headers, body)
        answer: Answer = await asyncio.get_running_loop().run_in_executor(_threads, service.answer, asked)
        return web.Response(status=answer.status, body=answer.body, headers=dict(answer.headers))

    return handle
