"""Which index to use: an explicit one, else the built or downloaded one, else the starter index."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .corpus.lexicon import STARTER_CORPUS, lexicon_sha256
from .corpus.reader import corpus_sha256
from .encoders import USE_MULTILINGUAL, open_encoder
from .errors import IndexFolderError
from .index.layout import MOST_TAGS
from .index.manifest import LEXICON_OPTION, TAGS_OPTION, read_manifest
from .index.versions import current_version, has_index
from .progress import Progress, Step, silent
from .settings import Settings
from .storage.foreign import DISK, at
from .storage.locks import FileHold

if TYPE_CHECKING:
    from .index.index import Index

MAIN_INDEX = "index"
STARTER_INDEX = "starter"
STARTER_PACKED = STARTER_CORPUS.with_name("index.zip")  # made by python -m training.starter_index
_STARTER_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Located:
    """An index folder, and in words why it is the one."""

    folder: Path
    reason: str


def main_folder(settings: Settings) -> Path:
    """Where a built or downloaded index lives."""
    return settings.home / MAIN_INDEX


def locate(settings: Settings, explicit: Path | None = None, progress: Progress = silent) -> Located:
    """Find the index to use; the starter index is unpacked when there is no other.

    With the settings `auto_fetch` and `repository` the index of the Hub comes before the starter index.

    :raises DanbooruIndexError: the starter index has to be made and cannot be, or the fetch failed.
    """
    if explicit is not None:
        return Located(explicit, f"index {explicit}")
    built = main_folder(settings)
    if has_index(built):
        return Located(built, f"index {built}")
    if _fetches(settings):
        from .hub import ensure_index

        ensure_index(settings, built, progress)
        return Located(built, f"index {built}, fetched from {settings.repository}")
    why = "auto_fetch is set, but no repository" if settings.auto_fetch else "build or fetch a bigger one any time"
    return Located(ensure_starter(settings, progress), f"starter index ({why})")


def _fetches(settings: Settings) -> bool:
    """Whether an index that is missing is downloaded: somebody asked for it, and said from where."""
    return settings.auto_fetch and bool(settings.repository)


def find_existing(settings: Settings, explicit: Path | None = None) -> Located | None:
    """The index that `locate` would use, if it is there already; nothing is built or fetched."""
    if explicit is not None:
        return Located(explicit, f"index {explicit}") if has_index(explicit) else None
    built, starter = main_folder(settings), settings.home / STARTER_INDEX
    if has_index(built):
        return Located(built, f"index {built}")
    # One that belongs to another version of the corpus would be built again first.
    usable = not _fetches(settings) and has_index(starter) and _serves(starter, settings)
    return Located(starter, "starter index") if usable else None


def ensure_starter(settings: Settings, progress: Progress = silent) -> Path:
    """The folder of the starter index, unpacked first if it is missing or belongs to another version of the corpus.

    :raises IndexFolderError: it has to be made, and the home folder cannot be written, or another process is at it for long.
    """
    folder = settings.home / STARTER_INDEX
    if _serves(folder, settings):  # also in a home that cannot be written
        return folder
    hint = "Name a home folder that can be written (DANBOORU_INDEX_HOME), or an index with --db, in the node: folder."
    with at(DISK, lambda why: IndexFolderError(f"The starter index cannot be built in {folder}: {why}.", hint=hint)):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            hold = FileHold(folder / ".lock", timeout=_STARTER_SECONDS)
        except TimeoutError as error:
            raise IndexFolderError(
                f"Another process has been building the starter index in {folder} for {_STARTER_SECONDS} s.",
                hint="Wait until it has ended, or end it, and try again.",
            ) from error
        with hold:
            if not _serves(folder, settings):
                _make_starter(folder, progress, MOST_TAGS if _wants_collection(settings) else 0)
    return folder


def _make_starter(folder: Path, progress: Progress, chroma_tags: int) -> None:
    from .indexing import BuildOptions, build_index
    from .indexing.install_packed import install_packed

    encoder = open_encoder(USE_MULTILINGUAL)
    progress(Step("start", 0, 0, note="The starter index is unpacked first, once; that takes a few seconds."))
    if not install_packed(STARTER_PACKED, STARTER_CORPUS, folder, encoder, progress, chroma_tags):
        progress(Step("start", 0, 0, note="It has to be built for this version; that takes about half a minute."))
        build_index(STARTER_CORPUS, folder, encoder, BuildOptions(restart=True, chroma_tags=chroma_tags), progress)


def _wants_collection(settings: Settings) -> bool:
    """Whether the Chroma collection is needed: it takes longer than all the rest, so no first answer waits for it unasked."""
    return settings.dense == "chroma" and not settings.chroma


def _serves(folder: Path, settings: Settings) -> bool:
    """Whether the starter index stands there, of this package's corpus, lexicon and encoder, and with what is asked for."""
    try:
        manifest = read_manifest(current_version(folder))
    except IndexFolderError:
        return False
    wanted = corpus_sha256(STARTER_CORPUS)
    # A new lexicon names the same tags better.
    if manifest.options.get(LEXICON_OPTION) != lexicon_sha256():
        return False
    if _wants_collection(settings) and not manifest.options.get(TAGS_OPTION):
        return False
    return manifest.corpus_sha256 == wanted and manifest.encoder == open_encoder(USE_MULTILINGUAL).identity


def open_index(settings: Settings, explicit: Path | None = None, progress: Progress = silent) -> tuple[Index, str]:
    """Open the index to use, with the reason why it is the one."""
    # What only looks for a folder, as `fetch` does, does not import the channels.
    from .index.index import Index

    located = locate(settings, explicit, progress)
    return Index(located.folder, settings=settings, progress=progress), located.reason
