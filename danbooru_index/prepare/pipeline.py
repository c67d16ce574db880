"""`prepare`: sources in, a corpus out, everything that was dropped in the report."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path

from ..corpus.pairs import pairs_path, write_pairs
from ..corpus.writer import write_corpus
from ..errors import CorpusError, InputError
from ..progress import Progress, Step, silent
from ..records import TagRecord
from ..settings import Settings
from ..storage.foreign import SQLITE, at
from ..storage.litter import is_litter
from .facts_store import FactStore
from .kinds import ANNOTATIONS, KINDS
from .load import load_source
from .merge_facts import merged_records
from .prepare_report import NoticeFile, PrepareReport
from .remote import PREFIX, fetch, parse_address
from .work_folder import work_folder

_PROGRESS_TAGS = 10_000


@dataclass(frozen=True, slots=True)
class PrepareOptions:
    """`kinds`: source as given, or its file name -> kind (see KINDS), where content should not decide.

    `columns`: column -> field. `notices`: a file for every notice. `settings` are needed for `hf://` sources alone.
    """

    kinds: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    notices: Path | None = None
    settings: Settings | None = None


def prepare_corpus(
    sources: Sequence[str], output: Path, options: PrepareOptions | None = None, progress: Progress = silent
) -> PrepareReport:
    """Merge the sources, earlier ones first, into the corpus `output`, which is replaced only by a whole one.

    :raises InputError: no sources, an unknown kind, or a source whose kind cannot be recognised.
    :raises CorpusError: a source is damaged, no source lists a tag, or the disk is full.
    :raises HubError: an `hf://` source cannot be fetched.
    """
    started = time.monotonic()
    options = options or PrepareOptions()
    _check(sources, output, options)
    report = PrepareReport()
    hint = "Check the folder and its free space, or choose another --output."
    with (
        at(SQLITE, lambda why: CorpusError(f"The corpus {output} could not be written: {why}.", hint=hint)),
        work_folder(output.parent) as folder,
        NoticeFile(report, options.notices) as notices,
        closing(FactStore(folder)) as store,
    ):
        for number, name in enumerate(sources):
            _load(name, number, folder, store, report, notices, options, progress)
        made = folder / "made"
        made.mkdir()
        _write(made / output.name, store, report, notices, progress)
        for path in made.iterdir():
            if not is_litter(path.name):
                path.replace(output.with_name(path.name))
        report.pairs_file = report.pairs_file and pairs_path(output)
    report.seconds = time.monotonic() - started
    return report


def _check(sources: Sequence[str], output: Path, options: PrepareOptions) -> None:
    if output.suffix == ".gz":
        raise InputError(
            f"The corpus is not compressed, but the output is {output}.", hint=f"Use --output {output.with_suffix('')}"
        )
    if not sources:
        raise InputError(
            "There is nothing to prepare.",
            hint="Name tag lists, tables or translations: danbooru-index prepare tags.csv zh.csv",
        )
    for name in sources:
        if name.startswith(PREFIX):
            parse_address(name)
        elif not Path(name).is_file():
            raise CorpusError(f"The source {name} cannot be read: there is no such file.", hint="Check the path.")
        elif output.suffix != ".jsonl" and output.exists() and output.samefile(name):
            raise InputError(f"The output {output} is one of the sources.", hint="Choose another --output.")
    for name, kind in options.kinds.items():
        if kind not in KINDS:
            raise InputError(f"There is no kind of source {kind!r}.", hint=f"Use one of: {', '.join(KINDS)}.")
        if _typed(name) not in map(_typed, (*sources, *map(_file_name, sources))):
            raise InputError(
                f"--kind names {name}, which is not among the sources.", hint="Write the source as it is given."
            )


def _typed(name: str) -> str:
    """A name as people type it: some disks list its accents taken apart."""
    return unicodedata.normalize("NFC", name)


def _file_name(source: str) -> str:
    return source.rpartition("/")[2] if source.startswith(PREFIX) else Path(source).name


def _load(
    name: str,
    number: int,
    folder: Path,
    store: FactStore,
    report: PrepareReport,
    notices: NoticeFile,
    options: PrepareOptions,
    progress: Progress,
) -> None:
    """Fetch a source if it is remote, and read it into the store."""
    short = _file_name(name)
    path = Path(name)
    if name.startswith(PREFIX):
        if options.settings is None:
            raise InputError(
                f"{name} needs settings to be fetched.", hint="Pass PrepareOptions(settings=load_settings())."
            )
        path = fetch(name, folder, options.settings, progress)

    def note(kind: str, line: int, what: str) -> None:
        notices(kind, name, line, what)

    kinds = {_typed(known): kind for known, kind in options.kinds.items()}
    kind = kinds.get(_typed(name)) or kinds.get(_typed(short)) or ""
    on_rows = partial(_in_bytes, progress, f"read {short}")
    report.sources.append(load_source(path, name, number, kind, options.columns, store, note, on_rows))


def _in_bytes(progress: Progress, stage: str, done: int, total: int) -> None:
    progress(Step(stage, done, total, "B"))


def _write(output: Path, store: FactStore, report: PrepareReport, notices: NoticeFile, progress: Progress) -> None:
    def on_fold(alias: str, target: str, source: int, line: int, folded: bool) -> None:
        what = f"{alias} -> {target}" if folded else f"{alias} -> {target}: its aliases form a cycle"
        notices("folded" if folded else "kept", report.sources[source].name, line, what)

    progress(Step("sort", 0, 0, "tags"))
    store.fold(on_fold)
    records = _counted(merged_records(store, report, notices), progress)
    first = next(records, None)
    if first is None:
        raise _no_tags(report)
    write_corpus(chain([first], records), output)
    if any(source.kind == "cooccurrence" for source in report.sources):
        report.pairs_file = pairs_path(output)
        unlisted = partial(_note_unlisted, report, notices)
        report.pairs = write_pairs(store.pairs(unlisted), report.pairs_file)


def _no_tags(report: PrepareReport) -> CorpusError:
    if any(source.kind not in (*ANNOTATIONS, "cooccurrence") for source in report.sources):
        return CorpusError(
            f"No row could be used: {report.notices['row'][0]}.", hint="Check the file, its encoding and --column."
        )
    return CorpusError(
        "No source lists a tag: wiki pages, aliases and pairs only say more about tags.",
        hint="Add a tag list or table to the sources.",
    )


def _note_unlisted(report: PrepareReport, notices: NoticeFile, source: int, line: int, what: str) -> None:
    notices("unlisted", report.sources[source].name, line, what)


def _counted(records: Iterator[TagRecord], progress: Progress) -> Iterator[TagRecord]:
    done = 0
    for done, record in enumerate(records, start=1):
        if done % _PROGRESS_TAGS == 0:
            progress(Step("write", done, 0, "tags"))
        yield record
    progress(Step("write", done, 0, "tags"))
