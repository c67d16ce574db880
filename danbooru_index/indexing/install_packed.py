"""Making a packed index (packed.py) the current version of a folder, as a build makes what it built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..channels.chroma import CALL_IN_HOST
from ..corpus.lexicon import lexicon_sha256
from ..corpus.reader import corpus_sha256
from ..encoders import Encoder
from ..index.manifest import LEXICON_OPTION, SCHEMA_VERSION, Manifest
from ..index.versions import claim, remove_unused
from ..progress import Progress, silent
from ..storage.files import sha256_of
from .build_lock import build_lock
from .disk_errors import map_disk_errors
from .job import BuildOptions, Job, make_current
from .packed import packed_manifest, unpack_index
from .reporter import Reporter
from .stages import finish_collection, publish
from .version_folder import open_work


def install_packed(
    packed: Path, corpus: Path, folder: Path, encoder: Encoder, progress: Progress = silent, chroma_tags: int = 0
) -> bool:
    """Unpack the index of a corpus and make it the current version of `folder`.

    Killed at any moment, it leaves what was current; the next call begins again.

    :param chroma_tags: that of BuildOptions.
    :returns: false, with nothing done, where the file does not hold what a build from this corpus with this encoder and
        lexicon would make now.
    :raises IndexDamagedError: the file is damaged.
    :raises BuildError: another build is at work, the disk is full, or the folder cannot be written.
    """
    manifest, content = packed_manifest(packed), corpus_sha256(corpus)
    options = {"strict": True, "cooccurrence_sha256": "", LEXICON_OPTION: lexicon_sha256()}
    wanted = (content, options[LEXICON_OPTION], encoder.identity, SCHEMA_VERSION)
    if manifest is None or wanted != _identity(manifest):
        return False
    key: dict[str, Any] = {
        "corpus_sha256": content,
        "encoder": encoder.identity.as_json(),
        "options": {**options, "chroma_tags_asked": chroma_tags, "packed_sha256": sha256_of(packed)},
        "schema": SCHEMA_VERSION,
    }
    reporter = Reporter(progress)

    def on_progress(done: int, total: int) -> None:
        if not done:
            reporter.stage("unpacking", total, "parts")
        reporter.update(done)

    with map_disk_errors(folder):
        claim(folder)
    with map_disk_errors(folder), build_lock(folder):
        remove_unused(folder)
        version, state = open_work(folder, key, reporter, restart=True)
        state.tags = state.rows = manifest.rows
        state.total = state.texts = state.reused = manifest.texts
        how = BuildOptions(chroma_tags=chroma_tags)
        job = Job(corpus, folder, version, encoder, how, state, reporter, lambda: False, CALL_IN_HOST)
        unpack_index(packed, version, encoder, on_progress)
        finish_collection(job)
        publish(job)
        make_current(job)
    return True


def _identity(manifest: Manifest) -> tuple[object, ...]:
    return manifest.corpus_sha256, manifest.options.get(LEXICON_OPTION), manifest.encoder, manifest.schema
