"""`serve`: the routes of the engine over HTTP, with a small page."""

from __future__ import annotations

import argparse
from typing import Any

from ..serve.options import DEFAULT_PORT, ServeOptions
from ..settings import load_settings
from .common import ProgressBar, add_index_flag


def add_commands(commands: Any) -> None:
    """Add `serve`."""
    parser = commands.add_parser("serve", help="answer over HTTP, with a small page for the browser")
    add_listen_flags(parser)
    add_index_flag(parser)
    parser.set_defaults(run=run)


def add_listen_flags(parser: argparse.ArgumentParser) -> None:
    """Where to listen, for whom, and within which limits."""
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, metavar="N", help="port, 0 for any free one (default: 8631)")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes, at most one per core (default: 1)"
    )
    parser.add_argument(
        "--key", help="key that every request must send (default: DANBOORU_INDEX_KEY); needed beyond this machine"
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name under which clients may call, beside addresses and localhost; may be repeated",
    )
    parser.add_argument(
        "--rate",
        type=float,
        metavar="X",
        help="requests per second and client, 0 for no limit (default: none on this machine, else 20)",
    )
    parser.add_argument("--until-stdin-closes", action="store_true", help="stop when standard input closes")


def options_of(options: argparse.Namespace) -> ServeOptions:
    """What the flags say; the key may stand in the environment."""
    return ServeOptions(
        db=options.db,
        host=options.host,
        port=DEFAULT_PORT if options.port is None else options.port,
        workers=options.workers,
        key=options.key or load_settings().key,
        allowed_hosts=tuple(options.allow_host),
        rate=options.rate,
        until_stdin_closes=options.until_stdin_closes,
    )


def run(options: argparse.Namespace) -> int:
    """Serve until stopped."""
    from ..locate import locate

    settings = load_settings()
    wanted = options_of(options)
    with ProgressBar() as bar:
        located = locate(settings, options.db, bar)
    from ..index.manifest import read_manifest
    from ..index.versions import current_version
    from ..serve.server import serve

    tags = read_manifest(current_version(located.folder)).rows
    key = "; a key is needed" if wanted.key else ""
    serve(wanted, lambda address: print(f"Serving {address} ({located.reason}, {tags:,} tags{key})", flush=True))
    return 0
