"""A model's own files from the Hub, one by one and verified, instead of its whole repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import HubError
from ..progress import Progress, silent
from ..settings import Settings
from .download import DEFAULT_PATIENCE, Patience
from .endpoints import Repository, check_revision
from .fetch import client_for, endpoints_of
from .listing import MAX_LISTING_BYTES, ExpectedFile, has_size, read_tree
from .staging import Staging, open_staging
from .transfer import Mirrors, Remote, transfer


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Files of a model repository at a fixed commit; `revision` is its full hash."""

    repository: str
    revision: str
    files: tuple[str, ...]


BGE_M3_SOURCE = ModelSource(
    "models/BAAI/bge-m3",
    "5617a9f61b028005a4858fdac845db406aefb181",
    (
        "config.json",
        "pytorch_model.bin",
        "colbert_linear.pt",
        "sparse_linear.pt",
        "sentencepiece.bpe.model",
        "special_tokens_map.json",
        "tokenizer.json",
        "tokenizer_config.json",
    ),
)


def download_model_files(
    settings: Settings,
    source: ModelSource,
    folder: Path,
    progress: Progress = silent,
    *,
    patience: Patience = DEFAULT_PATIENCE,
) -> Path:
    """Bring the files of `source` into `folder`, and return it. Files that are there already are not asked for.

    Sizes and hashes are those that the Hub lists for the commit: SHA-256 for large files, Git's for small ones. A file
    stands under its name only after it was verified. Stopped at any point, the next call goes on.

    :raises HubError: offline with files missing, no endpoint delivered, or the disk is full.
    """
    if all((folder / name).is_file() for name in source.files):
        return folder
    if settings.offline:
        missing = [name for name in source.files if not (folder / name).is_file()]
        raise HubError(
            f"Offline (HF_HUB_OFFLINE), and {folder} lacks {', '.join(missing)}.", hint=_by_hand(source, folder)
        )
    repository = Repository.parse(source.repository)
    with client_for(settings, patience) as client, open_staging(folder, progress) as staging:
        mirrors = Mirrors(endpoints_of(settings))
        remote = Remote(client, mirrors, repository, check_revision(source.revision))
        listing = repository.tree_path(source.revision)
        _, data = mirrors.ask(
            f"the list of files of {repository}", lambda endpoint: client.get(endpoint, listing, MAX_LISTING_BYTES)
        )
        wanted = read_tree(data, source.files, f"{repository} at {source.revision[:12]}")
        missing_files = {name: expected for name, expected in wanted.items() if not has_size(folder / name, expected)}
        transfer(remote, missing_files, staging, progress)
        _place(staging, missing_files, folder)
    return folder


def _place(staging: Staging, files: dict[str, ExpectedFile], folder: Path) -> None:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (staging.tree / name).replace(folder / name)
    staging.clear()


def _by_hand(source: ModelSource, folder: Path) -> str:
    return f"Unset HF_HUB_OFFLINE, or copy the files {', '.join(source.files)} of {source.repository} into {folder}."
