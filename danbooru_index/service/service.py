"""One request in, one answer out, by the list of routes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from ..storage.foreign import JSON
from .failures import RequestError, failure
from .message import MAX_BODY_BYTES, Answer, Request, json_answer
from .routes import ROUTES, FindIndex, Route, Sources, UseIndex

MAX_JOINED_BYTES = 1024


class Service:
    """Answers requests over one index. Safe to use from several threads; a search takes its time in the calling one."""

    def __init__(self, use_index: UseIndex, find_index: FindIndex, routes: Sequence[Route] = ROUTES) -> None:
        """Make the service of a host; see Sources for the two callables."""
        self._sources = Sources(use_index, find_index)
        self.routes = tuple(routes)

    @cached_property
    def _by_path(self) -> dict[str, dict[str, Route]]:
        paths: dict[str, dict[str, Route]] = {}
        for route in self.routes:
            paths.setdefault(route.path, {})[route.method] = route
        return paths

    def joins(self, request: Request) -> bool:
        """Whether a request is best answered together with others of its route; a long text would keep them waiting."""
        route = self._by_path.get(request.path, {}).get(request.method)
        return route is not None and route.together is not None and len(request.body) <= MAX_JOINED_BYTES

    def answer_together(self, requests: Sequence[Request]) -> list[Answer]:
        """The answers to requests of one route that `joins`, in order; never raises."""
        route = self._by_path[requests[0].path][requests[0].method]
        if route.together is not None and len(requests) > 1:
            with contextlib.suppress(Exception):  # whose fault it was shows when each is answered alone
                bodies = [parsed_body(request, only_json=route.only_json) for request in requests]
                return [json_answer(found) for found in route.together(self._sources, bodies)]
        return [self.answer(request) for request in requests]

    def answer(self, request: Request) -> Answer:
        """The answer to one request; never raises."""
        methods = self._by_path.get(request.path)
        if methods is None:
            missing = RequestError(404, "not_found", "There is no such route.", "/openapi.json lists the routes.")
            return self.refusal(request.path, missing)
        head = request.method == "HEAD"
        route = methods.get("GET" if head else request.method)
        if route is None:
            allowed = ", ".join(methods)
            return next(iter(methods.values())).failure(
                RequestError(
                    405,
                    "method",
                    f"This route does not take {request.method[:20]}.",
                    f"Use {allowed}.",
                    {"allow": allowed},
                )
            )
        try:
            body = parsed_body(request, only_json=route.only_json) if route.method == "POST" else None
            answer = json_answer(route.handler(self._sources, body))
        except Exception as error:  # the last resort of a server: every error becomes an answer
            answer = route.failure(error)
        return Answer(answer.status, answer.headers, b"") if head else answer

    def refusal(self, path: str, error: RequestError) -> Answer:
        """The answer to a request that is refused before its handler, in the form of the routes that stand at its path."""
        top = path.split("/", 2)[1:2]
        form = next((route.failure for route in self.routes if route.path.split("/", 2)[1:2] == top), failure)
        return form(error)


def parsed_body(request: Request, *, only_json: bool = True) -> Any:
    """The JSON value of a request's body.

    :raises RequestError: it is too big, of another content type, or no JSON.
    """
    if len(request.body) > MAX_BODY_BYTES:
        raise too_large()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if only_json and kind != "application/json":
        raise RequestError(
            415, "content_type", "The body is not sent as JSON.", "Send the header Content-Type: application/json."
        )
    try:
        return json.loads(request.body, parse_constant=_no_constant)
    except JSON.kinds as error:
        raise RequestError(400, "json", "The body is not JSON.", "Send one JSON object in UTF-8.") from error


def too_large() -> RequestError:
    """The error for a body beyond the limit; hosts that count while they read raise it early."""
    return RequestError(
        413, "too_large", "The body is too large.", f"A request has at most {MAX_BODY_BYTES // 1024} KiB."
    )


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
