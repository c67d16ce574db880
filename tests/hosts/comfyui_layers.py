"""Folders that are made once and kept in a cache: virtual environments laid one over another.

A layer is a virtual environment that also sees the packages of the layer below it, so that PyTorch lies on disk
once however many hosts and sets of requirements are tested. A folder is made beside its place, gets its marker last
and is then renamed, all under a lock: what has its marker is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MARKER = "complete.json"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
COMMAND_SECONDS = 1200.0
LOCK_SECONDS = 1800.0

Report = Callable[[str], None]
Installs = Sequence[Sequence[str]]


class HostError(RuntimeError):
    """A host could not be prepared, started or reached; the message says which step and shows the end of its log."""


def cache_root() -> Path:
    """The folder of everything that the test hosts keep between runs."""
    if chosen := os.environ.get("DANBOORU_INDEX_TEST_CACHE"):
        return Path(chosen).expanduser().resolve()
    shared = os.environ.get("XDG_CACHE_HOME")
    parent = Path(shared) if shared else Path.home() / ".cache"
    return parent.resolve() / "danbooru-index-tests"


def digest(*parts: str) -> str:
    """A short name for this combination of parts, other for each Python."""
    python = (platform.python_version(), platform.machine(), sys.base_prefix)
    return hashlib.sha256("\0".join((*python, *parts)).encode()).hexdigest()[:12]


def requirement_lines(file: Path) -> list[str]:
    """The lines of a requirements file that say something, without comments, sorted.

    Raises HostError if there is no such file.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise HostError(f"requirements cannot be read: {error}") from error
    lines = (line.split(" #")[0].strip() for line in text.splitlines())
    return sorted(line for line in lines if line and not line.startswith("#"))


def is_complete(target: Path) -> bool:
    """Whether the folder was made to its end."""
    return (target / MARKER).is_file()


def make_once(target: Path, make: Callable[[Path], None], report: Report) -> None:
    """Make the folder with ``make(folder)`` unless it is there; what a killed run left is removed and remade.

    Raises whatever ``make`` raises, and HostError if another process holds the lock for too long.
    """
    if is_complete(target):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(target.with_name(target.name + ".lock")):
        if is_complete(target):
            return
        for leftover in (target, *target.parent.glob(f"{target.name}.part-*")):
            shutil.rmtree(leftover, ignore_errors=True)
        report(f"making {target}")
        started = time.monotonic()
        part = Path(tempfile.mkdtemp(prefix=f"{target.name}.part-", dir=target.parent))
        try:
            make(part)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        seconds = round(time.monotonic() - started, 1)
        (part / MARKER).write_text(json.dumps({"python": sys.version, "seconds": seconds}), encoding="utf-8")
        part.replace(target)
        report(f"made {target.name} in {seconds} s")


@dataclass(frozen=True)
class Layer:
    """A virtual environment, and the one whose packages it sees."""

    path: Path
    parent: Layer | None = None

    @property
    def python(self) -> Path:
        """The interpreter of this environment."""
        return self.path / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def site_packages(self) -> Path:
        """Where this environment's own packages lie."""
        base = str(self.path)
        return Path(sysconfig.get_path("purelib", "venv", vars={"base": base, "platbase": base}))

    def make(self, installs: Installs, report: Report, finish: Callable[[Layer], None] | None = None) -> None:
        """Unless it is there, create the environment and run ``pip install`` with each of the lists, then ``finish``.

        Raises HostError with the end of pip's output if one of them fails.
        """
        make_once(self.path, lambda part: self._fill(part, installs, report, finish), report)

    def _fill(self, part: Path, installs: Installs, report: Report, finish: Callable[[Layer], None] | None) -> None:
        venv.EnvBuilder(with_pip=self.parent is None, symlinks=os.name != "nt").create(part)
        layer = Layer(part, self.parent)
        if self.parent is not None:
            below = f"import site; site.addsitedir({str(self.parent.site_packages)!r})\n"
            (layer.site_packages / "layer_below.pth").write_text(below, encoding="utf-8")
        for arguments in installs:
            layer.pip("install", "--quiet", "--no-compile", *arguments, log=part / "pip.log", report=report)
        if finish is not None:
            finish(layer)

    def pip(self, command: str, *arguments: str, log: Path, report: Report) -> None:
        """Run one pip command in this environment; its output is added to ``log``.

        Raises HostError with the end of the output if pip fails or takes too long.
        """
        report(f"  pip {command} {' '.join(arguments)}")
        run_logged([str(self.python), "-m", "pip", command, *arguments], log)


def run_logged(command: Sequence[str], log: Path) -> None:
    """Run a command with its output added to a file.

    Raises HostError with the end of the output if the command fails or takes too long.
    """
    environment = clean_environment()
    with log.open("ab") as out:
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                timeout=COMMAND_SECONDS,
                env=environment,
                close_fds=False,  # so that a held lock goes to the command
            )
        except subprocess.TimeoutExpired as error:
            raise HostError(f"{' '.join(command)} took over {COMMAND_SECONDS:.0f} s\n{tail(log)}") from error
    if done.returncode:
        raise HostError(f"{' '.join(command)} failed with code {done.returncode}\n{tail(log)}")


def clean_environment() -> dict[str, str]:
    """The environment of this process without what would lead another Python to the packages of this one."""
    unwanted = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    # Nothing is compiled at installation: the first start writes the bytecode of what it imports, which later ones use.
    unwanted.add("PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return {**kept, "PYTHONNOUSERSITE": "1", "PYTHONUNBUFFERED": "1"}


def read_log(log: Path) -> str:
    """The text of a log without its colours, or a note that there is none."""
    try:
        return COLOUR.sub("", log.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return f"({log} cannot be read)"


def tail(log: Path, lines: int = 40) -> str:
    """The last lines of a log."""
    return "\n".join(read_log(log).splitlines()[-lines:])


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; the system lets go of it when the process ends, however it ends.

    A command that outlives a killed run goes on holding it, so that nobody works in a folder that still changes.
    """
    deadline = time.monotonic() + LOCK_SECONDS
    with path.open("a+b") as file:
        os.set_inheritable(file.fileno(), True)
        while not _try_lock(file):
            if time.monotonic() > deadline:
                raise HostError(f"another process has held {path} for over {LOCK_SECONDS:.0f} s")
            time.sleep(0.2)
        try:
            yield
        finally:
            _unlock(file)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: BinaryIO) -> bool:
        file.seek(0)
        with suppress(OSError):
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            return True
        return False

    def _unlock(file: BinaryIO) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(file: BinaryIO) -> bool:
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False

    def _unlock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
