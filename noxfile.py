"""The engine's tests on every supported Python that this machine has; `make test` runs them on one with all hosts."""

import os
from pathlib import Path

import nox

# pyenv's shims answer for every version but run only the selected ones: name the versions' own folders first.
_pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
_folders = [str(folder) for folder in sorted(_pyenv.glob("versions/3.1[0-3].*/bin"))]
os.environ["PATH"] = os.pathsep.join([*_folders, os.environ.get("PATH", "")])

nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True
nox.options.default_venv_backend = "venv"

# Marks of tests that need torch, another host, or minutes: they run once, on the Python of `make test`.
ONCE = "not comfyui and not slow and not torch"


@nox.session(python=["3.10", "3.12", "3.13"])
def engine(session: nox.Session) -> None:
    """The base install, without torch."""
    session.install("--quiet", "-e", ".", "pytest>=8.2", "pytest-timeout>=2.3", "hypothesis>=6.100")
    session.run("python", "-m", "pytest", "-q", "-m", ONCE)
