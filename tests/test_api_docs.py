"""The examples of docs/api.md, run in order as they stand there, as one program."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import danbooru_index

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "api.md"


def test_the_examples_run(small_folder: Path, own_home: Path, tmp_path: Path) -> None:
    own_home.mkdir(parents=True, exist_ok=True)
    (own_home / "index").symlink_to(small_folder)
    blocks = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 6
    program = tmp_path / "examples.py"
    program.write_text("\n".join(blocks), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, str(program)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "serafuku" in done.stdout


def test_every_public_name_is_told() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert not [name for name in danbooru_index.__all__ if f"`{name}" not in text]
