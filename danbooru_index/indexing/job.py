"""One run of a build, or of an upgrade: how it is asked for, where it stands, and what came of it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..channels.chroma import CALL
from ..channels.late import MAX_BYTES
from ..corpus import CorpusReader, LineProblem
from ..corpus.lexicon import NO_LEXICON, load_lexicon
from ..encoders import Encoder
from ..errors import InputError
from ..index.layout import MOST_TAGS
from ..index.notes import trust_version
from ..index.versions import UNFINISHED, remove_unused, set_current
from ..settings import load_settings
from ..storage.files import json_text
from .checkpoint import Checkpoint
from .reporter import Reporter


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """How to build.

    `strict` stops at the first bad corpus line. `batch_size` bounds the texts that are encoded at once, 0 leaves it to
    main memory and speed. `base` is an index of the same encoder whose vectors are taken for texts that have not changed (by default
    the folder's current version; `reuse` false encodes everything). `restart` discards unfinished work. `cooccurrence`
    is a file of pairs of tags (channels/cooccurrence.py), for related tags. `late_bytes` bounds the token vectors that are
    kept for late interaction, those of the most used tags first. `lexicon` adds the names and ratings of this package.
    `chroma_tags` is how many tags the Chroma collection holds, the most used, None for all and 0 for no collection; `chroma`
    is the address of a Chroma server that gets the collection too. Raises InputError when a value is out of range.
    """

    strict: bool = True
    batch_size: int = 0
    base: Path | None = None
    reuse: bool = True
    restart: bool = False
    cooccurrence: Path | None = None
    late_bytes: int = MAX_BYTES
    lexicon: bool = True
    chroma_tags: int | None = MOST_TAGS
    chroma: str = ""

    def __post_init__(self) -> None:
        if self.batch_size < 0:
            raise InputError(f"The batch size is {self.batch_size}.", hint="Use 1 or more, or 0 for as memory allows.")
        if self.chroma_tags is not None and self.chroma_tags < 0:
            raise InputError(f"The number of tags in Chroma is {self.chroma_tags}.", hint="Use 0 or more, or all.")


DEFAULT_OPTIONS = BuildOptions()


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What was built: where, how many tags and texts, how many bad lines (the first of them listed), and in how long.

    `reused` texts were not encoded again, `seconds` are those of this run alone, `notes` are what the user should know.
    """

    folder: Path
    rows: int
    texts: int
    bad_lines: int
    problems: tuple[LineProblem, ...]
    seconds: float
    reused: int = 0
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Job:
    """One run of a build: what it makes, from what, and where it stands; Chroma gets `call` records at once."""

    corpus: Path
    folder: Path
    version: Path
    encoder: Encoder
    options: BuildOptions
    state: Checkpoint
    reporter: Reporter
    cancelled: Callable[[], bool]
    call: int = CALL

    @property
    def parts(self) -> Path:
        """What the build needs only until it ends."""
        return self.version / UNFINISHED

    @property
    def facts(self) -> dict[str, Any]:
        """What the collection says of this build: `encoder`, `corpus_sha256`, and `build`, which tells builds apart."""
        digest = hashlib.sha256(json_text([self.state.key, self.state.rows, self.state.texts]).encode()).hexdigest()
        return {**self.state.key, "build": digest[:16]}

    def open_corpus(self, pause: Callable[[], None]) -> CorpusReader:
        """The corpus as it is built: with the lexicon, unless it is left out."""
        lexicon = load_lexicon() if self.options.lexicon else NO_LEXICON
        return CorpusReader(self.corpus, strict=self.options.strict, lexicon=lexicon, pause=pause)

    def check(self) -> None:
        """Raise KeyboardInterrupt when the host wants the build to stop: as Ctrl-C does."""
        if self.cancelled():
            raise KeyboardInterrupt

    def once(self, stage: str, work: Callable[[Job], None]) -> None:
        """Do a stage unless it was done before."""
        if stage not in self.state.stages:
            self.check()
            work(self)
            self.state.stages.append(stage)
            self.state.save(self.version)


def make_current(job: Job) -> None:
    """Make the finished version of a job the current one, which this computer trusts, and remove what it replaces."""
    set_current(job.folder, job.version.name)
    trust_version(job.version, load_settings().home)
    remove_unused(job.folder)


def conclude(job: Job, begun: float) -> BuildReport:
    """Make a job's version the current one and say what was built; `begun` is when its run began, by time.perf_counter."""
    make_current(job)
    state = job.state
    problems = tuple(LineProblem(int(line), str(said)) for line, said in state.problems)
    seconds, notes = time.perf_counter() - begun, tuple(job.reporter.notes)
    return BuildReport(job.version, state.rows, state.texts, state.bad, problems, seconds, state.reused, notes)
