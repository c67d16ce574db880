"""The one object that the rest of the extension asks; it outlives "Reload UI"."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from .client import UNREACHABLE, Client, ServiceError
from .environment import Environment
from .process import ENDED, LocalServer

KEY_FILE = "server_key.txt"  # of a server elsewhere; settings would show it to the page


class Backend:
    """Asks the server that the settings name, or our own."""

    def __init__(self, home: Path, named_server: Callable[[], str]) -> None:
        """Set up, without starting anything.

        :param home: the folder of indexes, models and our environment.
        :param named_server: the address of a server elsewhere, empty for our own; read at every request.
        """
        self.home = home
        self.environment = Environment(home / "webui-environment")
        self.server = LocalServer(self.environment, home)
        self._named_server = named_server
        self._installing: threading.Thread | None = None
        self._said = ""
        self._lock = threading.Lock()

    def ask(self, route: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The answer of a route of the service.

        :raises ServiceError: there is no server, or it refused.
        """
        named = self._named_server().strip()
        if named:
            if not named.startswith(("http://", "https://")):
                raise ServiceError(
                    f"{named} is not the address of a server.",
                    "Correct it in Settings > Danbooru Index.",
                    400,
                    "settings",
                )
            return Client(named, self._key()).ask(route, body)
        if not self.environment.is_ready:
            raise ServiceError(
                "danbooru-index is not installed yet.",
                "Press Install: it gets an environment of its own, the WebUI's packages stay as they are.",
                503,
                "not_installed",
            )
        try:
            return self.server.client().ask(route, body)
        except ServiceError as error:
            if error.code != UNREACHABLE:
                raise
            raise ServiceError(
                str(error), "Restart it in the panel, or look at the WebUI's log.", code=ENDED
            ) from error

    def _key(self) -> str:
        try:
            return (self.home / KEY_FILE).read_text(encoding="utf-8").strip()
        except OSError:
            return os.environ.get("DANBOORU_INDEX_KEY", "")

    def status(self) -> dict[str, Any]:
        """What the panel shows before anything was asked; starts nothing."""
        return {
            "installed": self.environment.is_ready or bool(self._named_server().strip()),
            "installing": self._installing is not None and self._installing.is_alive(),
            "running": self.server.is_running,
            "said": self._said or self.server.last_line,
        }

    def install(self) -> None:
        """Begin to install in the background; a second call while it runs does nothing."""
        with self._lock:
            if self._installing is not None and self._installing.is_alive():
                return
            self._said = "Starting ..."
            self._installing = threading.Thread(target=self._install, name="danbooru-index-install", daemon=True)
            self._installing.start()

    def _install(self) -> None:
        try:
            self.environment.install(self._tell)
            self._said = ""
        except (ServiceError, OSError) as error:
            self._said = f"{error} {getattr(error, 'hint', '')}".strip()
            print(f"danbooru-index: {self._said}")

    def _tell(self, line: str) -> None:
        self._said = line


@lru_cache(maxsize=1)
def backend() -> Backend:
    """The WebUI's backend, made at the first call."""
    from . import host

    return Backend(host.home(), host.named_server)
