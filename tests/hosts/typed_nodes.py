"""mypy over ComfyUI's nodes: python tests/hosts/typed_nodes.py [mypy's own flags].

The nodes import the engine from the folder above them, whose name is not a module's; ComfyUI gives it one, and so does a
link here. ComfyUI itself is not needed: what comes from it is of any type.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pack").symlink_to(ROOT, target_is_directory=True)
        options = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / ".mypy_cache" / "nodes")]
        command = [sys.executable, "-m", "mypy", *options, *sys.argv[1:], "-p", "pack.nodes"]
        return subprocess.run(command, cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
