"""Connections of one thread: cut when an answer takes too long, and kept out of private networks that a redirect names."""

from __future__ import annotations

import ipaddress
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .answers import EndpointError

if TYPE_CHECKING:
    import httpx

# 198.18.0.0/15 is not among them: proxies of the kind of Clash give every name an address there.
_INNER = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"),
        *("0.0.0.0/8", "::1/128", "::/128", "fc00::/7", "fe80::/10"),
    )
)


def is_inner(address: str) -> bool:
    """Whether an IP address belongs to this computer or to a private network."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return any((mapped or found) in network for network in _INNER)


class Limit:
    """Cuts connections after so many seconds unless `end` comes first; `passed` says that it did."""

    def __init__(self, seconds: float, cut: Callable[[], None]) -> None:
        self.seconds = seconds
        self.passed = False
        self._cut = cut
        self._ended = False
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._fire)
        self._timer.daemon = True
        self._timer.start()

    def _fire(self) -> None:
        with self._lock:
            if not self._ended:
                self.passed = True
                self._cut()

    def end(self) -> None:
        """From here on nothing is cut."""
        with self._lock:
            self._ended = True
        self._timer.cancel()

    def check(self) -> None:
        """Raise EndpointError if the time was up: what came may look whole and is not."""
        if self.passed:
            raise EndpointError(f"took more than {self.seconds:g} s to answer")


class Connections:
    """The client of one thread and its streams; a thread has one exchange at a time, so all of them belong to it."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self._streams: weakref.WeakSet[Any] = weakref.WeakSet()
        self._host = ""
        self._inner: set[str] = set()

    def limit(self, seconds: float) -> Limit:
        """A limit on what this thread waits for."""
        return Limit(seconds, self.cut)

    def cut(self) -> None:
        """End every exchange; a read that blocks is woken."""
        for stream in list(self._streams):
            with suppress(Exception):
                stream.get_extra_info("socket").shutdown(2)

    def traced(self, endpoint_host: str, host: str) -> Callable[[str, dict[str, Any]], None]:
        """httpx's trace of a request to `host`, which is the endpoint's own host or one where it redirects.

        Every connection is remembered from its first moment, since an answer may never come. A redirect into a private
        network is refused before anything is said there, unless the endpoint lies in one itself.
        """

        def trace(event: str, info: dict[str, Any]) -> None:
            if event.endswith(".connect_tcp.started"):
                self._host = str(info.get("host", ""))
            if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
                self._streams.add(info["return_value"])
            if event.endswith(".connect_tcp.complete") and self._host == host:
                self._check(info["return_value"], endpoint_host, host)

        return trace

    def _check(self, stream: Any, endpoint_host: str, host: str) -> None:
        peer = stream.get_extra_info("server_addr")
        if not peer or not is_inner(str(peer[0])):
            return
        if host == endpoint_host:
            self._inner.add(host)
        elif endpoint_host not in self._inner:
            stream.close()
            raise EndpointError(f"redirects to {host}, which is an address of a private network")
