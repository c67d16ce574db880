"""The manifest of an index version: what it is, who encoded it, and every file with size and hash."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Container, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from ..encoders.protocol import EncoderIdentity
from ..errors import IndexDamagedError, IndexMismatchError, IndexNotFoundError
from ..storage.files import json_text, sha256_of, write_text_atomically
from ..storage.foreign import JSON_FILE, JSON_VALUE, at
from ..storage.litter import is_litter

MANIFEST_FILE = "manifest.json"
ENCODER_FOLDER = "encoder"  # in a version: an int8 encoder that came with the index
SCHEMA_VERSION = 4
READABLE_SCHEMAS = (2, 3, 4)  # whose vectors can be taken over: what `upgrade` and a build read
REWRITTEN = frozenset(
    {"chroma/chroma.sqlite3"}
)  # Chroma writes to it when it only reads: `verify` compares what it holds
FLOOR_OPTION = "similarity_floor"  # see channels/vectors.py
TAGS_OPTION = "chroma_tags"  # that the Chroma collection holds
LEXICON_OPTION = "lexicon_sha256"  # of the lexicon whose names and ratings the build added, "" for none
_FORMAT = "danbooru-index"
_BEGINNING = re.compile(rb'\{\s*"corpus_sha256": "[0-9a-f]{64}",\s*"encoder": \{')  # its keys are sorted
_SEAL = "manifest_sha256"  # of the manifest itself, taken with this value blank
_BLANK = "0" * 64
PACKAGE_OPTION = "encoder_package"  # in the options: the SHA-256 of the encoder.json that came with the index
MAX_MANIFEST_BYTES = 16 << 20
MAX_DIMENSIONS = 1 << 16
_MOST = 1 << 50  # bytes, tags and texts: beyond all disks, within all arithmetic
_REBUILD = "Build it again (danbooru-index build --input CORPUS --db DIR) or fetch it again (danbooru-index fetch)."


@dataclass(frozen=True, slots=True)
class FileEntry:
    """Size in bytes and SHA-256 of one file."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index version says of itself. Paths of `files` are relative to its folder, with forward slashes."""

    encoder: EncoderIdentity
    rows: int
    texts: int
    corpus_sha256: str
    files: dict[str, FileEntry]
    options: dict[str, Any] = field(default_factory=dict)
    schema: int = SCHEMA_VERSION

    def text(self) -> str:
        """The manifest as JSON, sealed with its own hash."""
        text = json_text({"format": _FORMAT, **asdict(self), _SEAL: _BLANK})
        digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
        return text.replace(_sealed(_BLANK), _sealed(digest))

    def write(self, folder: Path) -> None:
        """Write the manifest: the last file of a version."""
        write_text_atomically(folder / MANIFEST_FILE, self.text())


def _sealed(digest: str) -> str:
    return f'"{_SEAL}": "{digest}"'


def seal_problem(data: bytes) -> str:
    """What is wrong with the hash that a manifest's bytes carry of themselves; empty when all is well."""
    seal = re.search(_sealed('([^"]*)').encode(), data)
    if seal is None:
        return f"{MANIFEST_FILE} carries no hash of itself"
    blank = data[: seal.start(1)] + _BLANK.encode() + data[seal.end(1) :]
    if hashlib.sha256(blank).hexdigest().encode() != seal[1]:
        return f"{MANIFEST_FILE} has been changed (its SHA-256 is not the one in it)"
    return ""


def read_manifest(folder: Path, schemas: Container[int] = (SCHEMA_VERSION,)) -> Manifest:
    """Read a version's manifest, of one of these schemas.

    :raises IndexNotFoundError: there is none.
    :raises IndexDamagedError: it is not a manifest of this project.
    :raises IndexMismatchError: it has another schema version.
    """
    path = folder / MANIFEST_FILE
    with at(JSON_FILE, lambda why: IndexDamagedError(f"{path} cannot be read: {why}.", hint=_REBUILD)):
        try:
            if path.stat().st_size > MAX_MANIFEST_BYTES:
                raise ValueError(f"it is larger than {MAX_MANIFEST_BYTES:,} bytes")
            value = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise IndexNotFoundError(f"{folder} holds no index: there is no {MANIFEST_FILE}.", hint=_REBUILD) from error
    if not isinstance(value, dict) or value.get("format") != _FORMAT:
        raise IndexDamagedError(f"{path} is not a manifest of a danbooru-index.", hint=_REBUILD)
    if (schema := value.get("schema")) not in schemas:
        old = schema in READABLE_SCHEMAS
        raise IndexMismatchError(
            f"The index {folder} has schema version {schema!r}; this program reads version {SCHEMA_VERSION}.",
            hint="Convert it: danbooru-index upgrade DIR. Nothing is encoded again." if old else _REBUILD,
        )
    with at(JSON_VALUE, lambda why: IndexDamagedError(f"{path} is incomplete: {why}.", hint=_REBUILD)):
        return parse_manifest(value)


def is_own_manifest(path: Path) -> bool:
    """Whether a file begins as every manifest of this project does, of whatever schema and however damaged further on."""
    try:
        with path.open("rb") as file:
            return _BEGINNING.match(file.read(200)) is not None
    except OSError:
        return False


def parse_manifest(value: dict[str, Any]) -> Manifest:
    """A manifest from its JSON; raises KeyError, TypeError or ValueError when fields are missing, wrong or unsafe."""
    files = {name: FileEntry(_whole(entry["size"]), str(entry["sha256"])) for name, entry in value["files"].items()}
    for name in files:
        path = PurePosixPath(name)
        if not name.isprintable() and any(ord(char) < 32 or 0xD800 <= ord(char) < 0xE000 for char in name):
            raise ValueError(f"unsafe path {name!r}")
        if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or not path.parts:
            raise ValueError(f"unsafe path {name!r}")
    encoder = EncoderIdentity.from_json(value["encoder"])
    if not 1 <= encoder.dimensions <= MAX_DIMENSIONS:
        raise ValueError(f"the encoder has {encoder.dimensions:,} dimensions")
    return Manifest(
        encoder=encoder,
        rows=_whole(value["rows"]),
        texts=_whole(value["texts"]),
        corpus_sha256=str(value["corpus_sha256"]),
        files=files,
        options=dict(value.get("options", {})),
        schema=int(value["schema"]),
    )


def _whole(value: Any) -> int:
    number = int(value)
    if not 0 <= number < _MOST:
        raise ValueError(f"{number} is outside 0 to {_MOST}")
    return number


def list_files(folder: Path) -> list[str]:
    """Every file of a version, relative with forward slashes, sorted, without the manifest and what a system put there."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in found if name != MANIFEST_FILE and not is_litter(name))


def hash_files(folder: Path, names: Iterable[str]) -> dict[str, FileEntry]:
    """Size and hash of these files of a version."""
    return {name: FileEntry((folder / name).stat().st_size, sha256_of(folder / name)) for name in names}


def check_files(
    folder: Path, manifest: Manifest, *, hashes: bool = False, progress: Callable[[int], None] | None = None
) -> list[str]:
    """What is wrong with the files of a version, one sentence a file; empty when all is well.

    Sizes always, contents too with `hashes`; `progress` is told the bytes of each file that was checked.
    """
    problems = []
    for name, entry in manifest.files.items():
        path = folder / name
        if not path.is_file():
            problems.append(f"{name} is missing")
        elif name in REWRITTEN:
            pass
        elif path.stat().st_size != entry.size:
            problems.append(f"{name} has {path.stat().st_size:,} bytes instead of {entry.size:,}")
        elif hashes and sha256_of(path) != entry.sha256:
            problems.append(f"{name} has been changed (its SHA-256 is not the manifest's)")
        if progress is not None:
            progress(entry.size)
    return problems
