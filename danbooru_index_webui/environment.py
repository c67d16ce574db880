"""An environment of our own, so that nothing of ours is installed into the WebUI's. Made only when the user asks for it.

FOLDER/venv/      a virtual environment, or where this Python cannot make one FOLDER/packages/, filled by `pip install --target`
FOLDER/ready      the digest of the requirements that it holds, written last

Going on after an interruption is doing it again: pip finds what it has downloaded and installed.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from .client import ServiceError

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements.txt"
_TOLD = re.compile(r"\s*(Collecting|Downloading|Installing collected packages|Using cached|Building|Successfully)")

OnLine = Callable[[str], None]


class Environment:
    """The environment in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._venv, self._packages, self._ready = folder / "venv", folder / "packages", folder / "ready"

    @property
    def is_ready(self) -> bool:
        """Whether it holds what this version of the extension needs."""
        try:
            return self._ready.read_text(encoding="utf-8").strip() == wanted()
        except OSError:
            return False

    def command(self, *arguments: str) -> list[str]:
        """How to run danbooru-index in it."""
        return [str(self._python if self._python.is_file() else sys.executable), "-m", "danbooru_index", *arguments]

    def variables(self) -> dict[str, str]:
        """The environment variables of such a process: this engine's code, and no packages of the host."""
        kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
        folders = [str(ROOT), *([str(self._packages)] if self._packages.is_dir() else [])]
        return {**kept, "PYTHONPATH": os.pathsep.join(folders), "PYTHONNOUSERSITE": "1", "PYTHONIOENCODING": "utf-8"}

    @property
    def _python(self) -> Path:
        return self._venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    def install(self, on_line: OnLine) -> None:
        """Make it, or bring it up to date; `on_line` gets a line now and then.

        :raises ServiceError: a step failed; what pip said last is in the message.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.is_ready:
            return
        self._ready.unlink(missing_ok=True)
        python, target = self._interpreter(on_line)
        index = os.environ.get("INDEX_URL", "")  # the WebUI's own variable; pip reads its settings by itself
        options = ["--disable-pip-version-check", "--no-input", *(["--index-url", index] if index else [])]
        on_line("Installing packages (about 250 MB) ...")
        _run([*python, "-m", "pip", "install", *options, *target, "-r", str(REQUIREMENTS)], on_line)
        self._ready.write_text(wanted() + "\n", encoding="utf-8")
        on_line("Installed.")

    def _interpreter(self, on_line: OnLine) -> tuple[list[str], list[str]]:
        """The command of a Python whose pip installs here, with pip's options for it."""
        if not self._python.is_file() and not self._packages.is_dir():
            on_line("Making an environment ...")
            try:
                _run([sys.executable, "-m", "venv", str(self._venv)], on_line)
            except ServiceError:
                # The embedded Python of some packages of the WebUI has no venv.
                on_line("This Python makes no environments; the packages go to a folder of their own.")
                self._packages.mkdir(exist_ok=True)
        if self._python.is_file() and not self._packages.is_dir():
            return [str(self._python)], []
        return [sys.executable], ["--target", str(self._packages), "--upgrade"]


def wanted() -> str:
    """The digest of what has to be installed, for this very Python."""
    text = REQUIREMENTS.read_text(encoding="utf-8") + str(sys.version_info[:2])
    return hashlib.sha256(text.encode()).hexdigest()


def _run(command: list[str], on_line: OnLine) -> None:
    """Run a step and pass on its interesting lines; raises ServiceError with its last lines when it fails."""
    variables = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH", "PIP_TARGET")
    }
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=variables,
    )
    last: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        last = [*last[-9:], line.strip()]
        if _TOLD.match(line):
            on_line(line.strip()[:200])
    if process.wait():
        said = " ".join(last[-4:])
        raise ServiceError(
            f"Installing failed: {said}", "Check the network and the disk, then press the button again.", 500, "install"
        )
