"""Publishing an index: checked, packed, and uploaded in one commit. Only this file uploads with huggingface_hub."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..encoders import BGE_M3, USE_MULTILINGUAL, EncoderIdentity
from ..errors import HubError, IndexDamagedError, InputError, MissingDependencyError
from ..index.manifest import (
    ENCODER_FOLDER,
    MANIFEST_FILE,
    PACKAGE_OPTION,
    REWRITTEN,
    Manifest,
    check_files,
    hash_files,
    read_manifest,
)
from ..index.versions import current_version
from ..settings import DEFAULT_ENDPOINT, Settings
from ..storage.files import sha256_of
from ..storage.locks import IN_USE, FileHold
from ..transport.download import DEFAULT_RETRY, EndpointError, HubClient, RetryPolicy
from ..transport.endpoints import Repository, check_endpoint, check_revision
from ..transport.listing import MAX_LISTING_BYTES, ExpectedFile, check_names, read_tree
from .card import CardFacts, render_card
from .encoder_package import json_bytes, pack_encoder
from .remote_manifest import PACKAGE_FILE

CARD_FILE = "README.md"
_KEPT = {".gitattributes"}
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes into a repository: the content of each file, on the disk or at hand, by its path there."""

    repository: Repository
    files: dict[str, Path | bytes]

    def described(self) -> list[tuple[str, int, str]]:
        """Path, size in bytes and SHA-256 of each file."""
        return [(name, _size(content), _sha256(content)) for name, content in self.files.items()]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a plan is uploaded to."""

    endpoint: str = DEFAULT_ENDPOINT
    revision: str = "main"
    message: str = "Publish the index"
    private: bool = False


def plan_publish(folder: Path, repository: Repository, facts: CardFacts, encoder: Path | None = None) -> Plan:
    """Check every file of an index and say what would be uploaded. Asks nothing of the network.

    The same index, encoder and facts give the same bytes.

    :param encoder: a folder with the encoder that the index is to be queried with, or None for the one that came with
        the index, if one did.
    :raises IndexDamagedError: a file is not as it was built, or is a link.
    :raises InputError: the encoder's folder is empty, or the encoder is needed, since nobody else has it, or the figures
        are of another index.
    """
    version = current_version(folder)
    manifest = read_manifest(version)
    _check(version, manifest)
    _check_figures(version, facts)
    if encoder is None and PACKAGE_OPTION in manifest.options:
        # It was fetched with its encoder, and its manifest says so.
        encoder = version / ENCODER_FOLDER
    if encoder is None and manifest.encoder.name not in (USE_MULTILINGUAL, BGE_M3):
        raise InputError(
            f"The index was built by a model folder of this computer, {manifest.encoder}: nobody else could query it.",
            hint="Convert that model (danbooru-index convert --model FOLDER) and publish with --with-encoder.",
        )
    files: dict[str, Path | bytes] = {name: version / name for name in sorted(manifest.files)}
    listing = _listing(version, manifest)
    if encoder is not None:
        package, packed = pack_encoder(encoder, manifest.encoder)
        listing = _with_package(listing, manifest.encoder, package)
        files |= {**packed, PACKAGE_FILE: package}
    check_names(files)
    public = replace(manifest, encoder=manifest.encoder.public())
    card = render_card(public, repository, facts, with_encoder=encoder is not None)
    return Plan(repository, {**files, CARD_FILE: card.encode(), MANIFEST_FILE: listing})


def _listing(version: Path, manifest: Manifest) -> bytes:
    """The manifest, with the size and hash that Chroma's database has now: it changes when it is read.

    :raises InputError: a process has it open, and may change it while it is uploaded.
    """
    changed = {}
    for name, entry in hash_files(version, sorted(REWRITTEN & manifest.files.keys())).items():
        try:
            FileHold((version / name).with_name(IN_USE)).release(remove=True)
        except TimeoutError as error:
            raise InputError(
                f"Another process searches in the Chroma collection of {version}.",
                hint="End that process, or let it search with --dense sketch, and publish again.",
            ) from error
        except OSError:
            pass  # a folder that cannot be written to, or has no locks, so that Chroma does not change it either
        if entry != manifest.files[name]:
            changed[name] = entry
    if not changed:
        return (version / MANIFEST_FILE).read_bytes()
    return replace(manifest, files={**manifest.files, **changed}).text().encode("utf-8")


def _with_package(listing: bytes, encoder: EncoderIdentity, package: bytes) -> bytes:
    """A manifest that names the encoder's package, and the encoder as the package does."""
    manifest = json.loads(listing)
    manifest["options"][PACKAGE_OPTION] = sha256(package).hexdigest()
    manifest["encoder"] = encoder.public().as_json()
    return json_bytes(manifest)


def _check(version: Path, manifest: Manifest) -> None:
    problems = check_files(version, manifest, hashes=True)
    problems += [f"{name} is a link" for name in manifest.files if (version / name).is_symlink()]
    if problems:
        raise IndexDamagedError(
            f"The index {version} cannot be published: {'; '.join(problems[:3])}.",
            hint="Build it again: danbooru-index build --input CORPUS --db DIR",
        )


def _check_figures(version: Path, facts: CardFacts) -> None:
    """A card with the figures of another build would be a false one."""
    for evaluation in facts.evaluations:
        if evaluation.index != version.resolve().name:
            raise InputError(
                f"The figures are of the index version {evaluation.index}, and {version.resolve().name} is to be published.",
                hint="Measure this one: danbooru-index evaluate --queries FILE... --db DIR --json > results.json",
            )


def publish(plan: Plan, settings: Settings, target: Target, retry: RetryPolicy = DEFAULT_RETRY) -> str:
    """Upload a plan in one commit and return its hash. Files that the repository has beside it are removed.

    The list that the endpoint gives afterwards is compared with the plan, by hash.

    :raises MissingDependencyError: huggingface_hub is not installed.
    :raises HubError: offline, the upload failed, or what the endpoint has now is not what was sent.
    """
    endpoint = check_endpoint(target.endpoint)
    if settings.offline:
        raise HubError(
            "Offline (HF_HUB_OFFLINE): nothing can be published.", hint="Unset HF_HUB_OFFLINE, or use --dry-run."
        )
    # At the Hub itself, None lets the library use the login that it saved; another endpoint must not see that.
    token = settings.token_for(endpoint) or (None if endpoint == DEFAULT_ENDPOINT else False)
    commit = _upload(plan, endpoint, token, replace(target, revision=check_revision(target.revision)))
    _read_back(plan, endpoint, commit, settings, retry)
    return commit


@contextlib.contextmanager
def _tamed_library(endpoint: str, token: str | bool | None) -> Iterator[None]:
    """huggingface_hub's global switches for one upload, and as they were afterwards.

    :raises MissingDependencyError: this version of the library has no such switches.
    """
    from huggingface_hub import _commit_api, constants

    # Its other way of uploading may split one upload into several commits, and readers would see half an index.
    wanted: list[tuple[Any, str, Any]] = [(constants, "HF_HUB_DISABLE_XET", True)]
    if token is False:
        # Its code for large files forgets that no token is to be sent, and would take HF_TOKEN or the saved login.
        wanted.append((constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", True))
    try:
        before = [(holder, name, getattr(holder, name)) for holder, name, _ in wanted]
        upload = _commit_api.lfs_upload
    except AttributeError as error:
        raise MissingDependencyError(
            f"This version of huggingface_hub cannot be kept from sending the token elsewhere: {error}.",
            hint='Install one that is known: pip install "huggingface_hub>=0.26,<3"',
        ) from error

    def upload_here(*, lfs_batch_action: dict[str, Any], **rest: Any) -> Any:
        return upload(lfs_batch_action=_without_foreign_verify(lfs_batch_action, endpoint), **rest)

    before.append((_commit_api, "lfs_upload", upload))
    wanted.append((_commit_api, "lfs_upload", upload_here))
    try:
        for holder, name, value in wanted:
            setattr(holder, name, value)
        yield
    finally:
        for holder, name, value in before:
            setattr(holder, name, value)


def _without_foreign_verify(action: dict[str, Any], endpoint: str) -> dict[str, Any]:
    """An LFS upload without its last request where that would take the token to another host than the endpoint's.

    What was stored is compared with the plan afterwards in any case.
    """
    actions = action.get("actions") or {}
    verify = actions.get("verify")
    href = str(verify.get("href", "")) if isinstance(verify, dict) else ""
    if verify is None or _origin(href) == _origin(endpoint):
        return action
    return {**action, "actions": {name: value for name, value in actions.items() if name != "verify"}}


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _upload(plan: Plan, endpoint: str, token: str | bool | None, target: Target) -> str:
    try:
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
    except ImportError as error:
        raise MissingDependencyError(
            f"The package huggingface_hub cannot be imported: {error}.",
            hint='Install it: pip install "huggingface_hub>=0.26"',
        ) from error
    api = HfApi(endpoint=endpoint, token=token)
    where = {"repo_id": plan.repository.id, "repo_type": plan.repository.kind}
    try:
        with _tamed_library(endpoint, token):
            api.create_repo(**where, private=target.private, exist_ok=True)
            if target.revision != "main":
                api.create_branch(**where, branch=target.revision, exist_ok=True)
            gone = set(api.list_repo_files(**where, revision=target.revision)) - plan.files.keys() - _KEPT
            operations: list[Any] = [CommitOperationDelete(path_in_repo=name) for name in sorted(gone)]
            for name, content in plan.files.items():
                data = str(content) if isinstance(content, Path) else BytesIO(content)
                operations.append(CommitOperationAdd(path_in_repo=name, path_or_fileobj=data))
            done = api.create_commit(
                **where, operations=operations, commit_message=target.message, revision=target.revision
            )
    except MissingDependencyError:
        raise
    except Exception as error:  # its exceptions belong to one of three HTTP libraries, by version
        raise HubError(
            f"{plan.repository} could not be published to {endpoint}: {type(error).__name__}: {error}",
            hint="Use a token that may write (HF_TOKEN) and run the command again; what is uploaded already is not sent twice.",
        ) from error
    return str(done.oid)


def _read_back(plan: Plan, endpoint: str, commit: str, settings: Settings, retry: RetryPolicy) -> None:
    client = HubClient(settings.token_for, retry)
    try:
        data = client.get(endpoint, plan.repository.tree_path(commit), MAX_LISTING_BYTES)
    except EndpointError as error:
        raise HubError(
            f"{plan.repository} is published at {commit}, but {endpoint} does not list it: {error}.",
            hint="Look at it with danbooru-index fetch --check, or publish again.",
        ) from error
    finally:
        client.close()
    listed = read_tree(data, plan.files, f"{plan.repository} at {commit[:12]}")
    wrong = [name for name, expected in listed.items() if not _is(plan.files[name], expected)]
    if wrong:
        raise HubError(f"{endpoint} has other content than was sent: {', '.join(wrong)}.", hint="Publish again.")


def _is(content: Path | bytes, expected: ExpectedFile) -> bool:
    digest = expected.hasher()
    if isinstance(content, bytes):
        digest.update(content)
    else:
        with content.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    return _size(content) == expected.size and bool(digest.hexdigest() == expected.digest)


def _size(content: Path | bytes) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _sha256(content: Path | bytes) -> str:
    return sha256(content).hexdigest() if isinstance(content, bytes) else sha256_of(content)
