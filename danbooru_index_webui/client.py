"""Asks a running `danbooru-index serve`, here or elsewhere."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

PREFIX = "/danbooru-index/v1"
UNREACHABLE = "unreachable"
ROUTES = ("search", "expand", "related", "tags", "index", "health")


class ServiceError(Exception):
    """What the service, or the lack of one, answered: what happened, and in `hint` what to do now."""

    def __init__(self, message: str, hint: str = "", status: int = 503, code: str = UNREACHABLE) -> None:
        super().__init__(message)
        self.hint, self.status, self.code = hint, status, code

    def as_json(self) -> dict[str, str]:
        """The form of the service's own errors."""
        return {"error": str(self), "hint": self.hint, "code": self.code}


class Client:
    """One server by its address and key. Safe to use from several threads."""

    def __init__(self, address: str, key: str = "") -> None:
        self.address = address.rstrip("/")
        self._key = key
        # A proxy of the user's knows nothing of this machine.
        local = self.address.startswith(("http://127.0.0.1", "http://localhost", "http://[::1]"))
        self._open = urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if local else [])).open

    def ask(self, route: str, body: dict[str, Any] | None = None, timeout: float = 60) -> dict[str, Any]:
        """The answer of one route; POST where there is a body.

        :raises ServiceError: the server cannot be reached, or refused.
        """
        request = urllib.request.Request(f"{self.address}{PREFIX}/{route}")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if self._key:
            request.add_header("Authorization", f"Bearer {self._key}")
        try:
            with self._open(request, timeout=timeout) as answer:
                said: dict[str, Any] = json.load(answer)
                return said
        except urllib.error.HTTPError as error:
            raise _refusal(error) from None
        except (OSError, ValueError) as error:
            raise ServiceError(f"{self.address} does not answer: {error}", "Is the server running there?") from error


def _refusal(error: urllib.error.HTTPError) -> ServiceError:
    try:
        said = json.load(error)
        return ServiceError(str(said["error"]), str(said["hint"]), error.code, str(said["code"]))
    except (ValueError, KeyError, TypeError, OSError):
        return ServiceError(f"The server answered {error.code}.", "", error.code, "status")
