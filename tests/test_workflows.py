"""The hosted CI's file says what the project supports, runs sessions that exist, and is a workflow by GitHub's own schema."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WORKFLOW = ROOT / ".github" / "workflows" / "tests.yml"
NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")


@pytest.fixture
def jobs() -> dict:
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]


def commands(job: dict) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def test_every_supported_python_on_three_systems(jobs: dict) -> None:
    matrix = jobs["engine"]["strategy"]["matrix"]
    pythons = [f"3.{minor}" for minor in range(10, 14)]
    assert 'requires-python = ">=3.10,<3.14"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert matrix == {"os": ["ubuntu-latest", "windows-latest", "macos-latest"], "python": pythons}
    assert f"@nox.session(python={pythons})".replace("'", '"') in NOXFILE


def test_the_sessions_that_it_runs_exist(jobs: dict) -> None:
    said = [name for job in jobs.values() for line in commands(job) for name in re.findall(r"--session (\w+)", line)]
    assert sorted(said) == ["checks", "engine"]
    assert not set(said) - set(re.findall(r"^def (\w+)\(session", NOXFILE, re.MULTILINE))


def test_it_may_read_alone_and_names_actions_by_their_content() -> None:
    text = WORKFLOW.read_text(encoding="utf-8")
    assert "permissions:\n  contents: read\n" in text
    assert not [
        line for line in re.findall(r"uses: (.*)", text) if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+", line)
    ]


def test_it_is_said_that_it_was_not_run() -> None:
    text = " ".join((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split())
    assert re.search(r"\.github/workflows/tests\.yml.{1,200}\. It has never run", text)


def lint(path: Path) -> int:
    pytest.importorskip("check_jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)]
    return subprocess.run(command, capture_output=True, timeout=120, check=False).returncode


def test_it_is_a_workflow_by_the_schema(tmp_path: Path) -> None:
    assert lint(WORKFLOW) == 0
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOW.read_text(encoding="utf-8").replace("runs-on:", "runs-at:"), encoding="utf-8")
    assert lint(broken) == 1
