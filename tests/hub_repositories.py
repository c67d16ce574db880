"""What the test Hub holds: repositories with commits and branches, as the real one describes them, and uploads to them."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LFS_BYTES = 100_000  # files from this size on lie in the storage


@dataclass
class Blob:
    """One file: bytes in memory, or a file on the disk."""

    data: bytes | Path

    def __post_init__(self) -> None:
        self.size = self.data.stat().st_size if isinstance(self.data, Path) else len(self.data)
        self._hashes: dict[str, str] = {}

    def read(self) -> bytes:
        return self.data.read_bytes() if isinstance(self.data, Path) else self.data

    def hash_with(self, algorithm: str) -> str:
        """`sha256`, or `git`: the SHA-1 of a Git blob."""
        if algorithm not in self._hashes:
            digest = hashlib.sha256() if algorithm == "sha256" else hashlib.sha1(b"blob %d\0" % self.size)
            digest.update(self.read())
            self._hashes[algorithm] = digest.hexdigest()
        return self._hashes[algorithm]

    @property
    def is_lfs(self) -> bool:
        return self.size >= LFS_BYTES

    def tree_entry(self, path: str) -> dict[str, Any]:
        """The Hub's JSON for it in `/tree`."""
        entry: dict[str, Any] = {"type": "file", "path": path, "oid": self.hash_with("git"), "size": self.size}
        if self.is_lfs:
            entry["lfs"] = {"oid": self.hash_with("sha256"), "size": self.size, "pointerSize": 134}
        return entry


@dataclass
class Repository:
    """Commits (hash -> path -> file), oldest first, and branches (name -> commit)."""

    commits: dict[str, dict[str, Blob]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)

    def commit(self, files: dict[str, bytes | Path], branch: str = "main") -> str:
        """Make these the files of a new commit of the branch, and return its hash."""
        return self.commit_blobs({name: Blob(data) for name, data in files.items()}, branch)

    def commit_blobs(self, blobs: dict[str, Blob], branch: str = "main") -> str:
        described = json.dumps([len(self.commits), sorted((name, blob.size) for name, blob in blobs.items())])
        commit = hashlib.sha1(described.encode()).hexdigest()
        self.commits[commit] = blobs
        self.branches[branch] = commit
        return commit

    def commit_folder(self, folder: Path, branch: str = "main") -> str:
        """The files of a folder as a new commit."""
        found = (path for path in folder.rglob("*") if path.is_file())
        return self.commit({path.relative_to(folder).as_posix(): path for path in found}, branch)

    def resolve(self, revision: str) -> str | None:
        """The commit of a branch or commit; None for neither."""
        commit = self.branches.get(revision, revision)
        return commit if commit in self.commits else None

    def files(self, branch: str = "main") -> dict[str, bytes]:
        """The newest content of a branch."""
        return {name: blob.read() for name, blob in self.commits[self.branches[branch]].items()}


class Repositories:
    """All repositories by (kind, id), and the objects that uploads bring."""

    def __init__(self) -> None:
        self.by_name: dict[tuple[str, str], Repository] = {}
        self.objects: dict[str, Blob] = {}

    def add(self, name: str, kind: str = "dataset") -> Repository:
        """The repository of this name, made at the first call."""
        return self.by_name.setdefault((kind, name), Repository())

    def apply(self, repository: Repository, lines: list[dict[str, Any]], branch: str) -> str:
        """A commit as a client sends it: NDJSON lines of header, file, lfsFile and deletedFile."""
        before = repository.branches.get(branch)
        blobs = dict(repository.commits[before]) if before else {}
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                blobs[value["path"]] = Blob(base64.b64decode(value["content"]))
            elif line["key"] == "lfsFile":
                blobs[value["path"]] = self.objects[value["oid"]]
            elif line["key"] == "deletedFile":
                blobs.pop(value["path"])
        return repository.commit_blobs(blobs, branch)
