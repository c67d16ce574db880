"""The index that a node of a workflow names: found, or fetched where the user's settings allow it.

An index of another repository than the user's goes to a folder of its own and is used by nobody but the nodes that name it: no
workflow can change what the others search.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path

from .errors import HubError, InputError
from .hub import FetchOptions, built_here, fetch_index
from .hub.installed import whole_version
from .index.versions import has_index
from .locate import Located, find_existing, locate, main_folder
from .progress import Progress, silent
from .settings import Settings
from .sources import ENDPOINT, FOLDER, REPOSITORY, SERVER, Source, check_source
from .storage.paths import is_network_path
from .transport.endpoints import Repository, check_endpoint

NEVER, IF_MISSING, UPDATE = "never", "if missing", "update"
_KEPT = " (built here and kept: no download takes its place)"
_NONE_NAMED = (
    " (nothing was downloaded: no prebuilt index is published yet, and no repository is named. "
    'Name one that you trust: repository = "OWNER/NAME" in config.toml, or the input of that name)'
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a node says; empty is what the settings say.

    An index `folder`, whether to `download` (NEVER, IF_MISSING, UPDATE), from which `repository`, through which
    `endpoints`, and which Chroma `server` to search in.
    """

    folder: str = ""
    download: str = NEVER
    repository: str = ""
    endpoints: tuple[str, ...] = ()
    server: str = ""


def folder_of(settings: Settings, repository: str = "") -> Path:
    """Where the index of a repository lies: the main folder for the user's own, a folder of its own for another.

    >>> folder_of(Settings(Path("/home")), "owner/name").name
    'index-owner--name'

    :raises InputError: it is not the name of a repository.
    """
    if not repository:
        return main_folder(settings)
    found = Repository.parse(repository)
    if settings.repository and found == Repository.parse(settings.repository):
        return main_folder(settings)
    kind = "" if found.kind == "dataset" else f"{found.kind}s--"
    return settings.home / f"index-{kind}{found.id.replace('/', '--')}"


def settings_for(settings: Settings, wanted: Wanted) -> Settings:
    """The settings with what a node says, as far as the user allows it: a model is fetched through no other endpoint either."""
    if wanted.server:
        check_source(settings, Source.of(SERVER, wanted.server))
    usable = []
    for endpoint in wanted.endpoints:
        with contextlib.suppress(InputError):
            check_source(settings, Source.of(ENDPOINT, endpoint))
            usable.append(check_endpoint(endpoint))
    return replace(
        settings,
        repository=wanted.repository or settings.repository,
        endpoints=tuple(usable) or settings.endpoints,
        chroma=wanted.server or settings.chroma,
    )


def find_wanted(settings: Settings, wanted: Wanted, progress: Progress = silent) -> Located:
    """The index that a node names, fetched first where it says so, the settings allow it, and it is not there.

    :param settings: the user's, without anything that the workflow says.
    :raises SourceNotAllowedError: it would have to be fetched from, or into, a place that the settings do not name.
    :raises DanbooruIndexError: see fetch_index and locate.
    """
    folder = target_of(settings, wanted)
    kept = _fetch(settings, wanted, folder, progress) if wanted.download != NEVER else ""
    located = locate(settings, _explicit(settings, wanted), progress)
    return Located(located.folder, located.reason + kept)


def find_ready(settings: Settings, wanted: Wanted) -> Located | None:
    """What `find_wanted` gives where nothing has to be fetched or built for it, which takes no time; else None.

    :raises SourceNotAllowedError: the folder lies on a computer that the settings do not name.
    """
    folder, kept = target_of(settings, wanted), ""
    if wanted.download != NEVER:
        if built_here(folder):
            kept = _KEPT
        elif _may_do_without(settings, wanted) and not whole_version(folder):
            kept = _NONE_NAMED
        elif wanted.download == UPDATE or not whole_version(folder):
            return None
    explicit = _explicit(settings, wanted)
    if explicit is None and find_existing(settings) is None:
        return None
    located = locate(settings, explicit)
    return Located(located.folder, located.reason + kept)


def target_of(settings: Settings, wanted: Wanted) -> Path:
    """The folder that a download for this node goes into.

    :raises SourceNotAllowedError: it lies on a computer that the settings do not name.
    """
    if not wanted.folder:
        return folder_of(settings, wanted.repository)
    if is_network_path(wanted.folder):
        # Windows logs in at another computer as soon as anything looks whether a folder is there.
        check_source(settings, Source.of(FOLDER, wanted.folder))
    return Path(wanted.folder)


def _explicit(settings: Settings, wanted: Wanted) -> Path | None:
    """The folder that is searched whatever else is there; None for the main index, else the starter index."""
    folder = target_of(settings, wanted)
    if wanted.folder:
        return folder
    named = folder != main_folder(settings) and (wanted.download != NEVER or has_index(folder))
    return folder if named else None


def _may_do_without(settings: Settings, wanted: Wanted) -> bool:
    """Whether an index is merely wished for, and nobody has said from where."""
    return wanted.download == IF_MISSING and not (wanted.folder or wanted.repository or settings.repository)


def _fetch(settings: Settings, wanted: Wanted, folder: Path, progress: Progress) -> str:
    """Fetch what is wanted, and say in words what was not done."""
    if built_here(folder):
        return _KEPT
    if wanted.download == IF_MISSING and whole_version(folder):
        return ""
    if _may_do_without(settings, wanted):
        return _NONE_NAMED
    if repository := wanted.repository or settings.repository:
        check_source(settings, Source.of(REPOSITORY, repository))
    for endpoint in wanted.endpoints:
        check_source(settings, Source.of(ENDPOINT, endpoint))
    if wanted.folder:
        check_source(settings, Source.of(FOLDER, wanted.folder))
    asked = settings_for(settings, wanted)
    try:
        fetch_index(asked, folder, progress, FetchOptions(update=wanted.download == UPDATE))
    except HubError as error:
        # What was named must be there; an index that was merely wished for is done without.
        if wanted.folder or wanted.repository or wanted.download == UPDATE:
            raise
        return f" (the index of {asked.repository} could not be downloaded: {error})"
    return ""
