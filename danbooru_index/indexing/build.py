"""The build: corpus -> texts -> vectors -> channels, in a version folder of its own; the manifest and the pointer come last.

Reading, encoding and writing overlap; every stage can be killed and resumes from its checkpoint.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..corpus.lexicon import lexicon_sha256
from ..corpus.texts import texts_of
from ..encoders import Encoder
from ..errors import BuildCancelledError, CorpusError
from ..index.manifest import LEXICON_OPTION, MANIFEST_FILE, SCHEMA_VERSION
from ..index.versions import claim, remove_unused, remove_version
from ..progress import Progress, silent
from ..storage.files import sha256_of
from ..storage.foreign import DISK, at
from .build_lock import build_lock
from .disk_errors import map_disk_errors
from .job import DEFAULT_OPTIONS, BuildOptions, BuildReport, Job, conclude
from .name_stages import finish_names, finish_words
from .previous_vectors import PreviousVectors, open_base
from .reporter import Reporter
from .space import CorpusSize, batch_size, bytes_needed, check_space, measure_corpus
from .stages import finish_collection, finish_cooccurrence, finish_late, finish_sparse, publish, send_to_server
from .stream import chunks, prefetch
from .version_folder import open_work
from .writers import Writers, encoded_chunks

CHECKPOINT_SECONDS = 20.0


def build_index(
    corpus: Path,
    folder: Path,
    encoder: Encoder,
    options: BuildOptions = DEFAULT_OPTIONS,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> BuildReport:
    """Build an index from a corpus file and make it the current version of `folder`.

    Killed at any moment, the same call resumes from its last checkpoint. `cancelled` is asked several times a second, or
    between two calls of Chroma.

    :raises CorpusError: the corpus cannot be read, is empty, or (strict) has a bad line.
    :raises EncoderError: the encoder cannot be opened.
    :raises BuildCancelledError: stopped by `cancelled` or Ctrl-C.
    :raises BuildError: another build is at work, the disk is full, the folder cannot be written, or unfinished work of
        another corpus, encoder or options is in the way.
    """
    begun = time.perf_counter()
    reporter = Reporter(progress)
    with map_disk_errors(folder):
        claim(folder)
    with map_disk_errors(folder), build_lock(folder):
        remove_unused(folder)
        sha256, corpus_bytes = _measure(corpus, folder, reporter, cancelled)
        key: dict[str, Any] = {
            "corpus_sha256": sha256,
            "encoder": encoder.identity.as_json(),
            "options": {
                "strict": options.strict,
                "cooccurrence_sha256": _sha256(options.cooccurrence),
                LEXICON_OPTION: lexicon_sha256() if options.lexicon else "",
                "chroma_tags_asked": options.chroma_tags,
            },
            "schema": SCHEMA_VERSION,
        }
        version, state = open_work(folder, key, reporter, restart=options.restart)
        job = Job(corpus, folder, version, encoder, options, state, reporter, cancelled)
        try:
            job.once("count", _count)
            in_chroma = state.tags if options.chroma_tags is None else min(state.tags, options.chroma_tags)
            corpus_size = CorpusSize(corpus_bytes, state.tags, state.total)
            check_space(version, bytes_needed(corpus_size, encoder, options.late_bytes, in_chroma))
            _run(job)
            if options.chroma:
                send_to_server(job, options.chroma)
        except CorpusError:
            # Whatever mends the corpus makes it another corpus, so this work could never be resumed.
            remove_version(version)
            raise
        except KeyboardInterrupt as error:
            raise BuildCancelledError(
                f"The build in {folder} was stopped; {state.rows:,} tags are encoded and kept.",
                hint="Run the same command again to go on from there, or add --restart to start afresh.",
            ) from error
        return conclude(job, begun)


def _measure(corpus: Path, folder: Path, reporter: Reporter, cancelled: Callable[[], bool]) -> tuple[str, int]:
    """SHA-256 and size of the corpus; a disk's worth of anything can be handed over, so this can be stopped too."""
    reporter.stage("corpus", 0)

    def on_progress(done: int, total: int) -> None:
        reporter.update(done)
        if cancelled():
            raise KeyboardInterrupt

    try:
        return measure_corpus(corpus, on_progress)
    except KeyboardInterrupt as error:
        raise BuildCancelledError(
            f"The build in {folder} was stopped before anything was encoded.", hint="Run the same command again."
        ) from error


def _sha256(pairs: Path | None) -> str:
    hint = "Check the path, or leave --cooccurrence out."
    with at(DISK, lambda why: CorpusError(f"The pairs {pairs} cannot be read: {why}.", hint=hint)):
        return sha256_of(pairs) if pairs is not None else ""


def _run(job: Job) -> None:
    if (job.version / MANIFEST_FILE).is_file():
        return
    job.once("texts", _encode)
    job.once("columns", _columns)
    if job.encoder.has_sparse:
        job.once("sparse", finish_sparse)
    run_stages_of_names(job)
    if job.options.cooccurrence is not None:
        job.once("cooccurrence", finish_cooccurrence)
    job.once("collection", finish_collection)
    if job.encoder.has_tokens:
        job.once("late", finish_late)
    publish(job)


def run_stages_of_names(job: Job) -> None:
    """The channels that are made from the tag table alone."""
    finish_names(job)
    job.once("words", finish_words)


def _count(job: Job) -> None:
    """Parse the corpus once before anything is encoded: a bad line is found now, and not after an hour of work."""

    def pause() -> None:
        job.reporter.update(reader.bytes_read)
        job.check()

    with job.open_corpus(pause) as reader:
        job.reporter.stage("checking the corpus", reader.total_bytes, "B")
        job.check()
        job.state.total = sum(len(texts_of(record)) for record in reader)
        job.state.tags = reader.good
        if not reader.good:
            message = f"The corpus {reader.path} has no usable line ({reader.bad} bad)."
            raise CorpusError(message, hint="Every line must be a JSON object with a text.")
        job.state.bad, job.state.problems = reader.bad, [[problem.line, problem.reason] for problem in reader.problems]


def _writers(job: Job) -> Writers:
    return Writers.open(job.version, job.parts, job.encoder, job.state)


def _encode(job: Job) -> None:
    """The texts of all tags, from the checkpoint on: reader and encoder in threads of their own, the writers here."""
    state = job.state
    if not state.batch_size:
        state.batch_size = batch_size(job.encoder, job.options.batch_size)
    base = (
        open_base(job.options.base, job.folder, job.encoder)
        if job.options.reuse
        else PreviousVectors(None, job.encoder)
    )
    if len(base):
        job.reporter.note(f"Texts that have not changed are taken from {base.name}.")
    writers = _writers(job)
    saved = time.monotonic()
    ended = threading.Event()

    def pause() -> None:
        if ended.is_set():
            raise KeyboardInterrupt

    def idle() -> None:
        try:
            job.reporter.update(state.texts)
            job.check()
        except BaseException:
            ended.set()  # the reader may be in the midst of a gigabyte of blank lines
            raise

    try:
        with job.open_corpus(pause) as reader:
            job.reporter.stage("encoding", state.total, start=state.texts)
            read = prefetch(chunks(reader, skip=state.rows, size=state.batch_size))
            encoded = prefetch(encoded_chunks(read, job.encoder, base), idle=idle)
            try:
                for chunk in encoded:
                    writers.append(chunk, state)
                    job.reporter.update(state.texts)
                    if time.monotonic() - saved >= CHECKPOINT_SECONDS:
                        _save(job, writers)
                        saved = time.monotonic()
                    job.check()
            finally:
                ended.set()
                encoded.close()
                read.close()  # left to Python's end, it would wait for a thread that has stopped by then
                _save(job, writers)
    finally:
        base.close()
        writers.close()


def _save(job: Job, writers: Writers) -> None:
    """A checkpoint: what it counts is on the disk before it is written."""
    writers.flush()
    job.state.save(job.version)


def _columns(job: Job) -> None:
    job.reporter.stage("columns", 0)
    writers = _writers(job)
    try:
        writers.finish_columns()
    finally:
        writers.close()
