"""The routes of the engine, one list: hosts bind it, description.py describes it, service.py answers by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from .. import __version__
from ..errors import IndexNotFoundError
from ..expand.request import ExpandRequest
from ..index.facts import index_facts
from ..index.index import Index
from ..records import SearchRequest
from ..search.related import RelatedRequest
from . import answers, handlers
from .failures import NotReadyError, failure
from .message import Answer
from .schema import as_flag, described, from_json, json_schema

PREFIX = "/danbooru-index/v1"

UseIndex: TypeAlias = Callable[[], AbstractContextManager[tuple[Index, str]]]
FindIndex: TypeAlias = Callable[[], "Path | None"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the handlers get the index.

    `use` opens it, building or fetching what the host allows, with the reason why it is the one; `find` only looks for
    the version folder that would be used, and says None where there is none.
    """

    use: UseIndex
    find: FindIndex

    def opened(self, run: Callable[[Index], T]) -> T:
        """Run with the open index; what goes wrong while it opens is not the asker's fault."""
        try:
            use = self.use()
            index, _ = use.__enter__()
        except Exception as error:
            raise NotReadyError from error
        try:
            return run(index)
        finally:
            use.__exit__(None, None, None)


ERRORS = (
    (400, "The body is not JSON, or a field is missing, unknown, of the wrong type or out of range."),
    (401, "The key is missing or wrong."),
    (403, "Another site's page asks, or the name of the host is not one of this server's."),
    (408, "The request did not arrive in time."),
    (413, "The body is too large."),
    (415, "The body is not sent as JSON."),
    (429, "Too many requests; the header Retry-After says when to ask again."),
    (503, "There is no index, it cannot be used, or the server is busy."),
)

Handler: TypeAlias = Callable[[Sources, Any], dict[str, Any]]
# What a body asks for, with the flags beside it that are given.
Asked: TypeAlias = tuple[Any, dict[str, bool]]


@dataclass(frozen=True, slots=True)
class Route:
    """One route.

    `handler` takes the parsed body, None for GET; `takes` and `gives` are JSON schemas; `failure` makes the answer of an
    error, of the form `error_form`. `only_json` refuses other types of content, which keeps a foreign page's forms out.
    `together` does for several bodies at once what `handler` does for one, None where that would save nothing.
    """

    method: str
    path: str
    name: str
    summary: str
    handler: Handler
    gives: dict[str, Any]
    takes: dict[str, Any] | None = None
    failure: Callable[[Exception], Answer] = failure
    error_form: dict[str, Any] = field(default_factory=lambda: answers.ERROR)
    errors: tuple[tuple[int, str], ...] = ERRORS
    only_json: bool = True
    together: Callable[[Sources, Sequence[Any]], list[dict[str, Any]]] | None = None


def _post(
    name: str,
    summary: str,
    record: type,
    run: Callable[..., dict[str, Any]],
    gives: dict[str, Any],
    flags: tuple[str, ...] = (),
    together: Callable[[Index, Sequence[Asked]], list[dict[str, Any]]] | None = None,
) -> Route:
    """A route that makes a record of its body; `flags` are fields beside the record's own, true or false."""
    takes = json_schema(record)
    for flag in flags:
        takes["properties"][flag] = described(flag, {"type": "boolean", "default": False})

    def asked(body: Any) -> Asked:
        given: dict[str, bool] = {}
        if isinstance(body, dict):
            given = {flag: as_flag(flag, body.pop(flag)) for flag in flags if flag in body}
        return from_json(record, body), given

    def handler(sources: Sources, body: Any) -> dict[str, Any]:
        request, given = asked(body)
        return sources.opened(lambda index: run(index, request, **given))

    if together is None:
        return Route("POST", f"{PREFIX}/{name}", name, summary, handler, gives, takes)
    several = together

    def handler_of_several(sources: Sources, bodies: Sequence[Any]) -> list[dict[str, Any]]:
        wanted = [asked(body) for body in bodies]
        return sources.opened(lambda index: several(index, wanted))

    return Route("POST", f"{PREFIX}/{name}", name, summary, handler, gives, takes, together=handler_of_several)


def _index(sources: Sources, _: Any) -> dict[str, Any]:
    """What `info --json` prints, with the version's name instead of its folder. Opens, builds and fetches nothing."""
    try:
        version = sources.find()
        if version is None:
            raise IndexNotFoundError("There is no index yet.", hint="")
        facts = index_facts(version)
    except Exception as error:
        raise NotReadyError from error
    return {"version": version.name, **{name: value for name, value in facts.items() if name != "folder"}}


def _health(sources: Sources, _: Any) -> dict[str, Any]:
    """Whether an index is there."""
    try:
        loaded = sources.find() is not None
    except Exception:
        loaded = False
    return {"status": "ok", "loaded": loaded, "version": __version__}


ROUTES: tuple[Route, ...] = (
    _post(
        "search",
        "Find the tags that fit a text in any language.",
        SearchRequest,
        handlers.answer_search,
        answers.SEARCH,
        flags=("explain",),
        together=handlers.answer_searches,
    ),
    _post(
        "expand", "Turn a text in any language into a prompt.", ExpandRequest, handlers.answer_expand, answers.EXPAND
    ),
    _post("related", "Find tags that go with some tags.", RelatedRequest, handlers.answer_related, answers.RELATED),
    _post("tags", "What the index knows of some tags.", handlers.TagsRequest, handlers.answer_tags, answers.TAGS),
    Route("GET", f"{PREFIX}/index", "index", "What the index is.", _index, answers.INDEX),
    Route("GET", f"{PREFIX}/health", "health", "Whether the service answers.", _health, answers.HEALTH),
)
