"""`fetch` and `publish`: a prebuilt index from the Hub or a mirror, and to the Hub."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..settings import load_settings
from .common import ProgressBar, add_json_flag

if TYPE_CHECKING:
    from ..hub.fetch import FetchReport


def add_commands(commands: Any) -> None:
    """Add `fetch`."""
    parser = commands.add_parser("fetch", help="download a prebuilt index, or go on with one")
    parser.add_argument("repository", nargs="?", metavar="REPO", help="owner/name (a dataset) or models/owner/name")
    parser.add_argument("--revision", metavar="NAME", help="branch, tag or commit (default: the setting, else main)")
    parser.add_argument("--endpoint", action="append", default=[], metavar="URL", help="mirror; may be repeated")
    parser.add_argument("--db", type=Path, metavar="DIR", help="index folder (default: the main index)")
    parser.add_argument("--check", action="store_true", help="only say whether there is a newer revision")
    parser.add_argument("--update", action="store_true", help="get the newest commit, if there is a newer one")
    parser.add_argument("--verify", action="store_true", help="check the hash of every file that is here already")
    parser.add_argument("--no-encoder", action="store_true", help="leave out the encoder that comes with the index")
    add_json_flag(parser)
    parser.set_defaults(run=run_fetch)


def run_fetch(options: argparse.Namespace) -> int:
    """Fetch or check, and report."""
    from ..hub import FetchOptions, check_index, fetch_index, with_flags
    from ..locate import main_folder

    settings = with_flags(load_settings(), options.repository, options.revision, tuple(options.endpoint))
    folder = options.db or main_folder(settings)
    if options.check:
        found = check_index(settings, folder)
        if options.json:
            print(json.dumps({**asdict(found), "newer": found.newer}))
        else:
            here = f"commit {found.installed} is installed" if found.installed else "nothing of it is installed"
            what = f"the newest is {found.commit}: danbooru-index fetch --update" if found.newer else "it is the newest"
            print(f"{found.repository} at {found.revision}: {here}; {what}")
        return 0
    wanted = FetchOptions(update=options.update, verify=options.verify, encoder=not options.no_encoder)
    with ProgressBar() as bar:
        report = fetch_index(settings, folder, bar, wanted)
    print(json.dumps({**asdict(report), "folder": str(report.folder)}) if options.json else _said(report))
    return 0


def _said(report: FetchReport) -> str:
    source = report.source
    origin = f"{source.repository} at {source.commit[:12]}" if source else "an index that was built here"
    if report.status == "fetched" and source:
        return f"Fetched {origin} from {source.endpoint}: {report.received / 1e6:,.1f} MB -> {report.folder}"
    if report.status == "offline":
        return f"Offline: {report.folder} is used, {origin}."
    return f"Nothing to fetch: {report.folder} is {origin}, whole. (--check asks for a newer one, --update gets it.)"
