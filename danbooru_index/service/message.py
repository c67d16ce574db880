"""What a host hands in and gets back: one HTTP request and one answer, as plain records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json; charset=utf-8"
MAX_BODY_BYTES = 128 * 1024  # the longest text that is searched, 20,000 characters, in JSON of ASCII


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `path` is decoded and begins with a slash, header names are lower case, `body` is whole."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `headers` include the content type."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body of a JSON answer."""
        return json.loads(self.body)


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """A JSON answer in UTF-8. Nothing on the way may keep it: another index may be in use the next moment."""
    # A lone surrogate of somebody's query has no UTF-8.
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    return Answer(status, {"content-type": JSON, "cache-control": "no-store", **(headers or {})}, body)
