"""The server as a process of ours: started when first needed, restarted once when it dies, ended with the WebUI."""

from __future__ import annotations

import atexit
import contextlib
import secrets
import subprocess
import threading
import time
from collections import deque
from pathlib import Path

from .client import Client, ServiceError
from .environment import Environment

START_SECONDS = 600  # the first time the starter index is built
STEADY_SECONDS = 300  # a server that lived so long may be restarted again
LOG_LINES = 30
ENDED = "ended"  # the code of errors after which the panel offers to restart it


class LocalServer:
    """One `danbooru-index serve` on a free loopback port with a random key. Safe to use from several threads."""

    def __init__(self, environment: Environment, home: Path) -> None:
        self._environment, self._home = environment, home
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._client: Client | None = None
        self._started = 0.0
        self._restarts = 0
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        atexit.register(self.stop)

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        process = self._process
        return process is not None and process.poll() is None

    @property
    def last_line(self) -> str:
        """What it said last: while it starts, how far it is."""
        return self._log[-1] if self._log else ""

    def client(self) -> Client:
        """A client of the running server, which is started first where it is not running.

        :raises ServiceError: it does not start, or died twice in a short time.
        """
        with self._lock:
            if self.is_running and self._client is not None:
                return self._client
            if self._process is not None:
                self._restarts = 0 if time.monotonic() - self._started > STEADY_SECONDS else self._restarts + 1
            if self._restarts > 1:
                raise ServiceError(
                    f"The server ended: {self._said()}",
                    "Restart it in the panel, or look at the WebUI's log.",
                    code=ENDED,
                )
            self._client = self._start()
            return self._client

    def restart(self) -> None:
        """Stop it; the next request starts it, however often it died."""
        self.stop()
        with self._lock:
            self._restarts = 0
            self._process = None

    def stop(self) -> None:
        """End the process; it ends by itself too when the pipe to it closes, however the WebUI ends."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        with contextlib.suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)

    def _start(self) -> Client:
        key = secrets.token_urlsafe(24)
        variables = {**self._environment.variables(), "DANBOORU_INDEX_KEY": key}
        variables.setdefault("DANBOORU_INDEX_HOME", str(self._home))
        self._home.mkdir(parents=True, exist_ok=True)
        self._log.clear()
        self._process = subprocess.Popen(
            self._environment.command("serve", "--port", "0", "--until-stdin-closes"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=variables,
            cwd=self._home,
        )
        self._started = time.monotonic()
        address: list[str] = []
        said = threading.Event()
        threading.Thread(target=self._read, args=(self._process, address, said), daemon=True).start()
        if not said.wait(START_SECONDS) or not address:
            self.stop()
            raise ServiceError(
                f"The server does not start: {self._said()}",
                "Restart it in the panel, or look at the WebUI's log.",
                code=ENDED,
            )
        client = Client(address[0], key)
        client.ask("health", timeout=START_SECONDS)
        return client

    def _read(self, process: subprocess.Popen[str], address: list[str], said: threading.Event) -> None:
        """Keep the last lines of the server, and find its address in the first one that names it."""
        assert process.stdout is not None
        for line in process.stdout:
            for part in line.replace("\r", "\n").split("\n"):
                if part.strip():
                    self._log.append(part.strip()[:300])
            if line.startswith("Serving ") and not address:
                address.append(line.split()[1])
                said.set()
        said.set()

    def _said(self) -> str:
        return " ".join(list(self._log)[-3:]) or "it said nothing"
