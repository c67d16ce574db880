"""`mcp`: the engine as tools for language models."""

from __future__ import annotations

import argparse
from typing import Any

from .common import add_index_flag
from .serve import add_listen_flags, options_of


def add_commands(commands: Any) -> None:
    """Add `mcp`."""
    parser = commands.add_parser("mcp", help="offer search and expand to language models (Model Context Protocol)")
    parser.add_argument(
        "--http", action="store_true", help="streamable HTTP at /mcp instead of standard input and output"
    )
    add_listen_flags(parser)
    add_index_flag(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until stopped."""
    wanted = options_of(options)
    from ..serve.mcp_server import PATH, McpApp, run_stdio

    if not options.http:
        run_stdio(wanted)
        return 0
    from ..serve.server import serve

    serve(wanted, lambda address: print(f"Serving {address}{PATH}", flush=True), McpApp(wanted))
    return 0
