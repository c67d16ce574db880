"""Every route under inputs made from its own description: no 5xx, no answer that the description does not know, no hang."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from serving import serving

pytest.importorskip("schemathesis")
pytestmark = pytest.mark.slow

# The DanbooruSearch routes take 0 for false and "5" for 5, as the original does, which a JSON schema would not.
LENIENT = "^/(api|search|related|artists|health)"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
)
SECONDS = int(os.environ.get("DANBOORU_INDEX_FUZZ_SECONDS", "30"))


@pytest.mark.parametrize(
    ("which", "checks"),
    [("--exclude-path-regex", (*CHECKS, "negative_data_rejection")), ("--include-path-regex", CHECKS)],
    ids=["own", "danboorusearch"],
)
def test_no_input_made_from_the_description_breaks_a_route(
    small_folder: Path, tmp_path: Path, which: str, checks: tuple[str, ...]
) -> None:
    with serving(small_folder, tmp_path / "home") as running:
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            "run",
            f"{running.address}/openapi.json",
            f"--checks={','.join(checks)}",
            f"{which}={LENIENT}",
            "--phases=examples,coverage,fuzzing",
            f"--max-time={SECONDS}",
            "--request-timeout=20",
            "--seed=1",
            "--no-shrink",
            "--no-color",
            "--generation-database=none",
            "--suppress-health-check=all",
            "--warnings=off",
        ]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", timeout=SECONDS + 180, check=False
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        assert running.get("/danbooru-index/v1/health").status_code == 200
        assert not [line for line in running.lines if "Traceback" in line]
