"""What stands in an index folder: whole or not, and which repository it came from."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import IndexFolderError, InputError
from ..index.manifest import MANIFEST_FILE, Manifest, check_files, read_manifest
from ..index.versions import LOCK_FILE, SOURCE_FILE, VERSIONS, ReadMark, current_version, remove_unused, set_current
from ..storage.files import write_json_atomically
from ..storage.locks import FileHold
from ..transport.listing import has_size, read_files
from ..transport.staging import Staging
from .encoder_package import EncoderPackage, check_package
from .remote_manifest import PACKAGE_FILE


@dataclass(frozen=True, slots=True)
class Source:
    """Where a version came from; `manifest_sha256` ties the note to the manifest beside it."""

    repository: str
    revision: str
    commit: str
    endpoint: str
    manifest_sha256: str


def install(staging: Staging, folder: Path, manifest: Manifest) -> Path:
    """Give the finished tree its place among the versions, and move the pointer."""
    stem = f"{manifest.corpus_sha256[:12]}-{manifest.encoder.name.rsplit('/', 1)[-1]}"
    stem = "".join(char if char.isalnum() or char in "-._" else "_" for char in stem)
    versions = folder / VERSIONS
    versions.mkdir(exist_ok=True)
    name, number = stem, 1
    while (versions / name).exists():
        number += 1
        name = f"{stem}-{number}"
    version = versions / name
    # Marked as read before it is there, so that a build which ends just now does not take it for unused.
    mark = ReadMark(version)
    staging.tree.rename(version)
    _make_current(folder, version, mark)
    staging.clear()
    return version


def _make_current(folder: Path, version: Path, mark: ReadMark) -> None:
    """Move the pointer, and remove versions that nobody reads; a build at work does that itself when it ends."""
    set_current(folder, version.name)
    mark.release()
    with contextlib.suppress(OSError), FileHold(folder / LOCK_FILE):
        remove_unused(folder)


def read_source(version: Path) -> Source | None:
    """Where a version came from; None for one that was built here."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        source = Source(**json.loads((version / SOURCE_FILE).read_text(encoding="utf-8")))
        if source.manifest_sha256 == hashlib.sha256((version / MANIFEST_FILE).read_bytes()).hexdigest():
            return source
    return None


def write_source(version: Path, source: Source) -> None:
    """Note where a version came from; the note is not a part of the manifest."""
    write_json_atomically(version / SOURCE_FILE, asdict(source))


def source_of_current(folder: Path) -> Source | None:
    """Where the current version came from; None without one, or for one that was built here."""
    try:
        return read_source(current_version(folder))
    except IndexFolderError:
        return None


def built_here(folder: Path) -> Path | None:
    """The index of `folder` that no fetch can bring back, whole or not; None without one, or if it was fetched.

    Where the pointer is lost, that is any version with a manifest.
    """
    try:
        versions = [current_version(folder)]
    except IndexFolderError:
        versions = [path.parent for path in sorted((folder / VERSIONS).glob(f"*/{MANIFEST_FILE}"))]
    # The note alone tells: a damaged manifest beside it may be fetched again.
    return next((version for version in versions if not (version / SOURCE_FILE).is_file()), None)


def keep_built(folder: Path, *, replace: bool) -> None:
    """Refuse to put a fetched index in the place of one that was built here, which may be hours of work.

    :raises InputError: there is one and `replace` is false, or it does not lie in a version folder that can be replaced.
    """
    version = built_here(folder)
    if version is None or (replace and version != folder):
        return
    try:
        manifest = read_manifest(version)
        finished = time.strftime("%Y-%m-%d", time.localtime((version / MANIFEST_FILE).stat().st_mtime))
        what = f"{manifest.rows:,} tags, finished on {finished}"
    except (OSError, IndexFolderError) as error:
        what = f"not usable as it is: {error}"
    ways = "--replace puts the fetched one in its place" if version != folder else "move this one away first"
    raise InputError(
        f"{folder} holds an index that was built here, and a fetch could not bring it back ({what}).",
        hint=f"Nothing was changed. Fetch into another folder with --db OTHER, or {ways}.",
    )


def whole_version(folder: Path, *, verify: bool = False) -> Path | None:
    """The current version if it is an index with every file in its size (with `verify`, content); None otherwise."""
    try:
        version = current_version(folder)
        return None if check_files(version, read_manifest(version), hashes=verify) else version
    except IndexFolderError:
        return None


def adopt_version(folder: Path, source: Source, package: EncoderPackage | None, *, verify: bool) -> Path | None:
    """Make a whole version with this very manifest the current one, as after a change of the README alone.

    Returns None if there is none.
    """
    for path in sorted((folder / VERSIONS).glob(f"*/{MANIFEST_FILE}")):
        mark = ReadMark(path.parent)
        if _fits(path.parent, source.manifest_sha256, package, verify=verify):
            write_source(path.parent, source)
            _make_current(folder, path.parent, mark)
            return path.parent
        mark.release()
    return None


def _fits(version: Path, manifest_sha256: str, package: EncoderPackage | None, *, verify: bool) -> bool:
    try:
        if hashlib.sha256((version / MANIFEST_FILE).read_bytes()).hexdigest() != manifest_sha256:
            return False
        manifest = read_manifest(version)
    except (OSError, IndexFolderError):
        return False
    problems = check_files(version, manifest, hashes=verify)
    return not problems and not (package and check_package(version, manifest, hashes=verify))


def files_at_hand(folder: Path) -> dict[str, Path]:
    """Of the versions in an index folder: content key -> a file that has it by a list of its version."""
    found: dict[str, Path] = {}
    for name in (MANIFEST_FILE, PACKAGE_FILE):
        for listing in (folder / VERSIONS).glob(f"*/{name}"):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                files = read_files(json.loads(listing.read_bytes())["files"])
                present = {file: e for file, e in files.items() if has_size(listing.parent / file, e)}
                found |= {expected.key: listing.parent / file for file, expected in present.items()}
    return found
