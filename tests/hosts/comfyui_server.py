"""ComfyUI as a subprocess of a test, driven over HTTP."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, TypeVar

import httpx
from comfyui_install import Installation
from comfyui_layers import HostError, clean_environment, read_log, tail

Json = Any
T = TypeVar("T")

LAUNCHER = Path(__file__).with_name("comfyui_launcher.py")
START_SECONDS = 180.0
STOP_SECONDS = 15.0
REQUEST_SECONDS = 60.0
POLL_SECONDS = 0.05
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "node_modules", "venv")
IMPORT_TIME = re.compile(r"^.*?([\d.]+) seconds( \(IMPORT FAILED\))?: (.+)$", re.MULTILINE)


class PromptRefused(HostError):
    """ComfyUI did not queue a graph; ``body`` is its answer, with ``error`` and ``node_errors``."""

    def __init__(self, body: Json) -> None:
        super().__init__(f"ComfyUI refused the prompt: {body}")
        self.body = body


class ComfyUIServer:
    """One running ComfyUI, from ``__enter__`` to ``__exit__``.

    ``pack`` is put into ``base_directory/custom_nodes/pack_name``, as a copy without hidden folders and caches, or as
    a link. Other packs may lie there already. ComfyUI writes its user, output and temp folders into the base
    directory; its log is ``log``. ``environment`` is added to the caller's, ``options`` to the command line.
    """

    def __init__(
        self,
        installation: Installation,
        *,
        pack: Path | None,
        base_directory: Path,
        pack_name: str = "danbooru-index",
        link: bool = False,
        environment: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> None:
        self.installation = installation
        self.pack = pack
        self.pack_name = pack_name
        self.link = link
        self.base_directory = base_directory.resolve()
        self.environment = dict(environment or {})
        self.options = tuple(options)
        self.log = self.base_directory / "comfyui-host.log"
        self.url = ""
        self.client = httpx.Client(trust_env=False, timeout=REQUEST_SECONDS)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> ComfyUIServer:
        """Start ComfyUI and wait until it answers.

        Raises HostError with the end of the log if it ends or stays silent instead.
        """
        self._install_pack()
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.client = httpx.Client(base_url=self.url, trust_env=False, timeout=REQUEST_SECONDS)
        with self.log.open("wb") as log:
            self._process = self._spawn(port, log)
        try:
            self.until(lambda: self.get("/system_stats"), START_SECONDS, "ComfyUI did not answer")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End ComfyUI and every process that it started: asked first, killed after ``STOP_SECONDS``."""
        self.client.close()
        process, self._process = self._process, None
        if process is None:
            return
        _signal_tree(process, force=False)
        _wait_unreaped(process, STOP_SECONDS)
        _signal_tree(process, force=True)
        process.wait(STOP_SECONDS)

    @property
    def pid(self) -> int:
        """The id of the server's own process, which leads the group of all that it starts. Raises HostError if it does not run."""
        if self._process is None:
            raise HostError("ComfyUI does not run")
        return self._process.pid

    def get(self, path: str, **parameters: str | int) -> Json:
        """The JSON answer to a GET; ``client`` is there for answers of other kinds and statuses.

        Raises HostError with status and body for an answer of 400 and above.
        """
        return _json(self.client.get(path, params=parameters))

    def post(self, path: str, body: Json = None) -> Json:
        """The JSON answer to a POST of JSON, None for an empty one. Raises HostError as ``get`` does."""
        return _json(self.client.post(path, json={} if body is None else body))

    def object_info(self, node_id: str) -> Json:
        """What ComfyUI tells its web page about one node. Raises HostError if it has no such node."""
        info = self.get(f"/object_info/{node_id}")
        if node_id not in info:
            raise HostError(f"ComfyUI has no node {node_id}\n{tail(self.log)}")
        return info[node_id]

    def queue(self, graph: Mapping[str, Json], client_id: str | None = None) -> str:
        """Queue a graph in API form and return its prompt id. Raises PromptRefused if ComfyUI finds fault with it."""
        body = {"prompt": graph} if client_id is None else {"prompt": graph, "client_id": client_id}
        answer = self.client.post("/prompt", json=body)
        if answer.status_code == httpx.codes.BAD_REQUEST:
            raise PromptRefused(answer.json())
        return str(_json(answer)["prompt_id"])

    def history(self, prompt_id: str) -> Json | None:
        """The history entry of a prompt; None until it has ended."""
        return self.get(f"/history/{prompt_id}").get(prompt_id)

    def wait(self, prompt_id: str, timeout: float = 60.0) -> Json:
        """The history entry of a prompt once it has ended: with success, with an error, or interrupted.

        Raises HostError with the end of the log if it has not ended in time or the server has.
        """
        return self.until(lambda: self.history(prompt_id), timeout, f"prompt {prompt_id} did not end")

    def wait_there(self, path: Path, timeout: float = 60.0) -> None:
        """Return once a node has made this file or folder; raises HostError as ``wait`` does.

        A prompt that is running may not have come to its nodes yet, and ComfyUI forgets an interrupt that comes before
        them.
        """
        self.until(path.exists, timeout, f"{path.name} did not appear")

    def until(self, look: Callable[[], T | None], timeout: float, complaint: str) -> T:
        """What ``look`` returns as soon as it is true. Raises HostError as ``wait`` does."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                code = self._process and self._process.returncode
                raise HostError(f"{complaint}: the server is not running (code {code})\n{tail(self.log)}")
            # A server that has just died, or does not listen yet, is for the check above to tell.
            with suppress(httpx.TransportError):
                if found := look():
                    return found
            time.sleep(POLL_SECONDS)
        raise HostError(f"{complaint} within {timeout:.0f} s\n{tail(self.log)}")

    def run(self, graph: Mapping[str, Json], timeout: float = 60.0) -> Json:
        """Queue a graph and wait for its history entry. Raises as ``queue`` and ``wait`` do."""
        return self.wait(self.queue(graph), timeout)

    def interrupt(self) -> None:
        """Ask for an end of what is being executed."""
        self.post("/interrupt")

    def free(self, *, memory: bool = False) -> None:
        """Unload the models; with ``memory`` also forget what nodes returned, so that the next run repeats all."""
        self.post("/free", {"unload_models": True, "free_memory": memory})

    def log_text(self) -> str:
        """All that ComfyUI and its nodes have logged so far, without colours."""
        return read_log(self.log)

    def import_seconds(self, pack_name: str | None = None) -> float:
        """How long the import of a pack took, to a tenth of a second, as ComfyUI logs it.

        Raises HostError with the log if the import failed or is not in the log.
        """
        name = pack_name or self.pack_name
        for seconds, failed, path in IMPORT_TIME.findall(self.log_text()):
            if re.split(r"[/\\]", path.strip())[-1] == name and not failed:
                return float(seconds)
        raise HostError(f"ComfyUI did not import {name}\n{self.log_text()}")

    def _install_pack(self) -> None:
        place = self.base_directory / "custom_nodes" / self.pack_name
        place.parent.mkdir(parents=True, exist_ok=True)
        if self.pack is None:
            return
        if place.is_symlink():
            place.unlink()
        elif place.exists():
            shutil.rmtree(place)
        if self.link:
            place.symlink_to(self.pack.resolve(), target_is_directory=True)
        else:
            shutil.copytree(self.pack, place, ignore=NOT_COPIED)

    def _spawn(self, port: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
        command = [str(self.installation.python), str(LAUNCHER), str(self.installation.tree / "main.py")]
        command += ["--cpu", "--listen", "127.0.0.1", "--port", str(port), "--disable-api-nodes"]
        command += ["--base-directory", str(self.base_directory), "--database-url", "sqlite:///:memory:", *self.options]
        return subprocess.Popen(
            command,
            cwd=self.base_directory,
            env={**clean_environment(), **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            **GROUP_OF_ITS_OWN,
        )


def _json(answer: httpx.Response) -> Json:
    if answer.is_error:
        asked = f"{answer.request.method} {answer.request.url}"
        raise HostError(f"{asked} answered {answer.status_code}: {answer.text[:2000]}")
    return answer.json() if answer.content else None


def _free_port() -> int:
    """A port that nobody listens on, below those that systems hand out for outgoing connections.

    ComfyUI binds it many seconds later; one of those could be taken by then.
    """
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


if sys.platform == "win32":
    GROUP_OF_ITS_OWN: dict[str, Any] = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}

    def _signal_tree(process: subprocess.Popen[bytes], *, force: bool) -> None:
        if force:
            kill = ["taskkill", "/T", "/F", "/PID", str(process.pid)]
            subprocess.run(kill, capture_output=True, timeout=STOP_SECONDS)
        else:
            process.send_signal(signal.CTRL_BREAK_EVENT)

    def _wait_unreaped(process: subprocess.Popen[bytes], timeout: float) -> None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout)

else:
    GROUP_OF_ITS_OWN: dict[str, Any] = {"start_new_session": True}

    def _signal_tree(process: subprocess.Popen[bytes], *, force: bool) -> None:
        # The server leads a session of its own, so the group is its tree and nobody else's.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL if force else signal.SIGTERM)

    def _wait_unreaped(process: subprocess.Popen[bytes], timeout: float) -> None:
        """Wait for the end without reaping, so that the id still names this group when the rest of it is killed."""
        deadline = time.monotonic() + timeout
        with suppress(ChildProcessError):
            while time.monotonic() < deadline:
                if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                    return
                time.sleep(POLL_SECONDS)
