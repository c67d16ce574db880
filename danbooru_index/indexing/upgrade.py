"""An index of an earlier version of this program in the current format, without encoding a text again.

What an encoder computed is taken over as it is: the dense vectors, term weights and token vectors. All else is made anew from it
and from the index's own corpus, by the same stages as in a build, so it can be killed and resumed like one.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from ..channels.dense_writer import HASHES_FILE
from ..channels.hubness import write_hubness
from ..channels.sketch import write_sketch
from ..channels.vectors import SCALES_FILE, VECTORS_FILE, VectorFile
from ..corpus.lexicon import load_lexicon
from ..encoders import EncoderIdentity, Encoding
from ..errors import BuildCancelledError, EncoderError, IndexDamagedError, InputError
from ..index.layout import COOCCURRENCE, DENSE, LATE, MOST_TAGS, SPARSE, STORE
from ..index.manifest import (
    ENCODER_FOLDER,
    LEXICON_OPTION,
    READABLE_SCHEMAS,
    SCHEMA_VERSION,
    Manifest,
    check_files,
    read_manifest,
)
from ..index.tags import Store, StoreWriter
from ..index.versions import claim, current_version
from ..progress import Progress, silent
from ..records import TagRecord
from .build import run_stages_of_names
from .build_lock import build_lock
from .disk_errors import map_disk_errors
from .job import BuildOptions, BuildReport, Job, conclude
from .reporter import Reporter
from .stages import finish_collection, publish
from .version_folder import open_work

_KEPT = (VECTORS_FILE, SCALES_FILE, HASHES_FILE, "kinds.npy", "starts.npy")  # of the dense channel
_FOLDERS = (SPARSE, LATE, COOCCURRENCE, ENCODER_FOLDER)
_TAGS_AT_ONCE = 4096


class _NoEncoder:
    """Says who encoded an index, and encodes nothing."""

    has_sparse = has_tokens = on_gpu = False

    def __init__(self, identity: EncoderIdentity) -> None:
        self.identity, self.description = identity, str(identity)

    def encode(self, texts: Sequence[str], *, sparse: bool = False, tokens: bool = False) -> Encoding:
        """Never called."""
        raise EncoderError("An upgrade encodes nothing.", hint="This is an error of the program; please report it.")


def upgrade_index(
    folder: Path,
    chroma_tags: int | None = MOST_TAGS,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> BuildReport | None:
    """Bring the current version of an index folder to the current format; None if it is there already.

    :raises IndexFolderError: there is no index, it is damaged, or its format is unknown.
    :raises InputError: `folder` is a version, not an index folder.
    :raises BuildCancelledError, BuildError: as build_index.
    """
    begun = time.perf_counter()
    source = current_version(folder)
    if source == folder:
        raise InputError(f"{folder} is a version of an index.", hint="Name the index folder, where CURRENT is.")
    manifest = read_manifest(source, READABLE_SCHEMAS)
    if manifest.schema == SCHEMA_VERSION:
        return None
    if problems := check_files(source, manifest):
        raise IndexDamagedError(f"The index {source} is damaged: {problems[0]}.", hint="Build or fetch it again.")
    reporter = Reporter(progress)
    key = {
        "corpus_sha256": manifest.corpus_sha256,
        "encoder": manifest.encoder.as_json(),
        "options": {
            "strict": manifest.options.get("strict", True),
            "cooccurrence_sha256": manifest.options.get("cooccurrence_sha256", ""),
            LEXICON_OPTION: "",
            "chroma_tags_asked": chroma_tags,
            "upgraded_from": manifest.schema,
        },
        "schema": SCHEMA_VERSION,
    }
    with map_disk_errors(folder):
        claim(folder)
    with map_disk_errors(folder), build_lock(folder):
        version, state = open_work(folder, key, reporter, restart=False)
        state.rows, state.texts, state.bad = manifest.rows, manifest.texts, int(manifest.options.get("bad_lines", 0))
        state.reused = state.texts
        state.batch_size = int(manifest.options.get("batch_size", 0))
        corpus = Path(str(manifest.options.get("corpus_name", "corpus.jsonl")))
        options = BuildOptions(chroma_tags=chroma_tags, lexicon=False)
        job = Job(corpus, folder, version, _NoEncoder(manifest.encoder), options, state, reporter, cancelled)
        try:
            _run(job, source, manifest)
        except KeyboardInterrupt as error:
            raise BuildCancelledError(
                f"The upgrade of {folder} was stopped; the index is as it was.",
                hint="Run the same command again to go on from there.",
            ) from error
        return conclude(job, begun)


def _run(job: Job, source: Path, manifest: Manifest) -> None:
    job.once("vectors", lambda job: _take_over(job, source, manifest))
    job.once("tags", lambda job: _write_tags(job, source))
    run_stages_of_names(job)
    job.once("collection", finish_collection)
    publish(job)


def _take_over(job: Job, source: Path, manifest: Manifest) -> None:
    """What the encoder computed, as links where the file system has them; and what only depends on it."""
    job.reporter.stage("vectors", 0)
    for name in manifest.files:
        folder, _, rest = name.partition("/")
        if folder in _FOLDERS or (folder == DENSE and rest in _KEPT):
            target = job.version / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            try:
                os.link(source / name, target)
            except OSError:
                shutil.copyfile(source / name, target)
    vectors = VectorFile(job.version / DENSE, manifest.encoder.dimensions)
    write_sketch(job.version / DENSE, vectors)
    write_hubness(job.version / DENSE, vectors)


def _write_tags(job: Job, source: Path) -> None:
    """The tag table, with the ratings of this package's lexicon; names stay as they are, since a new one would be encoded."""
    job.reporter.stage("tags", job.state.rows, "tags")
    old = Store(source / STORE)
    writer = StoreWriter(job.version / STORE, job.parts)
    try:
        records = _rated(old)
        while part := list(islice(records, _TAGS_AT_ONCE)):
            writer.append(part)
            job.reporter.update(writer.count)
            job.check()
        writer.finish()
    finally:
        writer.close()
        old.close()


def _rated(store: Store) -> Iterator[TagRecord]:
    lexicon = load_lexicon()
    return (replace(record, rating=lexicon.rating_of(record)) for record in store.rows())
