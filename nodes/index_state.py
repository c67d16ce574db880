"""What the page shows of the index in use, and what it can do with it as it is: verify it, and take a newer one of the Hub."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..danbooru_index.errors import IndexFolderError, InputError
from ..danbooru_index.progress import Progress
from . import host
from .jobs import JobRunner, Said
from .service import find_version

if TYPE_CHECKING:
    from ..danbooru_index.hub.installed import Source
    from ..danbooru_index.settings import Settings

BUILT, FETCHED, STARTER, NONE = "built", "fetched", "starter", "none"

# Whose value may go over HTTP, if it is one word or owner/name. An address may be somebody's own, a path is nobody's business.
_WORDS = ("repository", "revision", "model", "device", "dense")
_FLAGS = ("offline", "auto_fetch", "queue_builds")
_WORD = re.compile(r"[\w.-]+(/[\w.-]+)?")

Body = dict[str, Any]


def state(jobs: JobRunner) -> Body:
    """The index that would be used and the job.

    `update` says whether a newer index of the Hub may be asked for: there is a repository, and no index that was
    built here is in the way.
    """
    from ..danbooru_index.locate import main_folder

    settings = host.settings()
    version = version_in_use()
    source = source_of(version) if version is not None else None
    kind = NONE if version is None else STARTER
    if version is not None and main_folder(settings) in version.parents:
        kind = FETCHED if source is not None else BUILT
    return {
        "index": _facts(version, source) if version is not None else None,
        "kind": kind,
        "update": _may_update(settings),
        "repository": bool(settings.repository),
        "aside": (main_folder(settings) / "CURRENT.aside").is_file(),
        "job": jobs.job.as_json() if jobs.job is not None else None,
        "settings": _listed(settings),
    }


def _listed(settings: Settings) -> list[Body]:
    """The server's settings with where each comes from; the value is None where it is an address, a path or the like."""
    shown = {name: str(getattr(settings, name)).lower() for name in _FLAGS}
    shown |= {name: value for name in _WORDS if _WORD.fullmatch(value := str(getattr(settings, name)))}
    return [{"name": name, "value": shown.get(name), "source": source} for name, source in settings.sources.items()]


def version_in_use() -> Path | None:
    """The version that a search would use, None where there is none or it cannot be used."""
    try:
        return find_version()
    except IndexFolderError:
        return None


def source_of(version: Path) -> Source | None:
    """Where a version was fetched from, None for one that was built here."""
    from ..danbooru_index.hub.installed import read_source

    return read_source(version)


def _facts(version: Path, source: Source | None) -> Body:
    from ..danbooru_index.index.layout import channels_among
    from ..danbooru_index.index.manifest import read_manifest

    manifest = read_manifest(version)
    return {
        "tags": manifest.rows,
        "texts": manifest.texts,
        "encoder": str(manifest.encoder),
        "bytes": sum(entry.size for entry in manifest.files.values()),
        "channels": list(channels_among(manifest.files)),
        "built": (version / "manifest.json").stat().st_mtime,
        # The endpoint may be somebody's own; where it was published says enough.
        "source": _shown(source) if source is not None else None,
    }


def _shown(source: Source) -> Body:
    from ..danbooru_index.transport.endpoints import Repository

    return {"repository": Repository.parse(source.repository).id, "commit": source.commit[:12]}


def _may_update(settings: Settings) -> bool:
    """A download is offered only from a repository that the user named."""
    from ..danbooru_index.hub import built_here
    from ..danbooru_index.locate import main_folder

    return bool(settings.repository) and built_here(main_folder(settings)) is None


def start_verify(jobs: JobRunner) -> Body:
    """Compare every file of the index with its hash."""

    def work(progress: Progress) -> Said:
        from ..danbooru_index.errors import IndexDamagedError
        from ..danbooru_index.index.manifest import check_files, read_manifest

        version = find_version()
        if version is None:
            raise InputError("There is no index yet.", hint="Search once, and the starter index is built.")
        manifest = read_manifest(version)
        problems = check_files(version, manifest, hashes=True)
        if problems:
            raise IndexDamagedError(f"The index is damaged: {'; '.join(problems[:3])}.", hint="Build it again.")
        return Said.of("verified", "All {files} files are as they were built.", files=len(manifest.files))

    return jobs.start("verify", work).as_json()


def start_update(jobs: JobRunner) -> Body:
    """Fetch the newest index of the repository in the settings, where there is a newer one; searches use the old one meanwhile."""
    settings = host.settings()
    if not _may_update(settings):
        raise InputError(
            "No prebuilt index is published yet, and no repository is named that holds a newer one."
            if not settings.repository
            else "This index was built here, and no download takes its place.",
            hint='Name a repository that you trust in config.toml (repository = "OWNER/NAME"), or build the index again.',
        )

    def work(progress: Progress) -> Said:
        return _update(settings, progress)

    return jobs.start("update", work).as_json()


def _update(settings: Settings, progress: Progress) -> Said:
    from ..danbooru_index.hub import FetchOptions, fetch_index
    from ..danbooru_index.index.manifest import read_manifest
    from ..danbooru_index.locate import main_folder

    report = fetch_index(settings, main_folder(settings), progress, FetchOptions(update=True))
    if report.status == "offline":
        raise InputError("ComfyUI is told to stay offline.", hint="Unset HF_HUB_OFFLINE, and restart ComfyUI.")
    commit = report.source.commit[:12] if report.source is not None else ""
    if report.status == "present":
        text = "This is the newest index of {repository} ({commit})."
        return Said.of("newest", text, repository=settings.repository, commit=commit)
    text = "The index of {repository} ({commit}) is used now: {tags:,} tags."
    rows = read_manifest(report.folder).rows
    return Said.of("updated", text, repository=settings.repository, commit=commit, tags=rows)
