"""The version folder that a build works in: a new one, or that of an unfinished build of the same thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import UnfinishedBuildError
from ..index.versions import CHECKPOINT_FILE, UNFINISHED, VERSIONS, remove_version, unfinished_versions
from .checkpoint import Checkpoint
from .reporter import Reporter


def open_work(folder: Path, key: dict[str, Any], reporter: Reporter, *, restart: bool) -> tuple[Path, Checkpoint]:
    """The version folder to build in, and where its build stands; the caller holds the build lock.

    :raises UnfinishedBuildError: there is unfinished work of another corpus, encoder or options, and not `restart`.
    """
    for version in unfinished_versions(folder):
        if restart:
            remove_version(version)
            reporter.note(f"The unfinished build {version.name} was discarded.")
            continue
        if not (version / UNFINISHED / CHECKPOINT_FILE).exists():  # killed before its first one
            remove_version(version)
            continue
        state = Checkpoint.load(version)
        if state.key != key and not state.rows:
            remove_version(version)
            continue
        if state.key != key:
            raise UnfinishedBuildError(
                f"{folder} holds an unfinished build of {_difference(state.key, key)}: {version.name}, {state.rows:,} tags encoded.",
                hint="Finish that build with its own command, or throw it away: --restart, in the node unfinished = restart.",
            )
        reporter.note(f"The unfinished build {version.name} resumes after {state.rows:,} encoded tags.")
        return version, state
    version = folder / VERSIONS / _free_name(folder, key)
    state = Checkpoint(key)
    (version / UNFINISHED).mkdir(parents=True)
    state.save(version)
    return version, state


def _difference(there: dict[str, Any], wanted: dict[str, Any]) -> str:
    names = {
        "corpus_sha256": "another corpus",
        "encoder": "another encoder",
        "options": "other options",
        "schema": "another program version",
    }
    return " and ".join(text for name, text in names.items() if there.get(name) != wanted[name])


def _free_name(folder: Path, key: dict[str, Any]) -> str:
    stem = f"{key['corpus_sha256'][:12]}-{Path(key['encoder']['name']).name}"
    name, number = stem, 1
    while (folder / VERSIONS / name).exists():
        number += 1
        name = f"{stem}-{number}"
    return name
