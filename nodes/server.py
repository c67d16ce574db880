"""The routes in ComfyUI's own web server: the engine's, and what the page needs beyond them. Nothing here blocks its loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from aiohttp import web
from server import PromptServer

from ..danbooru_index.errors import IndexNotFoundError
from ..danbooru_index.progress import silent
from . import corpora, index_state, page_routes
from .jobs import JobRunner
from .service import find_version, use_index

if TYPE_CHECKING:
    from ..danbooru_index.index.index import Index
    from ..danbooru_index.service import Answer, Service

PREFIX = "/danbooru-index/v1"  # the engine's service/routes.py names it too; a test compares them
MAX_BODY_BYTES = 128 * 1024  # as service/message.py has it; tests compare both
# A search holds the interpreter for milliseconds at a time: a second thread of them would not make it faster, and ComfyUI's
# event loop would wait for both. What the page asks beside it does not wait behind a search that opens the index.
_searches = ThreadPoolExecutor(1, thread_name_prefix="danbooru-index search")
_others = ThreadPoolExecutor(1, thread_name_prefix="danbooru-index page")


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


@lru_cache(maxsize=1)
def _service() -> Service:
    """The engine's routes and the page's own; made at the first request, so that ComfyUI's start pays for none of it."""
    from ..danbooru_index.service import ROUTES, Service
    from ..danbooru_index.service.routes import Route

    def own(method: str, name: str, summary: str, run: Callable[..., dict[str, Any]], *, body: bool = False) -> Route:
        def handler(_: Any, sent: Any) -> dict[str, Any]:
            return run(sent if isinstance(sent, dict) else {}) if body else run()

        takes = {"type": "object"} if method == "POST" else None
        return Route(method, f"{PREFIX}/comfyui/{name}", f"comfyui_{name}", summary, handler, {"type": "object"}, takes)

    return Service(
        _ready_index,
        find_version,
        (
            *ROUTES,
            own("GET", "state", "The index in use and the job.", partial(index_state.state, jobs)),
            own("GET", "corpora", "What an index can be built from.", corpora.corpora),
            own("POST", "plan", "What a rebuild would take.", page_routes.plan, body=True),
            own("POST", "prepare", "Make the index ready.", partial(page_routes.start_prepare, jobs)),
            own("POST", "rebuild", "Build in the background.", partial(page_routes.start_rebuild, jobs), body=True),
            own("POST", "verify", "Compare the index with its hashes.", partial(index_state.start_verify, jobs)),
            own("POST", "update", "Take a newer index of the Hub.", partial(index_state.start_update, jobs)),
            own("POST", "back", "Use the built index again.", page_routes.bring_back),
            own("POST", "traditional", "Chinese as Taiwan writes it.", page_routes.traditional, body=True),
            own("POST", "allow", "Allow a source that a workflow names.", page_routes.allow, body=True),
            own("POST", "cancel", "Stop the job.", partial(page_routes.cancel, jobs)),
        ),
    )


def _answer(asked: tuple[str, str, dict[str, str], dict[str, str], bytes]) -> Answer:
    """One answer, in a thread of ours."""
    from ..danbooru_index.service import Request

    return _service().answer(Request(*asked))


def add_routes() -> None:
    """Bind every route under the prefix; called once, while ComfyUI loads its nodes."""
    if PromptServer.instance is not None:
        PromptServer.instance.routes.route("*", PREFIX + "/{rest:.+}")(_handle)


async def _handle(request: web.Request) -> web.Response:
    # One byte more than allowed is enough for the handler to refuse it.
    body = b""
    while len(body) <= MAX_BODY_BYTES and (more := await request.content.read(MAX_BODY_BYTES + 1 - len(body))):
        body += more
    headers = {name.lower(): value for name, value in request.headers.items()}
    path = f"{PREFIX}/{request.match_info['rest']}"
    asked = (request.method, path, dict(request.query), headers, body)
    threads = _others if request.match_info["rest"].startswith("comfyui/") else _searches
    answer = await asyncio.get_running_loop().run_in_executor(threads, _answer, asked)
    return web.Response(status=answer.status, body=answer.body, headers=dict(answer.headers))
