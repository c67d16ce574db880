"""Keeping addresses out of logs.

httpx writes every address that it asks to the log, at INFO, which ComfyUI shows; at DEBUG httpcore adds the headers of
answers. The storage's addresses carry signatures, which open a private file to whoever reads the log.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LOGGERS = ("httpx", "httpcore.http11", "httpcore.http2")
_asking = threading.local()


class _NotOurs(logging.Filter):
    """Drops what is logged for this package's own requests; the host's pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not getattr(_asking, "quiet", False)


_FILTER = _NotOurs()


@contextmanager
def quiet() -> Iterator[None]:
    """While this thread is inside, its requests are not logged."""
    for name in _LOGGERS:
        # Added at every use, since a host may set its logging up anew; a filter is never there twice.
        logging.getLogger(name).addFilter(_FILTER)
    _asking.quiet = True
    try:
        yield
    finally:
        _asking.quiet = False
