"""One file of a repository, verified by the size and hash that the Hub itself promises of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError, OfflineError
from ..progress import Progress, silent
from ..settings import Settings
from .download import DEFAULT_RETRY, RetryPolicy
from .endpoints import Repository, check_revision
from .listing import check_names
from .mirrors import ASKING, Mirrors, Remote, client_for, endpoints_of, run_interruptibly
from .staging import disk_errors, open_staging
from .transfer import transfer


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file at a branch, tag or commit of a repository. Raises InputError when one of them cannot be."""

    repository: Repository
    revision: str
    name: str

    def __post_init__(self) -> None:
        check_revision(self.revision)
        try:
            check_names([self.name])
        except ValueError as error:
            raise InputError(
                f"{self.name!r} is not a file of a repository: {error}.", hint="Check the address."
            ) from error

    def __str__(self) -> str:
        return f"{self.name} of {self.repository}"


def download_file(
    settings: Settings,
    source: FileSource,
    kept: Path,
    target: Path,
    hint: str,
    progress: Progress = silent,
    *,
    retry: RetryPolicy = DEFAULT_RETRY,
) -> None:
    """Bring a file to `target`. What an interrupted call received stays in the folder `kept`, and the next one resumes.

    The token goes where the settings say, and nowhere else. `progress` runs in the calling thread; what it raises stops the
    download and passes through.

    :param hint: what the user can do when it cannot be fetched.
    :raises HubError: offline, no endpoint delivered it or said what it must be, or a disk is full.
    """
    if settings.offline:
        raise OfflineError(f"{source} cannot be fetched: offline is set.", hint=hint)
    mirrors = Mirrors(endpoints_of(settings, hint), hint)
    path = source.repository.file_path(source.revision, source.name)
    with client_for(settings, retry) as client, open_staging(kept, progress) as staging:
        _, (commit, expected) = run_interruptibly(
            client,
            progress,
            ASKING,
            lambda: mirrors.ask(str(source), lambda endpoint: client.promise_of(endpoint, path)),
        )
        remote = Remote(client, mirrors, source.repository, commit)
        transfer(remote, {source.name: expected}, staging, progress)
        with disk_errors(target.parent):
            shutil.move(staging.tree / source.name, target)
        staging.clear()
