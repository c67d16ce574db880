"""One exchange with one endpoint: a small answer, or the rest of a file."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from .answers import (
    COMMIT_HEADER,
    EndpointError,
    Stopped,
    check_redirect,
    check_status,
    commit_in,
    continues,
    file_in,
    pieces,
    printable,
)
from .connections import Connections
from .listing import ExpectedFile
from .parts import PartFile
from .retry import DEFAULT_RETRY, RetryPolicy, Watch

if TYPE_CHECKING:
    import httpx

__all__ = ["DEFAULT_RETRY", "EndpointError", "HubClient", "RetryPolicy", "Stopped"]
T = TypeVar("T")
_REDIRECTS = 5
_WORTH_PROGRESS = 1 << 20
_MOST_TIMES = 3  # how often the bytes of one file may come, for a server that begins again and again
_SMALL_FILE = 16 << 20


class HubClient:
    """Talks to endpoints; safe to use from several threads. `stop` ends every exchange, waits included."""

    def __init__(self, token_for: Callable[[str], str | None], retry: RetryPolicy = DEFAULT_RETRY) -> None:
        """`token_for` gives the token that an endpoint may see, or None; raises as `open_client` does."""
        from .client import open_client
        from .quiet import quiet

        self._httpx, self._open_client = open_client(retry.read, retry.connect)
        self._threads = threading.local()
        self._all: list[Connections] = []
        self._quiet = quiet
        self._token_for = token_for
        self._retry = retry
        self._stop = threading.Event()
        self._asked = threading.local()
        self._reached: set[str] = set()

    def stop(self) -> None:
        """End every exchange that is under way; reads that block are woken."""
        self._stop.set()
        for connections in list(self._all):
            connections.cut()

    def close(self) -> None:
        """Close all connections."""
        for connections in list(self._all):
            connections.client.close()

    def _connections(self) -> Connections:
        """Those of the calling thread alone."""
        found: Connections | None = getattr(self._threads, "connections", None)
        if found is None:
            found = self._threads.connections = Connections(self._open_client())
            self._all.append(found)
        return found

    def commit_of(self, endpoint: str, path: str) -> str:
        """The commit that a file's address stands for now.

        :raises EndpointError: the endpoint does not say.
        """
        return self._head(endpoint, path, lambda _: None)[0]

    def promise_of(self, endpoint: str, path: str) -> tuple[str, ExpectedFile]:
        """The commit that a file's address stands for now, and the size and hash of the file there.

        :raises EndpointError: the endpoint does not say one of them.
        """
        return self._head(endpoint, path, file_in)

    def _head(self, endpoint: str, path: str, read: Callable[[httpx.Response], T]) -> tuple[str, T]:
        def ask() -> tuple[str, T]:
            with self._open("HEAD", endpoint, path, until=COMMIT_HEADER) as (response, commit):
                if commit is None:
                    raise EndpointError(
                        f"answered without {COMMIT_HEADER}; this is not a Hub, or it is a mirror that only redirects"
                    )
                return commit, read(response)

        return self._with_retries(ask)

    def get(self, endpoint: str, path: str, limit: int) -> bytes:
        """A small file of at most `limit` bytes.

        :raises EndpointError: the endpoint did not deliver it.
        """

        def ask() -> bytes:
            with self._open("GET", endpoint, path, small=True) as (response, _):
                content = bytearray()
                for piece in pieces(response):
                    content += piece
                    if len(content) > limit:
                        raise EndpointError(f"sent more than {limit:,} bytes for {path}")
                return bytes(content)

        return self._with_retries(ask)

    def complete(self, endpoint: str, path: str, part: PartFile, on_bytes: Callable[[int], None]) -> None:
        """Receive the rest of a file; its hash is the caller's to check. `on_bytes` is told every change of its length.

        :raises EndpointError: the endpoint did not deliver all of it; the part keeps what came.
        """
        longest, came = part.received, 0
        at_most = _MOST_TIMES * max(part.size, _SMALL_FILE)

        def count(change: int) -> None:
            nonlocal came
            came += max(0, change)
            on_bytes(change)
            if came > at_most:
                raise EndpointError(f"has sent {came:,} bytes and still not the {part.size:,} of the file")

        def has_grown() -> bool:
            nonlocal longest
            grown = part.missing == 0 or part.received - longest >= _WORTH_PROGRESS
            # A server that begins again has brought nothing until it comes further than it ever was.
            longest = max(longest, part.received)
            return grown

        self._with_retries(lambda: self._receive(endpoint, path, part, count), has_grown)

    def _receive(self, endpoint: str, path: str, part: PartFile, on_bytes: Callable[[int], None]) -> None:
        headers = {"Range": f"bytes={part.received}-"} if part.received else {}
        with self._open("GET", endpoint, path, headers) as (response, _):
            if part.received and not continues(response, part.received):
                self._restart(part, on_bytes)
                if response.status_code != 200:
                    raise EndpointError(f"HTTP {response.status_code} to a Range request", transient=True)
            watch = Watch(self._retry)
            for piece in pieces(response):
                if self._stop.is_set():
                    raise Stopped
                if len(piece) > part.missing:
                    self._restart(part, on_bytes)
                    raise EndpointError("sent more bytes than the file has")
                part.write(piece)
                on_bytes(len(piece))
                watch.saw(len(piece))
        if part.missing:
            raise EndpointError(f"ended {part.missing:,} bytes early", transient=True)

    @staticmethod
    def _restart(part: PartFile, on_bytes: Callable[[int], None]) -> None:
        on_bytes(-part.received)
        part.restart()

    def _with_retries(self, ask: Callable[[], T], has_grown: Callable[[], bool] = lambda: False) -> T:
        """Try until it works, the failure is final, or too many tries in a row brought nothing."""
        fruitless = 0
        while True:
            try:
                return ask()
            except EndpointError as error:
                fruitless = 0 if has_grown() else fruitless + 1
                if not error.transient or fruitless >= self._retry.attempts:
                    raise
                pause = self._retry.pause * 2.0 ** max(0, fruitless - 1) if error.wait is None else error.wait
                if self._stop.wait(min(pause, self._retry.longest_pause)):
                    raise Stopped from None

    @contextmanager
    def _open(
        self,
        method: str,
        endpoint: str,
        path: str,
        headers: dict[str, str] | None = None,
        *,
        until: str | None = None,
        small: bool = False,
    ) -> Iterator[tuple[httpx.Response, str | None]]:
        """A response with status 200 or 206, or 416, body unread, and the commit named on the way; all failures mapped.

        With `until`, the first answer that has this header is enough, a redirect too. The body of a `small` answer is
        under the time limit too.
        """
        token = self._token_for(endpoint)
        sent = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        connections = self._connections()
        request = connections.client.build_request(method, endpoint + path, headers=sent)
        limit = connections.limit(self._retry.answer)
        try:
            with self._answer(connections, request, endpoint, until) as answer:
                if not small:
                    limit.end()
                limit.check()
                yield answer
                limit.check()
        except (self._httpx.HTTPError, self._httpx.InvalidURL, self._httpx.StreamError) as error:
            limit.check()
            raise self._failure(error, endpoint) from error
        finally:
            limit.end()

    @contextmanager
    def _answer(
        self, connections: Connections, request: httpx.Request, endpoint: str, until: str | None
    ) -> Iterator[tuple[httpx.Response, str | None]]:
        """The answer after all redirects, and the first commit that is named on the way."""
        first, commit = request.url.host, None
        for number in range(_REDIRECTS + 1):
            if self._stop.is_set():
                raise Stopped
            request.extensions["trace"] = connections.traced(first, request.url.host)
            self._asked.url = request.url
            with self._quiet():
                response = connections.client.send(request, stream=True)
            self._reached.add(endpoint)
            try:
                commit = commit or commit_in(response)
                if response.next_request is None or (until and until in response.headers):
                    if not (until and response.is_redirect):
                        check_status(response, redirected=number > 0)
                    yield response, commit
                    return
                check_redirect(request, response.next_request)
                request = response.next_request
            finally:
                response.close()
        raise EndpointError(f"redirected more than {_REDIRECTS} times")

    def _failure(self, error: Exception, endpoint: str) -> Exception:
        """A failure of httpx as ours."""
        if self._stop.is_set():
            return Stopped()
        text, url = _in_words(error, self._retry), self._asked.url
        if not endpoint.startswith(f"{url.scheme}://{url.netloc.decode()}"):
            text += f" from {url.host}, where it redirects"
        final = isinstance(error, self._httpx.InvalidURL | self._httpx.UnsupportedProtocol)
        if isinstance(error, self._httpx.ConnectError | self._httpx.ConnectTimeout):
            # A server that answered before is worth waiting for; one that never did is not.
            final = endpoint not in self._reached
        return EndpointError(text, transient=not final)


def _in_words(error: Exception, retry: RetryPolicy) -> str:
    name = type(error).__name__
    if name == "ConnectTimeout":
        return f"no connection within {retry.connect:g} s"
    if name == "ReadTimeout":
        return f"no data for {retry.read:g} s"
    return printable(f"{name}: {error}" if str(error) else name)
