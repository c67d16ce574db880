"""The command line `danbooru-index`: parse, call, print. Heavy modules are imported by the command that needs them."""

from .main import main

__all__ = ["main"]
