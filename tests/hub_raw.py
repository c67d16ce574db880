"""A server that writes bytes as a test says, for answers that no real server gives."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

Answer = Callable[[str, str, socket.socket], None]


@contextlib.contextmanager
def raw_server(answer: Answer, host: str = "127.0.0.1") -> Iterator[str]:
    """Calls `answer(head, path, connection)` for each request in a thread of its own; gives the endpoint."""
    server = socket.create_server((host, 0))

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                if not (piece := connection.recv(65536)):
                    return
                head += piece
            text = head.decode("latin-1")
            answer(text, text.split(" ")[1], connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://{host}:{server.getsockname()[1]}"
    finally:
        server.close()


def send(
    connection: socket.socket, body: bytes, *headers: str, status: str = "200 OK", length: int | None = None
) -> None:
    """One whole answer, or with `length` the beginning of a longer one; the connection is closed after it."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", "Connection: close"]
    connection.sendall("\r\n".join([*lines, *headers, "", ""]).encode("latin-1") + body)
