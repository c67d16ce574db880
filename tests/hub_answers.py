"""How the test Hub answers: JSON, errors, and files with the trouble that is on."""

from __future__ import annotations

import gzip
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from hub_faults import Fault, Request
from hub_repositories import Blob

_PIECE = 1 << 16


class Answering(BaseHTTPRequestHandler):
    """Answers one request, `seen`, with the trouble of `fault`; `closing` ends a stall when the server ends."""

    protocol_version = "HTTP/1.1"
    seen: Request
    fault: Fault
    closing: threading.Event

    def log_message(self, *_: object) -> None:
        """Requests are kept by the server instead."""

    def json(self, value: Any, headers: dict[str, str] | None = None) -> None:
        self.send(200, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})

    def error(self, status: int, code: str, headers: dict[str, str] | None = None) -> None:
        self.send(status, b"", {"X-Error-Code": code, "X-Error-Message": code, **(headers or {})})

    def send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self._head(status, {"Content-Length": str(len(body)), **(headers or {})})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.seen.status = status
        self.send_response(status)
        for name, value in headers.items():
            if name not in self.fault.strip:
                self.send_header(name, value)
        self.end_headers()

    def content(self, blob: Blob, headers: dict[str, str]) -> None:
        """A file, from where the Range says, with the trouble that is on."""
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        start = int(found[1]) if found and not self.fault.ignore_range else 0
        end = min(int(found[2]) + 1, blob.size) if found and found[2] and not self.fault.ignore_range else blob.size
        headers = {"Accept-Ranges": "bytes", "Content-Type": "application/octet-stream", **headers}
        if start >= blob.size > 0:
            return self.send(416, b"", {"Content-Range": f"bytes */{blob.size}"})
        partial = found is not None and not self.fault.ignore_range
        if partial:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{blob.size}"
        plain = self.fault == Fault("") or not any((self.fault.gzip, self.fault.flip is not None))
        length = end - start
        if self.fault.truncate is not None:
            length = min(length, self.fault.truncate)
        if plain and isinstance(blob.data, Path) and not self._is_slow:
            return self._send_file(206 if partial else 200, blob.data, start, length, headers)
        body = bytearray(blob.read()[start : start + length])
        if self.fault.flip is not None and start <= self.fault.flip < start + len(body):
            body[self.fault.flip - start] ^= 1
        if self.fault.gzip:
            body, headers["Content-Encoding"] = bytearray(gzip.compress(body)), "gzip"
        self._length(headers, len(body))
        self._head(206 if partial else 200, headers)
        self._body(bytes(body))

    def _length(self, headers: dict[str, str], length: int) -> None:
        if self.fault.no_length:
            self.close_connection = True
            headers["Connection"] = "close"
        else:
            headers["Content-Length"] = str(length)

    @property
    def _is_slow(self) -> bool:
        fault = self.fault
        return any(value is not None for value in (fault.cut, fault.stall, fault.rate))

    def _send_file(self, status: int, path: Path, start: int, length: int, headers: dict[str, str]) -> None:
        self._length(headers, length)
        self._head(status, headers)
        if self.command == "HEAD" or not length:
            return
        with path.open("rb") as file:
            self.seen.sent = self.connection.sendfile(file, start, length)

    def _body(self, body: bytes) -> None:
        if self.command == "HEAD":
            return
        end = len(body) if self.fault.cut is None else min(self.fault.cut, len(body))
        for start in range(0, end, _PIECE):
            piece = body[start : min(start + _PIECE, end)]
            if self.fault.stall is not None and (start >= end // 2 or end <= _PIECE):
                self.closing.wait(self.fault.stall)
                self.fault.stall = None
            self.wfile.write(piece)
            self.seen.sent += len(piece)
            if self.fault.rate:
                time.sleep(len(piece) / self.fault.rate)
        if end < len(body):
            self.close_connection = True
