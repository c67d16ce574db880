"""What can go wrong at the test Hub, and what it was asked."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass
class Fault:
    """What goes wrong with requests whose method and path fit; each field is one kind of trouble.

    `times` counts down, `skip` lets that many pass first. `cut` closes after so many bytes of the body, `truncate` ends
    it there with a fitting length, `stall` waits so many seconds in the middle, `rate` is bytes a second.
    """

    pattern: str
    method: str = "GET"
    times: int = 1_000_000
    skip: int = 0
    status: int | None = None
    headers: dict[str, str] | None = None
    body: bytes | None = None
    strip: tuple[str, ...] = ()
    drop: bool = False
    cut: int | None = None
    truncate: int | None = None
    stall: float | None = None
    rate: float | None = None
    flip: int | None = None
    ignore_range: bool = False
    gzip: bool = False
    no_length: bool = False

    def fits(self, method: str, path: str) -> bool:
        """Whether this request is struck; counts it."""
        if method != self.method or self.times <= 0 or not re.search(self.pattern, path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass
class Request:
    """One request as the server saw it; `sent` is the bytes of its body that went out."""

    method: str
    path: str
    host: str
    headers: dict[str, str]
    status: int = 0
    sent: int = 0
