"""The hosted workflows say what the project supports, run what exists, and are workflows by GitHub's own schema."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from training.publish import parser

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
WORKFLOW = ROOT / ".github" / "workflows" / "tests.yml"
PUBLISH = WORKFLOW.with_name("publish.yml")
NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")


def jobs_of(path: Path) -> dict:
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]


@pytest.fixture
def jobs() -> dict:
    return jobs_of(WORKFLOW)


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


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_it_may_read_alone_and_names_actions_by_their_content(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "permissions:\n  contents: read\n" in text
    assert not [
        line for line in re.findall(r"uses: (.*)", text) if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+", line)
    ]


def test_publishing_takes_arguments_that_exist_and_shows_the_token_to_its_last_step_alone() -> None:
    job = jobs_of(PUBLISH)["publish"]
    calls = [shlex.split(line) for line in commands(job) if "training.publish" in line]
    chosen = [parser().parse_args([word for word in call[3:] if word != "$DRY_RUN"]) for call in calls]
    assert [(options.first, options.last) for options in chosen] == [("prepare", "evaluate"), ("publish", "publish")]
    assert chosen[0].work == chosen[1].work
    seen = [step["name"] for step in job["steps"] if "HF_TOKEN" in str(step)]
    assert seen == ["Publish"] and "HF_TOKEN" not in str(job["env"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_a_person_types_reaches_a_shell_as_a_variable(path: Path) -> None:
    lines = [line for job in jobs_of(path).values() for line in commands(job)]
    assert not [line for line in lines if "${{ inputs" in line or "${{ github" in line or "${{ secrets" in line]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_it_is_said_that_it_was_not_run(path: Path) -> None:
    text = " ".join((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split())
    assert re.search(rf"\.github/workflows/{path.name}.{{1,250}}\. It has never run", text)


def lint(path: Path) -> int:
    pytest.importorskip("check_jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)]
    return subprocess.run(command, capture_output=True, timeout=120, check=False).returncode


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_it_is_a_workflow_by_the_schema(path: Path, tmp_path: Path) -> None:
    assert lint(path) == 0
    broken = tmp_path / "broken.yml"
    broken.write_text(path.read_text(encoding="utf-8").replace("runs-on:", "runs-at:"), encoding="utf-8")
    assert lint(broken) == 1
