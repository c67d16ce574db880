"""The double of the WebUI as a process of its own, with models that hold an index, and an environment that is there already."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from webui import python_of

from danbooru_index_webui.environment import Environment, wanted

HOST = Path(__file__).resolve().parent / "webui_double" / "host.py"


def start(version: str, models: Path, *arguments: str) -> tuple[subprocess.Popen[str], str]:
    """The host's process and the address of its page."""
    python = python_of(version)
    if python is None:
        pytest.skip("python tests/hosts/webui.py prepare has not been run")
    environment = {**os.environ, "WEBUI_DOUBLE_MODELS": str(models), "GRADIO_ANALYTICS_ENABLED": "False"}
    environment = {
        name: value for name, value in environment.items() if name not in ("PYTHONPATH", "DANBOORU_INDEX_HOME")
    }
    process = subprocess.Popen(
        [str(python), str(HOST), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**environment, "NO_PROXY": "127.0.0.1,localhost", "GRADIO_SERVER_NAME": "127.0.0.1"},
        cwd=models,
    )
    return process, address_of(process)


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("at "):
            return line.split()[1]
    raise AssertionError("the host ended")


def end(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None and not process.stdin.closed:
        process.stdin.close()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(20)


def models_of(folder: Path, small_folder: Path, *, installed: bool = True) -> Path:
    models = folder / "models"
    (models / "danbooru_index").mkdir(parents=True)
    (models / "danbooru_index" / "index").symlink_to(small_folder)
    if installed:
        ready_environment(models / "danbooru_index" / "webui-environment")
    return models


def ready_environment(folder: Path) -> Environment:
    """An environment whose Python is the one of these tests, which has everything."""
    made = Environment(folder)
    python = folder / "venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    (folder / "ready").write_text(wanted(), encoding="utf-8")
    return made
