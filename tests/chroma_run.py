"""A real `chroma run` on this machine, and a reverse proxy before it that speaks TLS and wants a key, as administrators set one up."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

START_SECONDS = 300
_PASSED_ON = ("content-type", "content-length")


def free_port() -> int:
    """A port that nothing uses now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextlib.contextmanager
def chroma_server(folder: Path) -> Iterator[str]:
    """The address of a Chroma server over a folder."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(folder), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _listens(port):
            assert server.poll() is None, f"chroma run ended with {server.returncode}"
            assert time.monotonic() < deadline, "chroma run does not listen"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        try:
            server.wait(timeout=60)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(timeout=60)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=10):
        return True
    return False


@dataclass
class Proxy:
    """`url` and its `certificate`; `seen` has (path, the key that came with it or "") of every request."""

    url: str
    certificate: Path
    seen: list[tuple[str, str]] = field(default_factory=list)


@contextlib.contextmanager
def guarded(upstream: str, key: str, folder: Path, header: str = "Authorization") -> Iterator[Proxy]:
    """A proxy on https://localhost that passes on what carries the key, and answers 401 to everything else."""
    certificate = _make_certificate(folder)
    wanted = f"Bearer {key}" if header == "Authorization" else key
    proxy = Proxy("", certificate)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            given = self.headers.get(header, "")
            proxy.seen.append((self.path, given))
            if given != wanted:
                self._answer(401, b"<html>401 Authorization Required</html>", "text/html")
                return
            connection = http.client.HTTPConnection(upstream.removeprefix("http://"), timeout=60)
            sent = {name: value for name, value in self.headers.items() if name.lower() in _PASSED_ON}
            connection.request(self.command, self.path, body, sent)
            answer = connection.getresponse()
            self._answer(answer.status, answer.read(), answer.headers.get("Content-Type", "application/json"))
            connection.close()

        do_POST = do_PUT = do_DELETE = do_GET

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads, block_on_close = True, False

        def handle_error(self, *_: object) -> None:
            """A client that does not trust the certificate hangs up."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    server = Server(("127.0.0.1", 0), Handler)
    # The handshake belongs to the thread of the connection: one that never comes must not stop the others.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    proxy.url = f"https://localhost:{server.server_port}"
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()


def _make_certificate(folder: Path) -> Path:
    """A certificate of localhost that signs itself, with its key beside it."""
    path = folder / "server.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(path.with_suffix(".key")), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return path
