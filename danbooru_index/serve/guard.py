"""Who may ask, and how often. Knows headers and clocks, no web framework.

A page of another site can make a browser send requests here, and can make its own name point here (DNS rebinding). So a
request's Host must be an address or one of our names, and where a browser names an Origin, it must be this very server.
"""

from __future__ import annotations

import hmac
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from ..service.failures import RequestError
from .options import ServeOptions

BURST_SECONDS = 2.0  # a client that was quiet may send so many seconds' worth at once
MAX_CLIENTS = 10_000  # whose rates are remembered
WRONG_KEYS_PER_SECOND = 1.0  # per client and worker


class Guard:
    """Refuses requests; one a worker process, used from its event loop alone."""

    def __init__(self, options: ServeOptions, clock: Callable[[], float] = time.monotonic) -> None:
        self._key = options.key.encode() if options.key else None
        self._names = {"localhost", options.host.strip("[]").lower(), *(h.lower() for h in options.allowed_hosts)}
        self._rate = Rate(options.requests_per_second, clock)
        self._wrong_keys = Rate(WRONG_KEYS_PER_SECOND, clock)

    def check_site(self, headers: Mapping[str, str]) -> None:
        """Refuse a host that is not ours, and pages of other sites.

        :raises RequestError: 421 or 403.
        """
        host = headers.get("host", "")
        if not self._is_ours(host):
            raise RequestError(
                421,
                "host",
                "This server is not known by the name that was asked for.",
                "Use its address, or start it with --allow-host NAME.",
            )
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            raise RequestError(
                403, "origin", "Pages of other sites may not ask this server.", "Ask from the server's own page."
            )

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self._names:
            return True
        try:
            # A name can be made to point anywhere, an address cannot.
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def check_key(self, headers: Mapping[str, str], client: str) -> None:
        """Refuse a missing or wrong key, and for a while a client that sent wrong ones.

        :raises RequestError: 401 or 429.
        """
        if self._key is None:
            return
        kind, _, given = headers.get("authorization", "").partition(" ")
        if self._wrong_keys.wait(client) > 0:
            raise _too_many(self._wrong_keys.wait(client))
        # latin-1 gives back the very bytes that came.
        if kind.lower() != "bearer" or not hmac.compare_digest(given.strip().encode("latin-1", "replace"), self._key):
            self._wrong_keys.take(client)
            raise RequestError(
                401,
                "key",
                "The key is missing or wrong.",
                "Send the header Authorization: Bearer KEY.",
                {"www-authenticate": "Bearer"},
            )

    def check_rate(self, client: str) -> None:
        """Refuse a client that asks too often.

        :raises RequestError: 429.
        """
        wait = self._rate.take(client)
        if wait > 0:
            raise _too_many(wait)


def _too_many(wait: float) -> RequestError:
    seconds = str(max(1, int(wait + 0.999)))
    return RequestError(429, "rate", "Too many requests.", f"Ask again in {seconds} s.", {"retry-after": seconds})


class Rate:
    """A token bucket a client: `rate` a second, BURST_SECONDS of them at once; the least recent clients are forgotten."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._clock = rate, clock
        self._burst = max(1.0, rate * BURST_SECONDS)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str) -> float:
        """Seconds until this client may ask again; 0 when it may."""
        if not self._rate:
            return 0.0
        tokens = self._tokens(client)
        return 0.0 if tokens >= 1.0 else (1.0 - tokens) / self._rate

    def take(self, client: str) -> float:
        """Count one request; the seconds to wait where it is one too many, which then does not count."""
        wait = self.wait(client)
        if self._rate and not wait:
            self._buckets[client] = (self._tokens(client) - 1.0, self._clock())
            self._buckets.move_to_end(client)
            if len(self._buckets) > MAX_CLIENTS:
                self._buckets.popitem(last=False)
        return wait

    def _tokens(self, client: str) -> float:
        tokens, then = self._buckets.get(client, (self._burst, self._clock()))
        return min(self._burst, tokens + (self._clock() - then) * self._rate)
