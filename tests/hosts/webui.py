"""Pythons with the gradio versions of the WebUIs, for the tests of the extension's page; nothing of ours goes into them.

``python tests/hosts/webui.py prepare`` makes them in the tests' cache folder; it needs a package index.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# What A1111 1.10 and Forge pin, as far as a page needs it.
_BOTH = ("httpx==0.24.1", "numpy<2", "huggingface_hub<1")
VERSIONS = {
    "3.41.2": ("gradio==3.41.2", "fastapi==0.94.0", "pydantic<2", "matplotlib", "pillow<11", *_BOTH),
    "4.40.0": ("gradio==4.40.0", "fastapi==0.104.1", "pydantic==2.8.2", *_BOTH),
}
INSTALL_SECONDS = 900


def cache() -> Path:
    """Where the environments lie."""
    default = Path.home() / ".cache" / "danbooru-index-tests"
    return Path(os.environ.get("DANBOORU_INDEX_TEST_CACHE", default)) / "webui"


def python_of(version: str) -> Path | None:
    """The Python with this gradio, None where it has not been made."""
    folder = cache() / version
    return folder / "bin" / "python" if (folder / "made").is_file() else None


def make(version: str) -> Path:
    """Make the environment, or find it."""
    folder = cache() / version
    if not (folder / "made").is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        steps = (
            [sys.executable, "-m", "venv", "--clear", str(folder)],
            [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *VERSIONS[version]],
            [str(folder / "bin" / "python"), "-c", "import gradio"],
        )
        for step in steps:
            subprocess.run(step, timeout=INSTALL_SECONDS, check=True)
        (folder / "made").write_text("", encoding="utf-8")
    return folder / "bin" / "python"


def main() -> int:
    """Run ``prepare`` from the command line."""
    if sys.argv[1:] != ["prepare"]:
        print("usage: python tests/hosts/webui.py prepare", file=sys.stderr)
        return 2
    if sys.version_info >= (3, 12):
        print("gradio 3.41 knows no Python from 3.12 on: the WebUI's page is not tested here", flush=True)
        return 0
    for version in VERSIONS:
        print(f"gradio {version}: {make(version)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
