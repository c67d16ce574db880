"""What a repository promises: its files with size and hash. It is untrusted input, so everything is checked here."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeGuard

from ..errors import HubError
from ..storage.foreign import JSON_VALUE, at

MAX_LISTING_BYTES = 16 << 20
MAX_FILES = 10_000
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHA1 = re.compile(r"[0-9a-f]{40}")
MAX_FILE_BYTES = 1 << 50
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f\ud800-\udfff<>:"|?*\\]')
# Names that Windows keeps for devices, with the superscript digits that it takes for digits.
_DEVICE = re.compile(r"(con|conin\$|conout\$|prn|aux|nul|(com|lpt)[\d\u00b9\u00b2\u00b3]) *(\..*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ExpectedFile:
    """Size in bytes and hash of a file. `algorithm` is `sha256`, or `git`: SHA-1 over Git's blob header and content."""

    size: int
    digest: str
    algorithm: str = "sha256"

    @property
    def key(self) -> str:
        """A file name that stands for this content."""
        return f"{self.algorithm}-{self.digest}"

    def hasher(self) -> Any:
        """A fresh hash object, to be updated with the content."""
        return (
            hashlib.sha256()
            if self.algorithm == "sha256"
            else hashlib.sha1(b"blob %d\0" % self.size, usedforsecurity=False)
        )


def expected_of(size: str, digest: str) -> ExpectedFile | None:
    """A file by the headers that describe it: its hash is a SHA-256 or, of a small file, Git's. None where they cannot be."""
    algorithm = "sha256" if _SHA256.fullmatch(digest) else "git" if _SHA1.fullmatch(digest) else ""
    if not algorithm or not re.fullmatch("[0-9]{1,16}", size) or not _is_size(int(size)):
        return None
    return ExpectedFile(int(size), digest, algorithm)


def has_size(path: Path, expected: ExpectedFile) -> bool:
    """Whether a file of the expected size stands there."""
    return path.is_file() and path.stat().st_size == expected.size


def check_names(names: Iterable[str]) -> None:
    """Refuse names that leave the folder, cannot exist on some system, or would collide on one.

    :raises ValueError: with the first such name.
    """
    seen: set[str] = set()
    folders: set[str] = set()
    for name in names:
        path = PurePosixPath(name)
        if not path.parts or path.is_absolute() or str(path) != name or _FORBIDDEN.search(name) or len(name) > 240:
            raise ValueError(f"unsafe path {name!r}")
        if any(part == ".." or part[-1] in ". " or part[0] == " " or _DEVICE.fullmatch(part) for part in path.parts):
            raise ValueError(f"unsafe path {name!r}")
        # Folding can leave accents in another order, so that they are put in order before and after it.
        folded = unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
        if folded in seen:
            raise ValueError(f"two files are called {name!r}")
        seen.add(folded)
        folders.update(str(parent) for parent in PurePosixPath(folded).parents)
    if clash := seen & folders:
        raise ValueError(f"{min(clash)!r} is a file and a folder")


def read_files(value: Any) -> dict[str, ExpectedFile]:
    """The `files` of a manifest, checked: name -> size and SHA-256.

    :raises ValueError: an entry is missing, wrong or unsafe.
    """
    if not isinstance(value, dict) or len(value) > MAX_FILES:
        raise ValueError(f"files must be an object of at most {MAX_FILES:,} entries")
    check_names(value)
    files = {}
    for name, entry in value.items():
        size, digest = (entry.get("size"), entry.get("sha256")) if isinstance(entry, dict) else (None, None)
        if not _is_size(size) or not isinstance(digest, str) or not _SHA256.fullmatch(digest):
            raise ValueError(f"{name} has no size and sha256")
        files[name] = ExpectedFile(size, digest)
    return files


def _is_size(value: Any) -> TypeGuard[int]:
    return type(value) is int and 0 <= value < MAX_FILE_BYTES


def read_tree(data: bytes, names: Iterable[str], where: str) -> dict[str, ExpectedFile]:
    """These files out of the Hub's list of a repository, with the hash that the Hub knows them by.

    :raises HubError: the list cannot be read, or lacks one of them.
    """
    names, hint = list(names), "Choose another endpoint (HF_ENDPOINT)."
    with at(JSON_VALUE, lambda why: HubError(f"The list of files of {where} cannot be read: {why}.", hint=hint)):
        entries = {entry["path"]: entry for entry in json.loads(data) if entry["type"] == "file"}
        if absent := [name for name in names if name not in entries]:
            raise HubError(f"{where} has no file {absent[0]!r}.", hint="Choose another repository or revision.")
        return {name: _tree_file(entries[name]) for name in names}


def _tree_file(entry: dict[str, Any]) -> ExpectedFile:
    lfs = entry.get("lfs") or {}
    size, digest = (lfs["size"], lfs["oid"]) if lfs else (entry["size"], entry["oid"])
    if not _is_size(size) or not (_SHA256 if lfs else _SHA1).fullmatch(str(digest)):
        raise ValueError(f"{entry['path']} has no usable size and hash")
    return ExpectedFile(size, str(digest), "sha256" if lfs else "git")
