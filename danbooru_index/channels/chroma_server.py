"""A Chroma server: many hosts search in one collection, which builds replace."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError  # another class before Python 3.11
from typing import TypeVar
from urllib.parse import urlsplit

from ..errors import ChromaServerError, InputError, MissingDependencyError
from .chroma import COLLECTION, Collection, Metadata, create, load_server_library, server_client

SERVER_BATCH = 1_000  # records in one call, whose bytes are bounded
SERVER_SECONDS = 4.0  # that a server may take to answer
_ALIVE = "/api/v2/heartbeat"
_NO_KEY = (401, 403)
_KEY_HINT = "Set CHROMA_CLIENT_AUTH_PROVIDER and CHROMA_CLIENT_AUTH_CREDENTIALS to what this server wants, or search without --chroma."
_CERTIFICATE_HINT = (
    "Name its authority's certificate (CHROMA_SERVER_SSL_VERIFY=FILE.pem), and the server by its own name."
)
T = TypeVar("T")


class Server:
    """A Chroma server; `name` is the collection that is current there, `NAME-BUILD` one of a certain build."""

    def __init__(self, url: str, name: str = COLLECTION) -> None:
        """Connect.

        :raises InputError: the address is not one.
        :raises ChromaServerError: nothing answers there within SERVER_SECONDS, or it wants another key or certificate.
        """
        self.url, self.name = url.rstrip("/"), name
        host, port, secure = _parts(self.url)
        self.run(lambda: _probe(host, port, secure=secure))
        load_server_library()  # outside the time limit, which is the server's
        self._client = self.run(lambda: server_client(host, port, secure=secure))

    def _failure(self, error: BaseException) -> ChromaServerError:
        """An error of a call in words, with what helps: Chroma's client hides what the server said in what it was raised from."""
        chain = list(_chain(error))
        status = next((code for found in chain if (code := _status_of(found)) is not None), None)
        if status in _NO_KEY:
            return ChromaServerError(f"The Chroma server {self.url} wants another key: HTTP {status}.", hint=_KEY_HINT)
        for found in chain:
            if "CERTIFICATE_VERIFY_FAILED" in str(found):
                what = f"The certificate of the Chroma server {self.url} is not trusted: {found}."
                return ChromaServerError(what, hint=_CERTIFICATE_HINT)
        reason = "it does not speak HTTP" if isinstance(error, http.client.HTTPException) else str(error)
        return ChromaServerError(
            f"The Chroma server {self.url} does not answer: {reason or type(error).__name__}.",
            hint="Start it (chroma run), correct the address, or search without --chroma.",
        )

    def run(self, call: Callable[[], T], seconds: float = SERVER_SECONDS) -> T:
        """Make a call in a thread, since Chroma's client has no time limit.

        :raises ChromaServerError: it failed or took too long.
        """
        done: Future[T] = Future()

        def work() -> None:
            try:
                done.set_result(call())
            except BaseException as error:  # raised again below
                done.set_exception(error)

        threading.Thread(target=work, name="danbooru-index-chroma", daemon=True).start()
        try:
            return done.result(timeout=seconds)
        except FutureTimeoutError as error:
            raise self._failure(TimeoutError(f"no answer within {seconds:.0f} s")) from error
        except (MissingDependencyError, InputError):
            raise
        except Exception as error:
            raise self._failure(error) from error

    def find(self, build: str) -> Collection:
        """The collection of a build: the current one, or one that waits under its own name.

        :raises ChromaServerError: the server has no collection of this build.
        """
        held = {one.name: one for one in self.run(self._client.list_collections)}
        for name in (self.name, f"{self.name}-{build}"):
            if name in held and (held[name].metadata or {}).get("build") == build:
                return self._collection(name)
        other = (held[self.name].metadata or {}).get("build") if self.name in held else None
        found = f"its {self.name} is of the build {other}" if other else f"it has no collection {self.name}"
        raise ChromaServerError(
            f"The Chroma server {self.url} does not hold this index (build {build}): {found}.",
            hint=f"Send it there (danbooru-index build ... --chroma {self.url}), or use the index that the server holds.",
        )

    def _collection(self, name: str, seconds: float = SERVER_SECONDS) -> Collection:
        found = self.run(lambda: self._client.get_collection(name, embedding_function=None))
        return Collection(found, lambda call: self.run(call, seconds), lambda: None)

    def begin(self, build: str, total: int, metadata: Metadata) -> Collection:
        """A new collection under the name of a build; what an earlier attempt left there is removed."""
        name = f"{self.name}-{build}"
        if name in {one.name for one in self.run(self._client.list_collections)}:
            self.run(lambda: self._client.delete_collection(name))
        made = self.run(lambda: create(self._client, name, total, metadata, SERVER_BATCH))
        return Collection(made, lambda call: self.run(call, 120.0), lambda: None)

    def make_current(self, build: str) -> None:
        """Let the collection of a build take the name; the one before it keeps its own, older ones are removed."""
        held = {one.name: one for one in self.run(self._client.list_collections)}
        before = held.get(self.name)
        kept = {f"{self.name}-{build}"}
        if before is not None:
            old = f"{self.name}-{(before.metadata or {}).get('build', 'unknown')}"
            if old in held and old not in kept:
                self.run(lambda: self._client.delete_collection(old))
            kept.add(old)
            if old == f"{self.name}-{build}":  # the same build again: the new one takes its place
                self.run(lambda: self._client.delete_collection(self.name))
            else:
                self._collection(self.name).rename(old)
        self._collection(f"{self.name}-{build}").rename(self.name)
        for name in held:
            if name.startswith(f"{self.name}-") and name not in kept:
                self.run(lambda name=name: self._client.delete_collection(name))  # type: ignore[misc]


def _parts(url: str) -> tuple[str, int, bool]:
    """Host, port, and whether TLS is used.

    :raises InputError: it is not an address.
    """
    try:
        parts = urlsplit(url)
        host, secure = parts.hostname, parts.scheme == "https"
        port = parts.port or (443 if secure else 8000)
    except ValueError:
        host, parts, port, secure = None, urlsplit(""), 0, False
    if parts.scheme not in ("http", "https") or not host or parts.path.strip("/"):
        raise InputError(f"{url!r} is not the address of a Chroma server.", hint="Write it as http://host:8000.")
    return host, port, secure


def _probe(host: str, port: int, *, secure: bool) -> None:
    """Ask whether anything answers, before seconds go into importing Chroma, whose client waits without an end.

    No key is sent and nothing is believed, so the certificate is left to Chroma's client.
    """
    if secure:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, port, timeout=SERVER_SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=SERVER_SECONDS)  # type: ignore[assignment]
    try:
        connection.request("GET", _ALIVE)
        connection.getresponse()
    finally:
        connection.close()


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that it was raised from or while handling."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _status_of(error: BaseException) -> int | None:
    """The HTTP status that an error of Chroma's client or of httpx carries."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is None and type(error).__name__ == "ChromaAuthError":
        return _NO_KEY[-1]
    return status if isinstance(status, int) else None
