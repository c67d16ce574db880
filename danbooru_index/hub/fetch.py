"""Fetching a prebuilt index: manifest first, refused or accepted by it, then the files, then the pointer."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ..build.progress import Progress, silent
from ..encoders import open_encoder
from ..errors import EncoderError, HubError, IndexFolderError, IndexMismatchError
from ..files import write_json_atomically
from ..index import VERSIONS, current_version, set_current
from ..manifest import MANIFEST_FILE, Manifest, check_files, read_manifest
from ..settings import Settings
from .download import DEFAULT_PATIENCE, HubClient, Patience
from .encoder import PACKAGE_FILE, EncoderPackage, check_package, package_of
from .endpoints import Repository, check_endpoint, check_revision, is_commit
from .listing import MAX_LISTING_BYTES, SOURCE_FILE, read_remote_manifest
from .staging import Staging, open_staging
from .transfer import WAYS_ON, Mirrors, Remote, transfer


@dataclass(frozen=True, slots=True)
class Source:
    """Where a version came from; `manifest_sha256` ties the note to the manifest beside it."""

    repository: str
    revision: str
    commit: str
    endpoint: str
    manifest_sha256: str


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What `fetch_index` did. `status` is `fetched`, `present` (nothing was needed) or `offline` (nothing was asked).

    `source` is None for an index that was built here; `received` counts bytes.
    """

    folder: Path
    status: str
    source: Source | None
    received: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What the Hub has (`commit`) beside what is here (`installed`, None for nothing, or nothing from this repository)."""

    repository: str
    revision: str
    endpoint: str
    commit: str
    installed: str | None

    @property
    def newer(self) -> bool:
        """Whether `fetch` would change anything."""
        return self.commit != self.installed


def ensure_index(settings: Settings, folder: Path, progress: Progress = silent) -> Path:
    """The whole index that stands in `folder`, with no request at all; fetched first only if there is none.

    :raises HubError, IndexMismatchError: see fetch_index.
    """
    version = _whole_version(folder)
    return version if version is not None else fetch_index(settings, folder, progress).folder


def check_index(settings: Settings, folder: Path, patience: Patience = DEFAULT_PATIENCE) -> CheckReport:
    """Ask what commit the revision stands for now, and compare; nothing is downloaded.

    :raises HubError: offline, or no endpoint answered.
    """
    repository = Repository.parse(settings.repository)
    if settings.offline:
        raise HubError(
            "Offline (HF_HUB_OFFLINE): no newer revision can be looked for.",
            hint="Unset HF_HUB_OFFLINE and run the command again.",
        )
    with client_for(settings, patience) as client:
        endpoint, commit = _commit(client, Mirrors(endpoints_of(settings)), repository, settings.revision)
    source = _source_of_current(folder)
    installed = source.commit if source is not None and source.repository == str(repository) else None
    return CheckReport(str(repository), settings.revision, endpoint, commit, installed)


def fetch_index(
    settings: Settings,
    folder: Path,
    progress: Progress = silent,
    *,
    verify: bool = False,
    encoder: bool = True,
    patience: Patience = DEFAULT_PATIENCE,
) -> FetchReport:
    """Make the index of `settings.repository` at `settings.revision` the current version of `folder`.

    Nothing is downloaded when it is there already: sizes are checked, with `verify` hashes too. What is damaged is
    fetched again. Stopped at any point, the next call goes on. `encoder` takes the repository's encoder too, if it has one.

    :raises InputError: the repository, revision or an endpoint cannot be one.
    :raises IndexMismatchError: another schema version or encoder; nothing was downloaded.
    :raises HubError: offline without an index, no endpoint delivered, the disk is full, or the manifest is unsafe.
    """
    repository, mirrors = Repository.parse(settings.repository), Mirrors(endpoints_of(settings))
    if settings.offline:
        return _offline(folder)
    with client_for(settings, patience) as client:
        try:
            endpoint, commit = _commit(client, mirrors, repository, settings.revision)
        except HubError as error:
            if (
                (version := _whole_version(folder)) is None
                or (source := read_source(version)) is None
                or source.repository != str(repository)
            ):
                raise
            return FetchReport(version, "present", source, warnings=(f"{error} The index that is here is used.",))
        present = _present(folder, repository, commit, verify=verify, encoder=encoder)
        if present is not None:
            return present
        with open_staging(folder, progress) as staging:
            # Another process may have finished it while this one waited.
            present = _present(folder, repository, commit, verify=verify, encoder=encoder)
            if present is not None:
                return present
            remote = Remote(client, mirrors, repository, commit)
            return _fetch(remote, settings.revision, folder, staging, progress, verify=verify, encoder=encoder)


def _fetch(
    remote: Remote, revision: str, folder: Path, staging: Staging, progress: Progress, *, verify: bool, encoder: bool
) -> FetchReport:
    endpoint, data = remote.read(MANIFEST_FILE, MAX_LISTING_BYTES)
    where = f"{remote.repository} at {remote.commit[:12]}"
    manifest, files = read_remote_manifest(data, where)
    package = package_of(remote, manifest, where)
    check_encoder(manifest, package, where)
    taken = package if encoder else None
    source = Source(str(remote.repository), revision, remote.commit, endpoint, hashlib.sha256(data).hexdigest())
    version = _same_version(folder, source.manifest_sha256, taken, verify=verify)
    if version is not None:
        _write_source(version, source)
        set_current(folder, version.name)
        return FetchReport(version, "present", source)
    received = transfer(remote, {**files, **(taken.files if taken else {})}, staging, progress)
    (staging.tree / MANIFEST_FILE).write_bytes(data)
    if taken:
        (staging.tree / PACKAGE_FILE).write_bytes(taken.data)
    _write_source(staging.tree, source)
    version = _install(staging, folder, manifest)
    return FetchReport(version, "fetched", source, received)


def check_encoder(manifest: Manifest, package: EncoderPackage | None, where: str) -> None:
    """Refuse an index that this program could not query.

    :raises IndexMismatchError: no encoder here, nor one that comes with it, has the identity that the index names.
    """
    wanted = manifest.encoder
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


def _install(staging: Staging, folder: Path, manifest: Manifest) -> Path:
    """Give the finished tree its place among the versions, and move the pointer."""
    stem = f"{manifest.corpus_sha256[:12]}-{manifest.encoder.name.rsplit('/', 1)[-1]}"
    stem = "".join(char if char.isalnum() or char in "-._" else "_" for char in stem)
    versions = folder / VERSIONS
    versions.mkdir(exist_ok=True)
    name, number = stem, 1
    while (versions / name).exists():
        number += 1
        name = f"{stem}-{number}"
    staging.tree.rename(versions / name)
    set_current(folder, name)
    staging.clear()
    return versions / name


def read_source(version: Path) -> Source | None:
    """Where a version came from; None for one that was built here."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        source = Source(**json.loads((version / SOURCE_FILE).read_text(encoding="utf-8")))
        if source.manifest_sha256 == hashlib.sha256((version / MANIFEST_FILE).read_bytes()).hexdigest():
            return source
    return None


def _write_source(version: Path, source: Source) -> None:
    write_json_atomically(version / SOURCE_FILE, asdict(source))


def _source_of_current(folder: Path) -> Source | None:
    try:
        return read_source(current_version(folder))
    except IndexFolderError:
        return None


def _whole_version(folder: Path, *, verify: bool = False) -> Path | None:
    """The current version if it is an index with every file in its size (with `verify`, content); None otherwise."""
    try:
        version = current_version(folder)
        return None if check_files(version, read_manifest(version), hashes=verify) else version
    except IndexFolderError:
        return None


def _present(folder: Path, repository: Repository, commit: str, *, verify: bool, encoder: bool) -> FetchReport | None:
    """The report for an index that needs nothing."""
    source = _source_of_current(folder)
    if source is None or (source.repository, source.commit) != (str(repository), commit):
        return None
    version = _whole_version(folder, verify=verify)
    if version is None or (encoder and check_package(version, read_manifest(version), hashes=verify)):
        return None
    return FetchReport(version, "present", source)


def _same_version(folder: Path, manifest_sha256: str, package: EncoderPackage | None, *, verify: bool) -> Path | None:
    """A whole version with this very manifest, as after a change of the README alone, or back to an older revision."""
    for path in sorted((folder / VERSIONS).glob(f"[!.]*/{MANIFEST_FILE}")):
        if hashlib.sha256(path.read_bytes()).hexdigest() != manifest_sha256:
            continue
        manifest = read_manifest(path.parent)
        damaged = check_files(path.parent, manifest, hashes=verify) or (
            package and check_package(path.parent, manifest, hashes=verify)
        )
        if not damaged:
            return path.parent
    return None


def _offline(folder: Path) -> FetchReport:
    version = _whole_version(folder)
    if version is None:
        raise HubError(f"Offline (HF_HUB_OFFLINE), and there is no whole index in {folder}.", hint=WAYS_ON)
    return FetchReport(version, "offline", read_source(version))


def endpoints_of(settings: Settings) -> list[str]:
    if not settings.endpoints:
        raise HubError("No endpoint is set.", hint=WAYS_ON)
    return list(dict.fromkeys(check_endpoint(url) for url in settings.endpoints))


def _commit(client: HubClient, mirrors: Mirrors, repository: Repository, revision: str) -> tuple[str, str]:
    """The endpoint that answered ("" where none was asked) and the commit that a revision stands for."""
    if is_commit(check_revision(revision)):
        return "", revision
    path = repository.file_path(revision, MANIFEST_FILE)
    return mirrors.ask(f"{repository} at {revision}", lambda endpoint: client.commit_of(endpoint, path))


@contextlib.contextmanager
def client_for(settings: Settings, patience: Patience) -> Iterator[HubClient]:
    client = HubClient(settings.token_for, patience)
    try:
        yield client
    finally:
        client.close()


def with_flags(
    settings: Settings, repository: str | None, revision: str | None, endpoints: tuple[str, ...]
) -> Settings:
    """The settings with what a command line or a node input says instead."""
    settings = replace(settings, repository=repository or settings.repository, revision=revision or settings.revision)
    return replace(settings, endpoints=endpoints or settings.endpoints)
