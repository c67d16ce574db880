"""The service as an ASGI application. Plain ASGI: the handlers need no framework, and limits come before all parsing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

from ..progress import silent
from ..records import SearchRequest
from ..search.engine import search
from ..service.danboorusearch.routes import DANBOORUSEARCH_ROUTES
from ..service.description import openapi
from ..service.failures import RequestError, failure
from ..service.keeper import IndexKeeper
from ..service.message import MAX_BODY_BYTES, Answer, Request, json_answer
from ..service.page import page_answer
from ..service.routes import PREFIX, ROUTES
from ..service.service import Service, too_large
from ..settings import load_settings
from .guard import Guard
from .options import ServeOptions
from .together import Together

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Searches of one process at once. They hold Python's lock most of the time; the second keeps a short one from waiting for a long one.
THREADS = 2
OPENAPI_PATH = "/openapi.json"
_OPEN_PATHS = (f"{PREFIX}/health", "/api/health", "/health", OPENAPI_PATH)  # what needs no key, beside the page

logger = logging.getLogger("danbooru-index")


class App:
    """One worker's application. Made in the parent process and copied to the workers, so all state begins at start-up."""

    def __init__(self, options: ServeOptions) -> None:
        self.options = options

    def _start(self) -> None:
        """Open the index and load the encoder, so that no request pays for it."""
        self._guard = Guard(self.options)
        self._keeper = IndexKeeper(load_settings(), self.options.db, silent)
        self._service = Service(self._keeper.use, self._keeper.find, (*ROUTES, *DANBOORUSEARCH_ROUTES))
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="search")
        self._joint = Together(self._service.answer_together, self._threads)
        self._waiting = 0
        with self._keeper.use() as (index, _):
            search(index, SearchRequest("one girl with long hair"))

    def _stop(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._keeper.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification, version 3."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1003})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        await receive()
        try:
            await loop.run_in_executor(None, self._start)
        except Exception as error:
            logger.error("the index cannot be opened: %s", error)
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await loop.run_in_executor(None, self._stop)
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        whole = True
        try:
            answer = await self._answer(scope, headers, receive)
        except RequestError as error:
            answer = self._service.refusal(scope["path"], error)
            whole = error.status not in (408, 413)
        except Exception as error:  # the last resort of a server
            answer = failure(error)
        # What was not read to its end cannot be followed by another request.
        await send_answer(answer, send, close=not whole)

    async def _answer(self, scope: Scope, headers: dict[str, str], receive: Receive) -> Answer:
        path, method = scope["path"], scope["method"]
        client = scope["client"][0] if scope.get("client") else ""
        self._guard.check_site(headers)
        if method in ("GET", "HEAD") and (page := page_answer(path)) is not None:
            return page
        if path not in _OPEN_PATHS:
            self._guard.check_key(headers, client)
        self._guard.check_rate(client)
        if path == OPENAPI_PATH and method in ("GET", "HEAD"):
            return json_answer(openapi(self._service.routes))
        body = await self._body(headers, receive)
        return await self._in_thread(Request(method, path, {}, headers, body))

    async def _body(self, headers: dict[str, str], receive: Receive) -> bytes:
        """The whole body. Raises RequestError when it is too large or too slow."""
        declared = headers.get("content-length", "0")
        if not declared.isdecimal() or int(declared[:20]) > MAX_BODY_BYTES:
            raise too_large()
        try:
            return await asyncio.wait_for(_read(receive), self.options.arrive)
        except (asyncio.TimeoutError, TimeoutError) as error:
            raise RequestError(
                408, "slow", "The request did not arrive in time.", f"Send it within {self.options.arrive:.0f} s."
            ) from error

    async def _in_thread(self, request: Request) -> Answer:
        if self._waiting >= self.options.waiting:
            raise RequestError(503, "busy", "The server is busy.", "Ask again in a few seconds.", {"retry-after": "2"})
        self._waiting += 1
        try:
            if self._service.joins(request):
                return await self._joint.answer(request)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._service.answer, request)
        finally:
            self._waiting -= 1


def headers_of(scope: Scope) -> dict[str, str]:
    """The headers of a request; of one that is repeated the last."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def send_answer(answer: Answer, send: Send, *, close: bool) -> None:
    """Send an answer; `close` where the request was not read to its end."""
    headers = {**answer.headers, "content-length": str(len(answer.body)), "x-content-type-options": "nosniff"}
    if close:
        headers["connection"] = "close"
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": answer.body})


async def _read(receive: Receive) -> bytes:
    parts, size = [], 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise RequestError(400, "gone", "The client went away.", "Send the whole request.")
        parts.append(event.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY_BYTES:
            raise too_large()
        if not event.get("more_body", False):
            return b"".join(parts)
