"""`info` and `verify`: what an index is, and whether every byte of it is as it was built."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import IndexDamagedError
from ..index.facts import index_facts
from ..index.manifest import MANIFEST_FILE, Manifest, check_files, read_manifest, seal_problem
from ..index.versions import current_version
from ..report import visible
from ..settings import load_settings
from .common import ProgressBar, add_json_flag


def add_commands(commands: Any) -> None:
    """Add `info` and `verify`."""
    rows = (("info", "what an index is", run_info), ("verify", "check every file of an index by its hash", run_verify))
    for name, text, run in rows:
        parser = commands.add_parser(name, help=text)
        parser.add_argument(
            "db", nargs="?", type=Path, metavar="DIR", help="index folder (default: the one that search uses)"
        )
        add_json_flag(parser)
        parser.set_defaults(run=run)


def _version(options: argparse.Namespace) -> Path:
    from ..locate import locate

    with ProgressBar() as bar:
        return current_version(locate(load_settings(), options.db, bar).folder)


def run_info(options: argparse.Namespace) -> int:
    """Print what the manifest says."""
    values = index_facts(_version(options))
    if options.json:
        print(json.dumps(values, ensure_ascii=False))
    else:
        print(visible("\n".join(_lines(values, 14))))
    return 0


def _lines(values: dict[str, Any], width: int) -> Iterator[str]:
    """A line for each fact; what a fact holds by name stands under it."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield name
            yield from (f"  {line}" for line in _lines(value, 20))
        else:
            yield f"{name:{width}} {_shown(value)}"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value) or "none"


def _check_collection(folder: Path, manifest: Manifest) -> tuple[list[str], str]:
    """What is wrong with the Chroma collection, and a note where it cannot be opened now."""
    from ..index.collection import collection_problems
    from ..index.notes import is_trusted

    if not is_trusted(folder, load_settings().home):
        return [], " The Chroma collection was not opened: this index is not from a place in your settings."
    try:
        return list(collection_problems(folder, manifest)), ""
    except OSError as error:
        return [], f" The Chroma collection was not checked: {error}."


def run_verify(options: argparse.Namespace) -> int:
    """Check all hashes; a damaged index is an error."""
    folder = _version(options)
    manifest = read_manifest(folder)
    problems = check_files(folder, manifest, hashes=True)
    if problem := seal_problem((folder / MANIFEST_FILE).read_bytes()):
        problems.append(problem)
    note = ""
    if manifest.options.get("chroma_tags") and not problems:
        found, note = _check_collection(folder, manifest)
        problems += found
    if problems:
        raise IndexDamagedError(
            f"The index {folder} is damaged: {'; '.join(problems)}.",
            hint="Build it again (danbooru-index build) or fetch it again (danbooru-index fetch).",
        )
    if options.json:
        print(json.dumps({"folder": str(folder), "files": len(manifest.files), "ok": True}))
    else:
        print(f"{folder}: all {len(manifest.files)} files are as they were built.{note}")
    return 0
