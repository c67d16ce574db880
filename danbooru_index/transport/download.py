"""One exchange with one endpoint: a small answer, or the rest of a file."""

from __future__ import annotations

import re
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from .parts import PartFile

if TYPE_CHECKING:
    import httpx

COMMIT_HEADER = "X-Repo-Commit"
T = TypeVar("T")
_REDIRECTS = 5
_WORTH_PROGRESS = 1 << 20
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")


@dataclass(frozen=True, slots=True)
class Patience:
    """When to give up, in seconds. `attempts` counts tries in a row that brought less than 1 MiB; `pause` doubles.

    Less than `slow_rate` bytes a second over `slow_window` is a stall; so is no byte for `read`.
    """

    connect: float = 10.0
    read: float = 30.0
    attempts: int = 5
    pause: float = 1.0
    longest_pause: float = 60.0
    slow_window: float = 60.0
    slow_rate: int = 1024


DEFAULT_PATIENCE = Patience()


class EndpointError(Exception):
    """An endpoint did not deliver: the text is what it said. Worth another try there only if `transient`."""

    def __init__(self, text: str, *, transient: bool = False, wait: float | None = None) -> None:
        super().__init__(text)
        self.transient = transient
        self.wait = wait


class Stopped(Exception):
    """The transfer was asked to stop."""


class HubClient:
    """Talks to endpoints; safe to use from several threads. `stop` ends every exchange, waits included."""

    def __init__(self, token_for: Callable[[str], str | None], patience: Patience = DEFAULT_PATIENCE) -> None:
        """`token_for` gives the token that an endpoint may see, or None; raises as `open_client` does."""
        from .client import open_client
        from .quiet import quiet

        self._httpx, self._client = open_client(patience.read, patience.connect)
        self._quiet = quiet
        self._token_for = token_for
        self._patience = patience
        self._stop = threading.Event()
        self._streams: weakref.WeakSet[Any] = weakref.WeakSet()
        self._reached: set[str] = set()

    def stop(self) -> None:
        """End every exchange that is under way; reads that block are woken."""
        self._stop.set()
        for stream in list(self._streams):
            with suppress(Exception):
                stream.get_extra_info("socket").shutdown(2)

    def _connected(self, event: str, info: dict[str, Any]) -> None:
        """httpx's trace: remember every connection from its first moment, since an answer may never come."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._streams.add(info["return_value"])

    def close(self) -> None:
        """Let go of all connections."""
        self._client.close()

    def commit_of(self, endpoint: str, path: str) -> str:
        """The commit that a file's address stands for now.

        :raises EndpointError: the endpoint does not say.
        """

        def ask() -> str:
            with self._open("HEAD", endpoint, path, until=COMMIT_HEADER) as (_, commit):
                if commit is None:
                    raise EndpointError(
                        f"answered without {COMMIT_HEADER}; this is no Hub, or a mirror that only redirects"
                    )
                return commit

        return self._patiently(ask)

    def get(self, endpoint: str, path: str, limit: int) -> bytes:
        """A small file of at most `limit` bytes.

        :raises EndpointError: the endpoint did not deliver it.
        """

        def ask() -> bytes:
            with self._open("GET", endpoint, path) as (response, _):
                content = bytearray()
                for piece in response.iter_bytes():
                    content += piece
                    if len(content) > limit:
                        raise EndpointError(f"sent more than {limit:,} bytes for {path}")
                return bytes(content)

        return self._patiently(ask)

    def complete(self, endpoint: str, path: str, part: PartFile, on_bytes: Callable[[int], None]) -> None:
        """Receive the rest of a file; its hash is the caller's to check. `on_bytes` is told every change of its length.

        :raises EndpointError: the endpoint did not deliver all of it; the part keeps what came.
        """
        kept = part.received

        def has_grown() -> bool:
            nonlocal kept
            grown = part.missing == 0 or part.received - kept >= _WORTH_PROGRESS
            kept = part.received
            return grown

        self._patiently(lambda: self._receive(endpoint, path, part, on_bytes), has_grown)

    def _receive(self, endpoint: str, path: str, part: PartFile, on_bytes: Callable[[int], None]) -> None:
        headers = {"Range": f"bytes={part.received}-"} if part.received else {}
        with self._open("GET", endpoint, path, headers) as (response, _):
            if part.received and not _continues(response, part.received):
                self._restart(part, on_bytes)
                if response.status_code != 200:
                    raise EndpointError(f"HTTP {response.status_code} to a Range request", transient=True)
            watch = _Watch(self._patience)
            for piece in response.iter_bytes():
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

    def _patiently(self, ask: Callable[[], T], has_grown: Callable[[], bool] = lambda: False) -> T:
        """Try until it works, the failure is final, or too many tries in a row brought nothing."""
        fruitless = 0
        while True:
            try:
                return ask()
            except EndpointError as error:
                fruitless = 0 if has_grown() else fruitless + 1
                if not error.transient or fruitless >= self._patience.attempts:
                    raise
                pause = self._patience.pause * 2.0 ** max(0, fruitless - 1) if error.wait is None else error.wait
                if self._stop.wait(min(pause, self._patience.longest_pause)):
                    raise Stopped from None

    @contextmanager
    def _open(
        self, method: str, endpoint: str, path: str, headers: dict[str, str] | None = None, until: str | None = None
    ) -> Iterator[tuple[httpx.Response, str | None]]:
        """A response with status 200 or 206, or 416, body unread, and the commit named on the way; all failures mapped.

        With `until`, the first answer that has this header is enough, a redirect too.
        """
        token = self._token_for(endpoint)
        sent = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        extensions = {"trace": self._connected}
        request = self._client.build_request(method, endpoint + path, headers=sent, extensions=extensions)
        commit: str | None = None
        try:
            for number in range(_REDIRECTS + 1):
                if self._stop.is_set():
                    raise Stopped
                with self._quiet():
                    response = self._client.send(request, stream=True)
                self._reached.add(endpoint)
                try:
                    commit = commit or response.headers.get(COMMIT_HEADER)
                    if response.next_request is None or (until and until in response.headers):
                        if not (until and response.is_redirect):
                            _check_status(response, redirected=number > 0)
                        yield response, commit
                        return
                    request = _follow(request, response.next_request)
                finally:
                    response.close()
            raise EndpointError(f"redirected more than {_REDIRECTS} times")
        except (self._httpx.HTTPError, self._httpx.InvalidURL, self._httpx.StreamError) as error:
            raise self._failure(error, endpoint, request) from error

    def _failure(self, error: Exception, endpoint: str, request: httpx.Request) -> Exception:
        """A failure of httpx as ours."""
        if self._stop.is_set():
            return Stopped()
        text = _in_words(error, self._patience)
        if not endpoint.startswith(f"{request.url.scheme}://{request.url.netloc.decode()}"):
            text += f" from {request.url.host}, where it redirects"
        final = isinstance(error, self._httpx.InvalidURL | self._httpx.UnsupportedProtocol)
        if isinstance(error, self._httpx.ConnectError | self._httpx.ConnectTimeout):
            # A server that answered before is worth waiting for; one that never did is not.
            final = endpoint not in self._reached
        return EndpointError(text, transient=not final)


class _Watch:
    """Notices a connection that drips."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._since = time.monotonic()
        self._bytes = 0

    def saw(self, count: int) -> None:
        """Count bytes; raises EndpointError when a whole window brought too few."""
        self._bytes += count
        seconds = time.monotonic() - self._since
        if seconds >= self._patience.slow_window:
            if self._bytes < self._patience.slow_rate * seconds:
                raise EndpointError(f"sent only {self._bytes:,} bytes in {seconds:.0f} s", transient=True)
            self._since, self._bytes = time.monotonic(), 0


def _continues(response: httpx.Response, start: int) -> bool:
    """Whether the body goes on where the part stands."""
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    plain = response.headers.get("Content-Encoding", "identity") == "identity"
    return response.status_code == 206 and plain and found is not None and int(found[1]) == start


def _follow(before: httpx.Request, after: httpx.Request) -> httpx.Request:
    if before.url.scheme == "https" and after.url.scheme != "https":
        raise EndpointError(f"redirected from https to {after.url.scheme}")
    return after


def _check_status(response: httpx.Response, *, redirected: bool) -> None:
    status = response.status_code
    if status in (200, 206) or (status == 416 and "Range" in response.request.headers):
        return
    said = [response.headers.get(name, "") for name in ("X-Error-Code", "X-Error-Message")]
    text = ": ".join(part for part in (f"HTTP {status} {response.reason_phrase}".strip(), *said) if part)
    if redirected:
        text += f" from {response.url.host}, where it redirects"
    # An expired signed address of the storage is mended by asking the endpoint again.
    transient = status in _TRANSIENT or (status == 403 and redirected)
    raise EndpointError(_printable(text), transient=transient, wait=_retry_after(response))


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() and len(value) < 6 else None


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)[:300]


def _in_words(error: Exception, patience: Patience) -> str:
    name = type(error).__name__
    if name == "ConnectTimeout":
        return f"no connection within {patience.connect:g} s"
    if name == "ReadTimeout":
        return f"no data for {patience.read:g} s"
    return _printable(f"{name}: {error}" if str(error) else name)
