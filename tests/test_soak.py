"""The soak in its short form: one run of every job, and its counts go on where they stood."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

JOBS = ["kills of builds", "kills of fetches", "kills of publishing", "kills of swaps"]
JOBS += ["mutated index files (20 a run)", "mutated manifests (20 a run)", "mutated answers (4 a run)"]


@pytest.mark.timeout(1800)
@pytest.mark.skipif(os.name == "nt", reason="kills by signals")
def test_one_run_of_every_job(tmp_path):
    tests = Path(__file__).parent
    command = [sys.executable, "-m", "soak", "--share", "0.003", "--folder", str(tmp_path / "soak")]
    command += [part for job in JOBS for part in ("--only", job)]
    env = {**os.environ, "PYTHONPATH": f"{tests.parent}{os.pathsep}{tests}"}
    for _ in range(2):  # the second has nothing left to do
        done = subprocess.run(command, cwd=tests, env=env, capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, done.stdout + done.stderr
    counts = json.loads((tmp_path / "soak/state.json").read_text())
    assert {name: count["runs"] for name, count in counts.items()} == dict.fromkeys(JOBS, 1)
    assert "| kills of builds | 1 |" in done.stdout
