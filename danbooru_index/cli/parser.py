"""The parser of the command line, whose own errors are two lines like all others."""

from __future__ import annotations

import argparse
from typing import NoReturn

from ..report import visible


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that answers wrong usage with what is wrong and how to see what is right, not with all flags."""

    def error(self, message: str) -> NoReturn:
        """Print both lines and exit with code 2."""
        said = " ".join(message.split())
        self.exit(2, visible(f"error: {self.prog}: {said}\nhint: See what it takes: {self.prog} --help\n"))
