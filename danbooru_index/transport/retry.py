"""When to give up on an endpoint."""

from __future__ import annotations

import time
from dataclasses import dataclass

from .answers import EndpointError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When to give up, in seconds. `attempts` counts tries in a row that brought less than 1 MiB; `pause` doubles.

    Less than `slow_rate` bytes a second over `slow_window` is a stall, and so is silence for `read`. A small answer may take
    `answer` in all, and so may everything before the first byte of a file, redirects included.
    """

    connect: float = 10.0
    read: float = 30.0
    attempts: int = 5
    pause: float = 1.0
    longest_pause: float = 60.0
    slow_window: float = 60.0
    slow_rate: int = 1024
    answer: float = 120.0


DEFAULT_RETRY = RetryPolicy()


class Watch:
    """Notices a connection that drips."""

    def __init__(self, retry: RetryPolicy) -> None:
        self._retry = retry
        self._since = time.monotonic()
        self._bytes = 0

    def saw(self, count: int) -> None:
        """Count bytes; raises EndpointError when a whole window brought too few."""
        self._bytes += count
        seconds = time.monotonic() - self._since
        if seconds >= self._retry.slow_window:
            if self._bytes < self._retry.slow_rate * seconds:
                raise EndpointError(f"sent only {self._bytes:,} bytes in {seconds:.0f} s", transient=True)
            self._since, self._bytes = time.monotonic(), 0
