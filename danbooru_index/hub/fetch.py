"""Fetching a prebuilt index: manifest first, refused or accepted by it, then the files, then the pointer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from ..encoders import open_encoder
from ..errors import EncoderError, HubError, IndexMismatchError, OfflineError
from ..index.manifest import MANIFEST_FILE, Manifest, read_manifest
from ..index.notes import trust_version
from ..index.versions import claim
from ..progress import Progress, silent
from ..settings import Settings, load_settings
from ..storage.paths import is_network_path
from ..transport.download import DEFAULT_RETRY, HubClient, RetryPolicy
from ..transport.endpoints import Repository, check_revision, is_commit
from ..transport.listing import MAX_LISTING_BYTES, ExpectedFile
from ..transport.mirrors import ASKING, Mirrors, Remote, client_for, endpoints_of, run_interruptibly
from ..transport.staging import Staging, disk_errors, open_staging
from ..transport.transfer import transfer
from .encoder_package import EncoderPackage, check_package, package_of
from .installed import (
    Source,
    adopt_version,
    files_at_hand,
    install,
    keep_built,
    read_source,
    source_of_current,
    whole_version,
    write_source,
)
from .remote_manifest import PACKAGE_FILE, read_remote_manifest

NEXT_STEPS = (
    "You can (1) use another endpoint (--endpoint URL, or HF_ENDPOINT=https://your.mirror); (2) copy an index folder "
    "from another computer by hand, passed with --db; or (3) build one here: danbooru-index build --input CORPUS."
)


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """How to fetch.

    `update` asks for the newest commit of the revision even if an older one is here; `verify` checks the hashes of what
    is here instead of sizes alone; `encoder` takes the repository's encoder too, if it has one; `replace` lets a fetch
    remove an index that was built here.
    """

    update: bool = False
    verify: bool = False
    encoder: bool = True
    replace: bool = False


DEFAULT_OPTIONS = FetchOptions()


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What `fetch_index` did. `status` is `fetched`, `present` (nothing was needed) or `offline` (nothing was asked).

    `source` is None for an index that was built here, as only `offline` uses it; `received` counts bytes.
    """

    folder: Path
    status: str
    source: Source | None
    received: int = 0


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The commit that the Hub has now, and the one that is `installed`: None for nothing, or another repository's."""

    repository: str
    revision: str
    endpoint: str
    commit: str
    installed: str | None

    @property
    def newer(self) -> bool:
        """Whether `fetch --update` would change anything."""
        return self.commit != self.installed


def ensure_index(settings: Settings, folder: Path, progress: Progress = silent) -> Path:
    """The whole index that stands in `folder`, with no request at all; fetched first only if there is none.

    :raises HubError, IndexMismatchError: see fetch_index.
    """
    version = whole_version(folder)
    return version if version is not None else fetch_index(settings, folder, progress).folder


def check_index(settings: Settings, folder: Path, retry: RetryPolicy = DEFAULT_RETRY) -> CheckReport:
    """Ask what commit the revision stands for now, and compare; nothing is downloaded.

    :raises HubError: offline, or no endpoint answered.
    """
    repository = _repository(settings)
    if settings.offline:
        raise OfflineError(
            "Offline (HF_HUB_OFFLINE): no newer revision can be looked for.",
            hint="Unset HF_HUB_OFFLINE and run the command again.",
        )
    with client_for(settings, retry) as client:
        endpoint, commit = _commit(client, _mirrors(settings), repository, settings.revision)
    source = source_of_current(folder)
    installed = source.commit if source is not None and source.repository == str(repository) else None
    return CheckReport(str(repository), settings.revision, endpoint, commit, installed)


def fetch_index(
    settings: Settings,
    folder: Path,
    progress: Progress = silent,
    options: FetchOptions = DEFAULT_OPTIONS,
    *,
    retry: RetryPolicy = DEFAULT_RETRY,
) -> FetchReport:
    """Make the index of `settings.repository` at `settings.revision` the current version of `folder`.

    No request is made when it is there already and whole; what is damaged is fetched again. Stopped at any point, the
    next call resumes it. `progress` runs in the calling thread, and what it raises stops the download and passes through.

    :raises InputError: the repository, revision or an endpoint cannot be one; or an index that was built here is in
        the way, and not `options.replace`.
    :raises IndexFolderError: the folder belongs to something else.
    :raises IndexMismatchError: another schema version or encoder; nothing was downloaded.
    :raises HubError: offline without an index, no endpoint delivered, the disk is full, or the manifest is unsafe.
    """
    if settings.offline:
        return _offline(folder, options)
    repository, mirrors = _repository(settings), _mirrors(settings)
    with disk_errors(folder):
        claim(folder)
    keep_built(folder, replace=options.replace)
    if not options.update and (present := _present(folder, repository, settings.revision, options)):
        return present
    with client_for(settings, retry) as client:
        _, commit = run_interruptibly(
            client, progress, ASKING, lambda: _commit(client, mirrors, repository, settings.revision)
        )
        if present := _present(folder, repository, commit, options):
            return present
        with open_staging(folder, progress) as staging:
            # Another process may have finished it while this one waited.
            if present := _present(folder, repository, commit, options):
                return present
            report = _fetch(
                Remote(client, mirrors, repository, commit), settings.revision, folder, staging, progress, options
            )
    if _is_the_users(repository, settings):
        trust_version(report.folder, settings.home)
    return report


def _is_the_users(repository: Repository, settings: Settings) -> bool:
    """Whether the user's own settings name it: these may have been changed by a flag or a node."""
    own = load_settings(home=settings.home)
    return repository in {Repository.parse(name) for name in (own.repository, *own.allowed_repositories) if name}


def _repository(settings: Settings) -> Repository:
    if not settings.repository:
        raise HubError(
            "No repository of a prebuilt index is named, and none is published yet.",
            hint='Name one that you trust: danbooru-index fetch OWNER/NAME, or repository = "OWNER/NAME" in config.toml; '
            "or build one here: danbooru-index build --input CORPUS --db DIR",
        )
    return Repository.parse(settings.repository)


def _fetch(
    remote: Remote, revision: str, folder: Path, staging: Staging, progress: Progress, options: FetchOptions
) -> FetchReport:
    where = f"{remote.repository} at {remote.commit[:12]}"

    def ask() -> tuple[str, bytes, Manifest, dict[str, ExpectedFile], EncoderPackage | None]:
        endpoint, data = remote.read(MANIFEST_FILE, MAX_LISTING_BYTES)
        manifest, files = read_remote_manifest(data, where)
        return endpoint, data, manifest, files, package_of(remote, manifest, where)

    endpoint, data, manifest, files, package = run_interruptibly(remote.client, progress, ASKING, ask)
    taken = package if options.encoder else None
    check_encoder(manifest, taken, where)
    source = Source(str(remote.repository), revision, remote.commit, endpoint, hashlib.sha256(data).hexdigest())
    keep_built(folder, replace=options.replace)
    version = adopt_version(folder, source, taken, verify=options.verify)
    if version is not None:
        return FetchReport(version, "present", source)
    received = transfer(
        remote, {**files, **(taken.files if taken else {})}, staging, progress, lambda: files_at_hand(folder)
    )
    (staging.tree / MANIFEST_FILE).write_bytes(data)
    if taken:
        (staging.tree / PACKAGE_FILE).write_bytes(taken.data)
    write_source(staging.tree, source)
    # A build may have ended here during the download, which is kept for the next call.
    keep_built(folder, replace=options.replace)
    return FetchReport(install(staging, folder, manifest), "fetched", source, received)


def _present(folder: Path, repository: Repository, wanted: str, options: FetchOptions) -> FetchReport | None:
    """The report for an index that needs nothing: whole, and of the `wanted` commit or fetched as that branch or tag."""
    source = source_of_current(folder)
    if source is None or source.repository != str(repository) or wanted not in (source.commit, source.revision):
        return None
    version = whole_version(folder, verify=options.verify)
    if version is None:
        return None
    if options.encoder and check_package(version, read_manifest(version), hashes=options.verify):
        return None
    return FetchReport(version, "present", source)


def check_encoder(manifest: Manifest, package: EncoderPackage | None, where: str) -> None:
    """Refuse an index that this program could not query.

    :raises IndexMismatchError: no encoder here, nor one that comes with it, has the identity that the index names.
    """
    wanted = manifest.encoder
    if is_network_path(wanted.name):
        # Windows would log in at that computer as soon as anything looks whether the folder is there.
        raise IndexMismatchError(
            f"The index of {where} names an encoder on another computer: {wanted.name!r}.",
            hint="Nothing was downloaded. Choose another repository or revision, and tell the owner of this one.",
        )
    if package is not None and package.identity == wanted:
        return
    try:
        found = open_encoder(wanted.name).identity
    except EncoderError as error:
        raise IndexMismatchError(
            f"The index of {where} needs the encoder {wanted}: {error}", hint=f"Nothing was downloaded. {error.hint}"
        ) from error
    if found != wanted:
        raise IndexMismatchError(
            f"The index of {where} was built by {wanted}; this program has {found}.",
            hint="Nothing was downloaded. Choose a revision that fits with --revision, or update danbooru-index.",
        )


def _offline(folder: Path, options: FetchOptions) -> FetchReport:
    version = whole_version(folder, verify=options.verify)
    if version is None:
        raise OfflineError(f"Offline (HF_HUB_OFFLINE), and there is no whole index in {folder}.", hint=NEXT_STEPS)
    return FetchReport(version, "offline", read_source(version))


def _mirrors(settings: Settings) -> Mirrors:
    return Mirrors(endpoints_of(settings, NEXT_STEPS), NEXT_STEPS)


def _commit(client: HubClient, mirrors: Mirrors, repository: Repository, revision: str) -> tuple[str, str]:
    """The endpoint that answered ("" where none was asked) and the commit that a revision stands for."""
    if is_commit(check_revision(revision)):
        return "", revision
    path = repository.file_path(revision, MANIFEST_FILE)
    return mirrors.ask(f"{repository} at {revision}", lambda endpoint: client.commit_of(endpoint, path))


def with_flags(
    settings: Settings, repository: str | None, revision: str | None, endpoints: tuple[str, ...]
) -> Settings:
    """The settings with what a command line or a node input says instead."""
    # As in HF_ENDPOINT, one text may hold several.
    endpoints = tuple(part.strip() for text in endpoints for part in text.split(",") if part.strip())
    settings = replace(settings, repository=repository or settings.repository, revision=revision or settings.revision)
    return replace(settings, endpoints=endpoints or settings.endpoints)
