"""An index version on disk as one validated object.

    DIR/CURRENT                  the name of the current version
    DIR/versions/NAME/           manifest.json, tags/, dense/, chroma/, lexical/
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from .channels.cooccurrence import Cooccurrence
from .channels.dense import DenseChannel
from .channels.lexical import LexicalChannel
from .encoders import Encoder, open_encoder
from .errors import IndexDamagedError, IndexMismatchError, IndexNotFoundError
from .files import write_text_atomically
from .manifest import MANIFEST_FILE, Manifest, check_files, read_manifest
from .store import Store

POINTER_FILE = "CURRENT"
VERSIONS = "versions"
STORE, DENSE, CHROMA, LEXICAL, COOCCURRENCE = "tags", "dense", "chroma", "lexical", "cooccurrence"
_REBUILD = "Build it (danbooru-index build --input CORPUS --db DIR) or fetch it (danbooru-index fetch)."


def current_version(folder: Path) -> Path:
    """The version folder that `folder` stands for: itself if it holds a manifest, else the one its pointer names.

    :raises IndexNotFoundError: there is no index.
    :raises IndexDamagedError: the pointer names a version that is not there.
    """
    if (folder / MANIFEST_FILE).is_file():
        return folder
    pointer = folder / POINTER_FILE
    if not folder.is_dir():
        raise IndexNotFoundError(f"There is no index folder {folder}.", hint=_REBUILD)
    if not pointer.is_file():
        raise IndexNotFoundError(f"{folder} holds no index: there is neither {MANIFEST_FILE} nor {POINTER_FILE}.", hint=_REBUILD)
    name = pointer.read_text(encoding="utf-8", errors="replace").strip()
    version = folder / VERSIONS / name
    if not name or Path(name).name != name or not version.is_dir():
        raise IndexDamagedError(f"{pointer} names the version {name!r}, which is not there.", hint=_REBUILD)
    return version


def has_index(folder: Path) -> bool:
    """Whether an index, good or bad, stands in this folder."""
    return (folder / POINTER_FILE).is_file() or (folder / MANIFEST_FILE).is_file()


def set_current(folder: Path, name: str) -> None:
    """Make a version the current one, atomically."""
    write_text_atomically(folder / POINTER_FILE, name + "\n")


class Index:
    """Read-only access to one version: its manifest, tag table, channels and encoder.

    Channels open at their first use. Safe to use from several threads. Sizes of all files are checked on opening; their
    hashes by `verify`.
    """

    def __init__(self, folder: Path, *, encoder: Encoder | None = None) -> None:
        """Open an index.

        :param folder: an index folder or a version folder.
        :param encoder: the encoder for queries; by default the one that the manifest names.
        :raises IndexNotFoundError, IndexDamagedError: see current_version and read_manifest.
        :raises IndexMismatchError: another schema version, or `encoder` is not the one that built the index.
        """
        self.folder = current_version(folder)
        self.manifest: Manifest = read_manifest(self.folder)
        problems = check_files(self.folder, self.manifest)
        if problems:
            more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
            raise IndexDamagedError(f"The index {self.folder} is damaged: {'; '.join(problems[:3])}{more}.", hint=_REBUILD)
        if encoder is not None and encoder.identity != self.manifest.encoder:
            raise IndexMismatchError(
                f"The index {self.folder} was built by {self.manifest.encoder}, not by {encoder.identity}.",
                hint="Choose that encoder, or build the index again with this one.",
            )
        self._encoder = encoder
        self.store = Store(self.folder / STORE)

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder of this index, not loaded before its first use.

        :raises IndexMismatchError: the installed encoder of that name has another identity.
        """
        if self._encoder is not None:
            return self._encoder
        encoder = open_encoder(self.manifest.encoder.name)
        if encoder.identity != self.manifest.encoder:
            raise IndexMismatchError(
                f"The index {self.folder} was built by {self.manifest.encoder}; this program has {encoder.identity}.",
                hint="Build the index again, or fetch the one for this version.",
            )
        return encoder

    @cached_property
    def dense(self) -> DenseChannel:
        """The dense channel."""
        return DenseChannel(self.folder / DENSE, self.folder / CHROMA, self.manifest.encoder.dimensions)

    @cached_property
    def lexical(self) -> LexicalChannel:
        """The lexical channel."""
        return LexicalChannel(self.folder / LEXICAL)

    @cached_property
    def cooccurrence(self) -> Cooccurrence | None:
        """How often two tags stand together, None where the index was built without."""
        folder = self.folder / COOCCURRENCE
        return Cooccurrence(folder) if folder.is_dir() else None

    def close(self) -> None:
        """Let go of the files, so that the folder can be removed (Windows)."""
        self.store.close()
        if "dense" in self.__dict__:
            self.dense.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
