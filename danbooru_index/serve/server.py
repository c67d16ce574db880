"""Runs the application in one or several processes. The only file that imports uvicorn, which chromadb brings."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from ..errors import DanbooruIndexError, InputError, MissingDependencyError
from ..settings import for_child_processes
from ..storage.stdin import when_stdin_closes
from .app import App, Receive, Scope, Send
from .options import ServeOptions

try:
    import uvicorn
    from uvicorn.config import STARTUP_FAILURE
    from uvicorn.protocols.http.h11_impl import H11Protocol
    from uvicorn.supervisors import Multiprocess
except ImportError as missing:
    raise MissingDependencyError(
        f"The package uvicorn cannot be imported: {missing}.", hint='Install it: pip install "uvicorn>=0.50"'
    ) from missing

BACKLOG = 512
MAX_CONNECTIONS = 512  # a worker; more are answered 503
# How the C library of Linux keeps what is freed, read when a process starts: few arenas and at most some megabytes, which
# takes 20 MB from each worker for a tenth of its searches a second. What the user has set stands.
_ALLOCATION = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "4194304", "MALLOC_TRIM_THRESHOLD_": "2097152"}


class _Protocol(H11Protocol):
    """HTTP/1.1 that also ends connections whose client does not send a request's head, or does not take its answer, in time.

    h11 bounds the head to 64 KiB; the time of a body is the application's.
    """

    @property
    def _options(self) -> ServeOptions:
        options: ServeOptions = self.config.app.options  # type: ignore[union-attr]
        return options

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(self._options.arrive, self._give_up)
        self._timed = True

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        head_missing = self.cycle is None or self.cycle.response_complete
        if head_missing and not self._timed:
            self._head_timer = self.loop.call_later(self._options.arrive, self._give_up)
        elif not head_missing:
            self._head_timer.cancel()
        self._timed = head_missing

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_timer.cancel()
        super().connection_lost(exc)

    def timeout_keep_alive_handler(self) -> None:
        """Nothing was asked for a while: say goodbye, but let a slow client take the rest of its answer first."""
        if self.transport.get_write_buffer_size():
            self.loop.call_later(self._options.take, self._give_up)
        else:
            self._give_up()

    def _give_up(self) -> None:
        # Not close(), which would wait for the client to take what is still to be sent.
        self.transport.abort()


class _HasOptions(Protocol):
    """An ASGI application that knows its limits."""

    options: ServeOptions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


def serve(options: ServeOptions, told: Callable[[str], None], app: _HasOptions | None = None) -> None:
    """Serve until a signal, or until standard input closes where the options say so.

    :param app: what is served, the routes of the engine by default; copied to every worker.
    :param told: gets the address as soon as connections are accepted; they wait while the index opens.
    :raises InputError: the address or port cannot be used.
    :raises DanbooruIndexError: the workers cannot start; their log says why.
    """
    listening = _bind(options)
    told(_address(options.host, listening))
    config = uvicorn.Config(
        app or App(options),
        http=_Protocol,
        ws="none",
        lifespan="on",
        workers=options.workers,
        log_level=logging.WARNING,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=max(1, round(options.idle)),
        timeout_graceful_shutdown=max(1, round(options.finish)),
        timeout_worker_healthcheck=60,
    )
    with _quiet_signals(), listening:
        if options.workers == 1:
            server = uvicorn.Server(config)
            if options.until_stdin_closes:
                when_stdin_closes(lambda: setattr(server, "should_exit", True))
            server.run(sockets=[listening])
            started = server.started
        else:
            for_child_processes(_ALLOCATION)
            group = Multiprocess(config, sockets=[listening])
            if options.until_stdin_closes:
                when_stdin_closes(group.should_exit.set)
            group.run()
            started = all(process.exitcode != STARTUP_FAILURE for process in group.processes)
    if not started:
        raise DanbooruIndexError(
            "The server could not start.", hint="The lines above say why; danbooru-index verify checks the index."
        )


def _bind(options: ServeOptions) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
        listening = socket.socket(family)
        # On Windows this option would let another program take the port.
        if sys.platform != "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((options.host.strip("[]"), options.port))
        listening.listen(BACKLOG)
    except OSError as error:
        raise InputError(
            f"{options.host} port {options.port} cannot be used: {error.strerror or error}.",
            hint="Choose another one: --port N, or --port 0 for any free one.",
        ) from error
    listening.set_inheritable(True)
    return listening


def _address(host: str, listening: socket.socket) -> str:
    port = listening.getsockname()[1]
    name = host.strip("[]")
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(name).version == 6:
            name = f"[{name}]"
    return f"http://{name}:{port}"


@contextlib.contextmanager
def _quiet_signals() -> Iterator[None]:
    """uvicorn raises the signal that stopped it once more; here it has done its work by then."""
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: None) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
