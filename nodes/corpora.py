"""The files that an index can be built from, in ComfyUI's input folder. The page names one of them, never a path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import folder_paths

from ..danbooru_index.errors import InputError
from ..danbooru_index.rebuild import STARTER, TABLES
from ..danbooru_index.storage.litter import is_litter
from ..danbooru_index.storage.paths import is_network_path

SUBFOLDER = "danbooru-index"  # of ComfyUI's input folder: where the page uploads to
SUFFIXES = (".jsonl", ".jsonl.gz", *TABLES)
_LISTED = 200


def corpora() -> dict[str, Any]:
    """The files in ComfyUI's input folder that an index can be built from, newest first."""
    root = Path(folder_paths.get_input_directory())
    found = [
        path
        for folder in (root, root / SUBFOLDER)
        if folder.is_dir()
        for path in folder.iterdir()
        if path.name.lower().endswith(SUFFIXES) and not is_litter(path.name) and path.is_file()
    ]
    found.sort(key=lambda path: -path.stat().st_mtime)
    return {"corpora": [path.relative_to(root).as_posix() for path in found[:_LISTED]]}


def corpus_path(name: str) -> str:
    """The path of a corpus that the page names; raises InputError for what lies elsewhere or is not a corpus."""
    if name in ("", STARTER):
        return name
    root = Path(folder_paths.get_input_directory()).resolve()
    path = (root / name).resolve()
    if root not in path.parents or not path.name.lower().endswith(SUFFIXES) or not path.is_file():
        raise InputError(
            f"There is no corpus {name[:80]!r} in ComfyUI's input folder.",
            hint=f"Upload one, or copy it there; it ends in {', '.join(SUFFIXES)}.",
        )
    return str(path)


def of_node(corpus: str) -> str:
    """What the Rebuild node's input means.

    A path of this computer, or the name of a file in the input folder, as the page names it in a prompt; what is
    neither stays as it is.
    """
    named = corpus.strip().strip('"')
    if named in ("", STARTER) or is_network_path(named) or Path(named).is_absolute() or Path(named).is_file():
        return named
    try:
        return corpus_path(named)
    except InputError:
        return named
