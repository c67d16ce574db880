"""A build in a process of its own, with this very Python.

Encoding, numpy and Chroma hold the interpreter for tenths of a second, and ComfyUI's event loop would wait for each of
them. The child is `danbooru-index build --progress json`. It stops when its standard input closes, so it outlives
neither a cancelled build nor ComfyUI itself; a build that was ended anywhere goes on from its last checkpoint.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from ..danbooru_index import errors
from ..danbooru_index.errors import BuildError, DanbooruIndexError
from ..danbooru_index.progress import Progress, Step
from ..danbooru_index.settings import Settings

PACK = Path(__file__).resolve().parent.parent
STOP_SECONDS = 8.0  # for the child to stop by itself; it gives itself less
_LOOK_SECONDS = 0.2  # how often a wait looks whether it is still wanted
_LAST_LINES = 20
# The package lies in a folder of custom_nodes, and ComfyUI's own folder has modules of names that libraries use too. An
# embedded Python ignores PYTHONPATH, so the child puts its path right by itself.
_START = (
    "import runpy, sys; pack = sys.argv.pop(1); sys.path[:] = [pack, *(path for path in sys.path if path)]; "
    "runpy.run_module('danbooru_index', run_name='__main__', alter_sys=True)"
)
_GONE = "It goes on from its last checkpoint when it is run again. "

logger = logging.getLogger("danbooru-index")


def build_in_child(arguments: list[str], settings: Settings, progress: Progress) -> str:
    """Run a command that builds, tell its progress, and return what it says of its result.

    :param arguments: of the command line, such as `build --input=FILE`; the index is the main one of the settings' home.
    :param progress: told of each step, and of the last one again while there is no new one. What it raises stops the child.
    :raises DanbooruIndexError: the child's own error, or a BuildError when it ended without one.
    """
    last = Step("start", 0, 0)
    with _child(arguments, settings) as child:
        progress(last)  # a child can take seconds to its first word
        while True:
            event = child.next_event()
            if event is None:
                progress(last)
            elif "step" in event:
                last = Step(**event["step"])
                progress(last)
                last = Step(last.name, last.done, last.total, last.unit, last.rate, last.remaining, last.memory)
            elif "done" in event:
                return str(event["done"]["text"])
            else:
                raise _error_of(event["failed"])


class _Child:
    """The process, and the lines that it writes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._said: deque[str] = deque(maxlen=_LAST_LINES)
        assert process.stdout is not None and process.stderr is not None
        for run, stream in ((self._read, process.stdout), (self._log, process.stderr)):
            threading.Thread(target=run, args=(stream,), name="danbooru-index child", daemon=True).start()

    def next_event(self) -> dict[str, Any] | None:
        """The next line that it writes; None where it wrote none for a moment. Raises BuildError when it has ended."""
        try:
            line = self._lines.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            return None
        if line is None:
            raise self._ended()
        try:
            event: dict[str, Any] = json.loads(line)
        except ValueError:  # what a library in another language printed
            logger.info("build: %s", line.rstrip())
            return None
        return event

    def stop(self) -> None:
        """End it: first by a word, then for good."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_SECONDS)

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.put(line)
        self._lines.put(None)

    def _log(self, stream: IO[str]) -> None:
        """What libraries say: warnings, and a traceback where there is one."""
        for line in stream:
            if line.strip():
                self._said.append(line.rstrip())
                logger.warning("build: %s", line.rstrip())

    def _ended(self) -> BuildError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        code = self._process.poll()
        if code is not None and code < 0:
            message = f"The process that builds the index was ended from outside (signal {-code})."
            hint = "If nobody did that, memory ran out: close other programs, or choose a smaller batch_size."
        else:
            # The command line ends with what happened and, after it, a hint for its own users.
            said = next((line for line in reversed(self._said) if not line.startswith("hint: ")), "it said nothing")
            message = f"The process that builds the index ended before its time (exit code {code}): {said}."
            hint = "The log of ComfyUI says more."
        return BuildError(message, hint=_GONE + hint)


@contextlib.contextmanager
def _child(arguments: list[str], settings: Settings) -> Iterator[_Child]:
    """The running child, which has ended when this does."""
    try:
        process = subprocess.Popen(
            [sys.executable, *_flags(), "-c", _START, str(PACK), *arguments, "--progress=json", "--until-stdin-closes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=_variables(settings),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # a flag of Windows
        )
    except OSError as error:
        message = f"The process that builds the index cannot be started with {sys.executable!r}: {error}."
        raise BuildError(message, hint="Check that this Python may be run, and memory.") from error
    child = _Child(process)
    try:
        yield child
    finally:
        child.stop()


def _flags() -> list[str]:
    """What decides where this Python looks for packages."""
    flags = {"-I": sys.flags.isolated, "-E": sys.flags.ignore_environment, "-s": sys.flags.no_user_site}
    return [flag for flag, on in flags.items() if on]


def _variables(settings: Settings) -> dict[str, str]:
    """The environment of this process, and what ComfyUI alone knows of the settings."""
    folders = os.pathsep.join(str(folder) for folder in settings.model_folders)
    return {**os.environ, "DANBOORU_INDEX_HOME": str(settings.home), "DANBOORU_INDEX_MODEL_FOLDERS": folders}


def _error_of(failed: dict[str, str]) -> DanbooruIndexError:
    """The child's error as it was there."""
    found = getattr(errors, failed["kind"], BuildError)
    kind = BuildError if found is errors.SourceNotAllowedError else found
    error: DanbooruIndexError = kind(failed["error"], hint=failed["hint"])
    return error
