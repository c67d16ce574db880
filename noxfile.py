"""The checks and the engine's tests in environments of their own; `make test` runs the rest on one Python with all hosts."""

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
nox.options.sessions = ["engine"]

# Marks of tests that need torch, another host, or minutes: they run once, on the Python of `make test`.
ONCE = "not comfyui and not slow and not torch"


@nox.session(python=["3.10", "3.11", "3.12", "3.13"])
def engine(session: nox.Session) -> None:
    """The base install, without torch. `make test` takes the oldest and the newest Python, `make full` the others too."""
    session.install("--quiet", "-e", ".[test]")
    session.run("python", "-m", "pytest", "-q", "-m", ONCE)


@nox.session
def coverage(session: nox.Session) -> None:
    """Which lines of the package the same tests run in their own process; processes that they start are not counted."""
    session.install("--quiet", "-e", ".[test]")
    session.run("python", "-m", "coverage", "run", "-m", "pytest", "-q", "-m", ONCE)
    session.run("python", "-m", "coverage", "report", "--skip-covered", "--sort=cover")


@nox.session
def checks(session: nox.Session) -> None:
    """What `make check` runs, where there is no make: on hosted CI."""
    session.install("--quiet", "-e", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("python", "-m", "mypy")
    session.run("python", "tests/hosts/typed_nodes.py")
