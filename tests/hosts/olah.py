"""olah, a real mirror of the Hub, for the tests: prepared once in a cache folder, then run in front of the test Hub.

    with OlahServer(installation(), hub.url, hub.storage_url, tmp_path) as mirror:
        ...  # endpoint: mirror.url

``python tests/hosts/olah.py prepare`` installs it from PyPI into an environment of its own, ahead of a test run.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from comfyui_layers import HostError, Layer, cache_root, clean_environment, digest, is_complete, tail

VERSION = "0.5.4"
START_SECONDS = 90.0
STOP_SECONDS = 10.0
START = "from olah.server import cli; cli()"


def installation() -> Layer:
    """Where olah is, or is to be installed."""
    return Layer(cache_root() / f"olah-{VERSION}-{digest(VERSION)}")


def is_prepared() -> bool:
    """Whether ``prepare`` has been run."""
    return is_complete(installation().path)


class OlahServer:
    """One running olah in front of a Hub, from ``__enter__`` to ``__exit__``; ``url`` is its endpoint."""

    def __init__(self, layer: Layer, hub: str, storage: str, folder: Path) -> None:
        self._layer, self._hub, self._storage = layer, urlsplit(hub), urlsplit(storage)
        self._folder = folder
        self.log = folder / "olah.log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> OlahServer:
        """Start it and wait until it answers.

        Raises HostError with the end of its log if it ends or stays silent instead.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        flags = {
            "--host": "127.0.0.1",
            "--port": str(self._port),
            "--hf-scheme": self._hub.scheme,
            "--hf-netloc": self._hub.netloc,
            "--hf-lfs-netloc": self._storage.netloc,
            "--repos-path": str(self._folder / "repos"),
            "--log-path": str(self._folder / "logs"),
        }
        command = [str(self._layer.python), "-c", START, *(word for pair in flags.items() for word in pair)]
        with self.log.open("wb") as out:
            environment = {**clean_environment(), "HF_HOME": str(self._folder / "hf")}
            self._process = subprocess.Popen(command, stdout=out, stderr=out, cwd=self._folder, env=environment)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__(None, None, None)
                raise HostError(f"olah does not answer at {self.url}\n{tail(self.log)}")
            time.sleep(0.1)
        return self

    def _answers(self) -> bool:
        # Its own pages are no sign of life: in this version they fail.
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=5):
            return True
        return False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(STOP_SECONDS)


def main() -> int:
    """Run ``prepare`` from the command line; 1 if it failed, which is then reported on standard error."""
    if sys.argv[1:] != ["prepare"]:
        print("usage: python tests/hosts/olah.py prepare", file=sys.stderr)
        return 2
    try:
        installation().make([[f"olah=={VERSION}"]], lambda line: print(line, flush=True))
    except HostError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"olah {VERSION} is ready in {installation().path}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
