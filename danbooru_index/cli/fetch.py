"""`fetch` and `publish`: a prebuilt index from the Hub or a mirror, and to the Hub."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..report import table
from ..settings import DEFAULT_ENDPOINT, load_settings
from .common import ProgressBar, add_json_flag

if TYPE_CHECKING:
    from ..hub.fetch import FetchReport


def add_commands(commands: Any) -> None:
    """Add `fetch` and `publish`."""
    _add_fetch(commands)
    _add_publish(commands)


def _add_fetch(commands: Any) -> None:
    parser = commands.add_parser("fetch", help="download a prebuilt index, or resume a download")
    parser.add_argument("repository", nargs="?", metavar="REPO", help="owner/name (a dataset) or models/owner/name")
    parser.add_argument("--revision", metavar="NAME", help="branch, tag or commit (default: the setting, else main)")
    parser.add_argument("--endpoint", action="append", default=[], metavar="URL", help="mirror; may be repeated")
    parser.add_argument("--db", type=Path, metavar="DIR", help="index folder (default: the main index)")
    parser.add_argument("--check", action="store_true", help="only say whether there is a newer revision")
    parser.add_argument("--update", action="store_true", help="get the newest commit, if there is a newer one")
    parser.add_argument("--verify", action="store_true", help="check the hash of every file that is here already")
    parser.add_argument("--replace", action="store_true", help="overwrite an index that was built on this machine")
    parser.add_argument("--no-encoder", action="store_true", help="leave out the encoder that comes with the index")
    add_json_flag(parser)
    parser.set_defaults(run=run_fetch)


def _add_publish(commands: Any) -> None:
    parser = commands.add_parser("publish", help="upload a built index to the Hub")
    parser.add_argument("folder", type=Path, metavar="DIR", help="index folder")
    parser.add_argument("repository", metavar="REPO", help="owner/name (a dataset) or models/owner/name")
    parser.add_argument(
        "--licence", "--license", required=True, metavar="ID", help="of the corpus, as the Hub names it: cc-by-4.0"
    )
    parser.add_argument("--source", required=True, metavar="TEXT", help="where the corpus comes from, for the README")
    parser.add_argument(
        "--evaluation",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="what evaluate --json printed of this index, with --prose or without, for the README",
    )
    parser.add_argument("--with-encoder", action="store_true", help="add the int8 encoder that convert made")
    parser.add_argument("--encoder", type=Path, metavar="DIR", help="the encoder's folder, if it is another one")
    parser.add_argument("--revision", default="main", metavar="NAME", help="branch (default: %(default)s)")
    parser.add_argument(
        "--endpoint", metavar="URL", help="another Hub; mirrors are read-only (default: the Hub itself)"
    )
    parser.add_argument(
        "--message", default="Publish the index", metavar="TEXT", help="of the commit (default: %(default)s)"
    )
    parser.add_argument("--private", action="store_true", help="make the repository private if it is new")
    parser.add_argument("--dry-run", action="store_true", help="check and show what would go, and send nothing")
    add_json_flag(parser)
    parser.set_defaults(run=run_publish)


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
    wanted = FetchOptions(options.update, options.verify, encoder=not options.no_encoder, replace=options.replace)
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


def run_publish(options: argparse.Namespace) -> int:
    """Plan, show, and unless it is a dry run upload."""
    from ..hub.card import CardFacts, read_evaluation
    from ..hub.encoder_package import converted_folder
    from ..hub.publish import Target, plan_publish, publish
    from ..index.manifest import read_manifest
    from ..index.versions import current_version
    from ..transport.endpoints import Repository

    settings = load_settings()
    evaluations = tuple(map(read_evaluation, options.evaluation))
    encoder = options.encoder
    if options.with_encoder and encoder is None:
        encoder = converted_folder(read_manifest(current_version(options.folder)).encoder, settings)
    facts = CardFacts(options.licence, options.source, evaluations)
    plan = plan_publish(options.folder, Repository.parse(options.repository), facts, encoder)
    endpoint = options.endpoint or DEFAULT_ENDPOINT
    target = Target(endpoint, options.revision, options.message, options.private)
    commit = None if options.dry_run else publish(plan, settings, target)
    files = plan.described()
    if options.json:
        rows = [{"path": name, "size": size, "sha256": digest} for name, size, digest in files]
        print(json.dumps({"repository": str(plan.repository), "endpoint": endpoint, "commit": commit, "files": rows}))
        return 0
    print(
        table(
            [("file", "bytes", "sha256"), *((name, f"{size:,}", digest[:12]) for name, size, digest in files)],
            right=(1,),
        )
    )
    total = f"{len(files)} files, {sum(size for _, size, _ in files) / 1e6:,.1f} MB"
    print(f"{total} -> {plan.repository} at {endpoint}: {f'commit {commit}' if commit else 'not sent (--dry-run)'}")
    return 0
