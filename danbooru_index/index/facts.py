"""What an index is, as `info` and the index route say it; read from the manifest alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..storage.locks import IN_USE, FileHold, NoLocksError
from .layout import CHROMA, channels_among
from .manifest import TAGS_OPTION, read_manifest


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
        "chroma": chroma_fact(version, int(manifest.options.get(TAGS_OPTION, 0))),
        "schema": manifest.schema,
        "bytes": sum(entry.size for entry in manifest.files.values()),
        "files": len(manifest.files),
        "corpus_sha256": manifest.corpus_sha256,
        "options": manifest.options,
    }


def chroma_fact(version: Path, tags: int) -> str:
    """The tags of the Chroma collection, and whether this process could open it now."""
    if not tags:
        return "no collection"
    state = ""
    try:
        FileHold(version / CHROMA / IN_USE).release(remove=True)
    except TimeoutError:
        state = "; another process has it open, so searches here use the sketches"
    except NoLocksError:
        state = "; its file system has no locks, so searches here use the sketches"
    except OSError:
        state = "; its folder cannot be written to, so searches here use the sketches"
    return f"{tags:,} tags{state}"
