"""What this computer knows of versions, kept in the home folder: what lies in a version itself, its maker could have written.

HOME/checked/KEY   the values of its arrays were read and fit (damage.py)
HOME/trusted/KEY   it was built here, or fetched with all hashes from a repository in the user's settings

KEY changes when any file of the version is written to but Chroma's database, which Chroma writes to when it reads.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path

from ..storage.paths import true_path
from .manifest import MANIFEST_FILE, REWRITTEN, Manifest, read_manifest

CHECKED, TRUSTED = "checked", "trusted"
_KEPT = 50


def key_of(version: Path, manifest: Manifest) -> str:
    """The key of a version as it is now; raises OSError when a file is missing."""
    seen = [str(true_path(version)), hashlib.sha256((version / MANIFEST_FILE).read_bytes()).hexdigest()]
    for name in sorted(manifest.files):
        if name not in REWRITTEN:
            found = (version / name).stat()
            seen.append(f"{name} {found.st_size} {found.st_mtime_ns}")
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:32]


def note(home: Path, kind: str, key: str) -> None:
    """Remember this of a version; where the home cannot be written, nothing is."""
    path = home / kind / key
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        for old in sorted(path.parent.iterdir(), key=lambda known: known.stat().st_mtime)[:-_KEPT]:
            old.unlink(missing_ok=True)


def is_noted(home: Path, kind: str, key: str) -> bool:
    """Whether this is known of a version."""
    return (home / kind / key).is_file()


def trust_version(version: Path, home: Path) -> None:
    """Remember that a version was built here, or fetched from a repository that the user named."""
    with contextlib.suppress(OSError):
        note(home, TRUSTED, key_of(version, read_manifest(version)))


def is_trusted(version: Path, home: Path) -> bool:
    """Whether programs that trust their files, as Chroma does, may open those of this version."""
    with contextlib.suppress(OSError):
        return is_noted(home, TRUSTED, key_of(version, read_manifest(version)))
    return False
