"""A model's own files from the Hub, one by one and verified, instead of its whole repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import HubError
from ..progress import Progress, silent
from ..settings import Settings
from .download import DEFAULT_PATIENCE, Patience
from .endpoints import Repository, check_revision
from .fetch import client_for, endpoints_of
from .listing import MAX_LISTING_BYTES, ExpectedFile, has_size, read_tree
from .staging import open_staging
from .transfer import Mirrors, Remote, transfer


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Files of a model repository at a fixed commit; `revision` is its full hash.

    `files` gives each file's size and hash, or None for those that the Hub lists for the commit.
    """

    repository: str
    revision: str
    files: Mapping[str, ExpectedFile | None]


# Sizes and SHA-256 of the files at this commit; for the large ones the SHA-256 is also the Hub's LFS hash.
BGE_M3_SOURCE = ModelSource(
    "models/BAAI/bge-m3",
    "5617a9f61b028005a4858fdac845db406aefb181",
    {
        "config.json": ExpectedFile(687, "26159e7ad065073448460117eb24b7a4572f6f4e78eadff65dc0a11c052449fa"),
        "pytorch_model.bin": ExpectedFile(
            2271145830, "b5e0ce3470abf5ef3831aa1bd5553b486803e83251590ab7ff35a117cf6aad38"
        ),
        "colbert_linear.pt": ExpectedFile(2100674, "19bfbae397c2b7524158c919d0e9b19393c5639d098f0a66932c91ed8f5f9abb"),
        "sparse_linear.pt": ExpectedFile(3516, "45c93804d2142b8f6d7ec6914ae23a1eee9c6a1d27d83d908a20d2afb3595ad9"),
        "sentencepiece.bpe.model": ExpectedFile(
            5069051, "cfc8146abe2a0488e9e2a0c56de7952f7c11ab059eca145a0a727afce0db2865"
        ),
        "special_tokens_map.json": ExpectedFile(
            964, "8c785abebea9ae3257b61681b4e6fd8365ceafde980c21970d001e834cf10835"
        ),
        "tokenizer.json": ExpectedFile(17098108, "21106b6d7dab2952c1d496fb21d5dc9db75c28ed361a05f5020bbba27810dd08"),
        "tokenizer_config.json": ExpectedFile(444, "a62b2b6784f990259fddef5f16388693a8043be4f69179e6a5257eeb3f9abac4"),
    },
)


def download_model_files(
    settings: Settings,
    source: ModelSource,
    folder: Path,
    progress: Progress = silent,
    *,
    patience: Patience = DEFAULT_PATIENCE,
) -> Path:
    """Bring the files of `source` into `folder`, and return it. What is there already is not asked for.

    Hashes are the source's own, else those that the Hub lists: SHA-256 for large files, Git's for small ones. A file
    stands under its name only after it was verified. Stopped at any point, the next call goes on.

    :raises HubError: offline with files missing, no endpoint delivered, or the disk is full.
    """
    missing = [name for name, expected in source.files.items() if not _is_here(folder / name, expected)]
    if not missing:
        return folder
    if settings.offline:
        raise HubError(
            f"Offline (HF_HUB_OFFLINE), and {folder} lacks {', '.join(missing)}.", hint=_by_hand(source, folder)
        )
    with client_for(settings, patience) as client, open_staging(folder, progress) as staging:
        repository = Repository.parse(source.repository)
        remote = Remote(client, Mirrors(endpoints_of(settings)), repository, check_revision(source.revision))
        listed = _listed(remote, [name for name in missing if source.files[name] is None])
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
    if not names:
        return {}
    path = remote.repository.tree_path(remote.commit)
    what = f"the list of files of {remote.repository}"
    _, data = remote.mirrors.ask(what, lambda endpoint: remote.client.get(endpoint, path, MAX_LISTING_BYTES))
    return read_tree(data, names, f"{remote.repository} at {remote.commit[:12]}")


def _by_hand(source: ModelSource, folder: Path) -> str:
    return f"Unset HF_HUB_OFFLINE, or copy the files {', '.join(source.files)} of {source.repository} into {folder}."
