"""Entry point: the parser, and the one place where errors become two lines and exit code 1."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

from ..errors import DanbooruIndexError
from ..report import visible
from . import build, convert, evaluate, expand, fetch, info, mcp, prepare, search, serve
from .about import ShowAbout
from .parser import Parser

COMMANDS = (search, expand, prepare, build, convert, fetch, info, evaluate, serve, mcp)


def parser() -> Parser:
    """The parser of all commands; each command module adds its own."""
    top = Parser(prog="danbooru-index", description="Say what you want to see, in any language, and get Danbooru tags.")
    top.add_argument("--debug", action="store_true", help="show a traceback with an error")
    top.add_argument("--version", action=ShowAbout, help="show what is installed, for a bug report")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add_commands(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0 done, 1 an error that was shown, 2 wrong usage, 130 interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A Windows console or a pipe may not be UTF-8; tags and names are.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    options = parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        return code
    except DanbooruIndexError as error:
        if options.debug:
            traceback.print_exc()
        print(visible(f"error: {error}\nhint: {error.hint}"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("error: interrupted\nhint: run the same command again; nothing was left half-written.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0
