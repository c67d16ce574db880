"""`--version`: what a bug report needs to say of the program and the packages that it may use."""

from __future__ import annotations

import argparse
import contextlib
import platform
from importlib import metadata
from typing import Any

from .. import __version__

# Package -> the distributions that may bring it.
PACKAGES = {
    "torch": ("torch",),
    "FlagEmbedding": ("FlagEmbedding",),
    "chromadb": ("chromadb",),
    "onnxruntime": ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml"),
}


def about() -> str:
    """The program, its version and Python's, then one line per package; none of them is imported."""
    lines = [f"danbooru-index {__version__}, Python {platform.python_version()}"]
    return "\n".join([*lines, *(f"{package} {_installed(names)}" for package, names in PACKAGES.items())])


def _installed(distributions: tuple[str, ...]) -> str:
    for name in distributions:
        with contextlib.suppress(metadata.PackageNotFoundError):
            return metadata.version(name)
    return "is not installed"


class ShowAbout(argparse.Action):
    """Prints it and ends; argparse's own action would ask for every version each time a parser is made."""

    def __init__(self, option_strings: list[str], dest: str, **rest: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **rest)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Print the versions and exit."""
        print(about())
        parser.exit()
