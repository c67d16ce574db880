"""What `serve` is told; small and picklable, since every worker process gets a copy."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError

DEFAULT_PORT = 8631
LEAST_KEY_CHARS = 12
BEYOND_LOOPBACK_RATE = 20.0  # requests a second and client


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Where to listen, for whom, and within which limits.

    `port` 0 takes a free one. `key` is needed by every request but those for the page and for health, and is required
    unless `host` is loopback. `allowed_hosts` are names under which clients may call, beside addresses and localhost.
    `rate` is requests a second and client and worker, 0 for no limit, None for no limit on loopback alone; `waiting` the
    most requests that wait in one worker. Times are seconds: a request's head and body must arrive in `arrive` each, an
    answer must be taken in `take`, a connection without requests is kept for `idle`, and running requests get `finish`
    when the server stops.

    Raises InputError when a value is out of range, or the key is missing or short.
    """

    db: Path | None = None
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    workers: int = 1
    key: str | None = field(default=None, repr=False)
    allowed_hosts: tuple[str, ...] = ()
    rate: float | None = None
    waiting: int = 64
    arrive: float = 10.0
    take: float = 30.0
    idle: float = 15.0
    finish: float = 10.0
    until_stdin_closes: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise InputError(f"The port is {self.port}.", hint="Choose 1 to 65535, or 0 for any free one.")
        if not 1 <= self.workers <= 256:
            raise InputError(f"The number of workers is {self.workers}.", hint="Choose 1 to 256, at most one a core.")
        if self.rate is not None and not 0 <= self.rate <= 1e6:
            raise InputError(f"The rate is {self.rate}.", hint="Choose requests a second, 0 for no limit.")
        if self.key is not None and (len(self.key) < LEAST_KEY_CHARS or not self.key.isascii() or " " in self.key):
            raise InputError("The key cannot be used.", hint=f"Use at least {LEAST_KEY_CHARS} ASCII characters.")
        if self.key is None and not is_loopback(self.host):
            raise InputError(
                f"Whoever reaches {self.host} could use this server, and there is no key.",
                hint="Set one: DANBOORU_INDEX_KEY=... danbooru-index serve ..., or keep --host 127.0.0.1.",
            )

    @property
    def requests_per_second(self) -> float:
        """The rate that holds, 0 for none."""
        if self.rate is not None:
            return self.rate
        return 0.0 if is_loopback(self.host) else BEYOND_LOOPBACK_RATE


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches this address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
