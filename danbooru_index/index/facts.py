"""What an index is, as `info` and the index route say it; read from the manifest alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .layout import channels_among
from .manifest import read_manifest


def index_facts(version: Path) -> dict[str, Any]:
    """The facts of one version folder, in the order in which they are shown.

    :raises IndexFolderError: see read_manifest.
    """
    manifest = read_manifest(version)
    return {
        "folder": str(version),
        "tags": manifest.rows,
        "texts": manifest.texts,
        "encoder": str(manifest.encoder),
        "channels": list(channels_among(manifest.files)),
        "schema": manifest.schema,
        "bytes": sum(entry.size for entry in manifest.files.values()),
        "files": len(manifest.files),
        "corpus_sha256": manifest.corpus_sha256,
        "options": manifest.options,
    }
