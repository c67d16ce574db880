"""Endpoints tried in turn, and small questions to them that a host can interrupt."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..errors import HubError
from ..progress import Progress, Step
from ..settings import Settings
from .download import EndpointError, HubClient, RetryPolicy
from .endpoints import Repository, check_endpoint

ASKING = "asking the Hub"  # the stage before the download
_POLL_SECONDS = 0.1
_JOIN_SECONDS = 2.0
T = TypeVar("T")


def endpoints_of(settings: Settings, hint: str) -> list[str]:
    """The endpoints to try, checked; `hint` is what the user can do when there is none.

    :raises HubError: none is set.
    :raises InputError: one cannot be an endpoint.
    """
    if not settings.endpoints:
        raise HubError("No endpoint is set.", hint=hint)
    return list(dict.fromkeys(check_endpoint(url) for url in settings.endpoints))


@contextlib.contextmanager
def client_for(settings: Settings, retry: RetryPolicy) -> Iterator[HubClient]:
    """A client with the token of the settings, closed at the end."""
    client = HubClient(settings.token_for, retry)
    try:
        yield client
    finally:
        client.close()


class Mirrors:
    """Endpoints in the order to try: one that fails goes to the end. Safe to use from several threads."""

    def __init__(self, endpoints: Sequence[str], hint: str) -> None:
        """`hint` is what the user can do when none of them delivers."""
        self._order = list(endpoints)
        self._hint = hint
        self._lock = threading.Lock()

    def ask(self, what: str, request: Callable[[str], T]) -> tuple[str, T]:
        """The first endpoint that answers, and its answer.

        :raises HubError: none did; the error names what each one said.
        """
        with self._lock:
            order = list(self._order)
        said = []
        for endpoint in order:
            try:
                return endpoint, request(endpoint)
            except EndpointError as error:
                said.append(f"{endpoint}: {error}")
                with self._lock:
                    self._order.remove(endpoint)
                    self._order.append(endpoint)
        raise HubError(f"{what} could not be fetched. " + "; ".join(said) + ".", hint=self._hint)


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository at one commit, and the endpoints to get it from."""

    client: HubClient
    mirrors: Mirrors
    repository: Repository
    commit: str

    def read(self, name: str, limit: int) -> tuple[str, bytes]:
        """The endpoint that answered, and a small file of at most `limit` bytes."""
        path = self.repository.file_path(self.commit, name)
        return self.mirrors.ask(f"{name} of {self.repository}", lambda endpoint: self.client.get(endpoint, path, limit))


def run_interruptibly(client: HubClient, progress: Progress, what: str, call: Callable[[], T]) -> T:
    """The result of a `call` that asks endpoints small things, made in a thread: a silent one takes minutes to give up.

    `progress` runs in the calling thread meanwhile; what it raises stops the exchange and passes through.
    """
    results: list[T] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            results.append(call())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        thread.join(_POLL_SECONDS)
        while thread.is_alive():
            progress(Step(what, 0, 0, "B"))
            thread.join(_POLL_SECONDS)
    except BaseException:
        client.stop()
        thread.join(_JOIN_SECONDS)
        raise
    if failures:
        raise failures[0]
    return results[0]
