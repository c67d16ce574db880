"""A model's own files from the Hub, one by one and verified, instead of its whole repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import OfflineError
from ..progress import Progress, silent
from ..settings import Settings
from .download import DEFAULT_RETRY, RetryPolicy
from .endpoints import Repository, check_revision
from .listing import MAX_LISTING_BYTES, ExpectedFile, has_size, read_tree
from .mirrors import ASKING, Mirrors, Remote, client_for, endpoints_of, run_interruptibly
from .staging import open_staging
from .transfer import transfer


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Files of a model repository at a fixed commit; `revision` is its full hash.

    `files` gives each file's size and hash, or None for those that the Hub lists for the commit. They get their names
    in this order once all are verified, so that the last one says that the others are there.
    """

    repository: str
    revision: str
    files: Mapping[str, ExpectedFile | None]


def download_model_files(
    settings: Settings,
    source: ModelSource,
    folder: Path,
    progress: Progress = silent,
    *,
    retry: RetryPolicy = DEFAULT_RETRY,
) -> Path:
    """Bring the files of `source` into `folder`, and return it. What is there already is not asked for.

    Hashes are the source's own, else those that the Hub lists: SHA-256 for large files, Git's for small ones. A file
    stands under its name only after it was verified. Stopped at any point, the next call resumes it.

    :raises HubError: offline with files missing, no endpoint delivered, or the disk is full.
    """
    missing = [name for name, expected in source.files.items() if not _is_here(folder / name, expected)]
    if not missing:
        return folder
    if settings.offline:
        raise OfflineError(
            f"Offline (HF_HUB_OFFLINE), and {folder} lacks {', '.join(missing)}.", hint=_by_hand(source, folder)
        )
    with client_for(settings, retry) as client, open_staging(folder, progress) as staging:
        repository = Repository.parse(source.repository)
        hint = _by_hand(source, folder)
        mirrors = Mirrors(endpoints_of(settings, hint), hint)
        remote = Remote(client, mirrors, repository, check_revision(source.revision))
        unknown = [name for name in missing if source.files[name] is None]
        listed = run_interruptibly(client, progress, ASKING, lambda: _listed(remote, unknown)) if unknown else {}
        wanted = {name: source.files[name] or listed[name] for name in missing}
        transfer(remote, wanted, staging, progress)
        for name in wanted:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (staging.tree / name).replace(folder / name)
        staging.clear()
    return folder


def _is_here(path: Path, expected: ExpectedFile | None) -> bool:
    return path.is_file() if expected is None else has_size(path, expected)


def _listed(remote: Remote, names: list[str]) -> dict[str, ExpectedFile]:
    path = remote.repository.tree_path(remote.commit)
    what = f"the list of files of {remote.repository}"
    _, data = remote.mirrors.ask(what, lambda endpoint: remote.client.get(endpoint, path, MAX_LISTING_BYTES))
    return read_tree(data, names, f"{remote.repository} at {remote.commit[:12]}")


def _by_hand(source: ModelSource, folder: Path) -> str:
    return (
        f"You can (1) use another endpoint (HF_ENDPOINT=https://your.mirror), with a token where it wants one (HF_TOKEN); "
        f"(2) unset HF_HUB_OFFLINE; or (3) copy {', '.join(source.files)} of {source.repository} into {folder}."
    )
