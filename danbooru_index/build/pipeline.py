"""The build: every stage writes into a folder of its own beside the current version; the pointer moves last."""

from __future__ import annotations

import contextlib
import errno
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..channels.dense import GRAPH_DIMENSIONS, TextKind, fit_projection
from ..channels.graph import GraphWriter
from ..channels.lexical import write_lexical
from ..channels.vectors import VectorFile, VectorWriter
from ..corpus import CorpusReader, LineProblem
from ..encoders import Encoder
from ..errors import BuildError, CorpusError
from ..files import save_array
from ..index import CHROMA, DENSE, LEXICAL, STORE, VERSIONS, set_current
from ..manifest import Manifest, hash_files, list_files
from ..store import StoreWriter
from ..texts import lexical_names, texts_of
from .progress import Progress, Step, silent

ENCODE_BATCH = 2048
PROJECTION_SAMPLE = 50_000


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """How to build. `strict` stops at the first bad corpus line; `batch_size` 0 lets the encoder choose."""

    strict: bool = True
    batch_size: int = 0


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What was built: where, how many tags and texts, how many bad lines (the first of them listed), in how long."""

    folder: Path
    rows: int
    texts: int
    bad_lines: int
    problems: tuple[LineProblem, ...]
    seconds: float


@dataclass(slots=True)
class _Texts:
    """All texts of the corpus in row order."""

    texts: list[str] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    names: list[str] = field(default_factory=list)
    name_rows: list[int] = field(default_factory=list)


def build_index(corpus: Path, folder: Path, encoder: Encoder, options: BuildOptions = BuildOptions(), progress: Progress = silent) -> BuildReport:
    """Build an index from a corpus file and make it the current version of `folder`.

    :raises CorpusError: the corpus cannot be read, is empty, or (strict) has a bad line.
    :raises EncoderError: the encoder cannot be opened.
    :raises BuildError: the disk is full, or the folder cannot be written.
    """
    started = time.perf_counter()
    with CorpusReader(corpus, strict=options.strict) as reader, _work_folder(folder) as work:
        texts = _read(reader, work, progress)
        _encode(texts, work, encoder, options, progress)
        _graph(work, encoder.identity.dimensions, progress)
        progress(Step("names", 0, len(texts.names), "names"))
        write_lexical(work / LEXICAL, texts.names, np.array(texts.name_rows, np.int32))
        version = _publish(reader, texts, work, folder, encoder, options)
        return BuildReport(version, reader.good, len(texts.texts), reader.bad, tuple(reader.problems), time.perf_counter() - started)


@contextlib.contextmanager
def _work_folder(folder: Path) -> Iterator[Path]:
    """A fresh folder beside the versions; removed again unless it was published; disk errors in plain words."""
    work = folder / f"{VERSIONS}/.building"
    try:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        yield work
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT) or "full" in str(error)
        what = "the disk is full" if full else f"{error.strerror or error}"
        hint = "Free space or choose another folder with --db; the old index is untouched." if full else "Check the folder's permissions."
        raise BuildError(f"The index in {folder} could not be written: {what}.", hint=hint) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _read(reader: CorpusReader, work: Path, progress: Progress) -> _Texts:
    texts = _Texts()
    store = StoreWriter(work / STORE)
    for record in reader:
        row = store.append(record)
        for kind, text in texts_of(record):
            texts.texts.append(text)
            texts.kinds.append(int(kind))
        texts.starts.append(len(texts.texts))
        names = lexical_names(record)
        texts.names += names
        texts.name_rows += [row] * len(names)
        if row % 1000 == 0:
            progress(Step("reading", reader.bytes_read, reader.total_bytes, "B"))
    store.close()
    if not reader.good:
        raise CorpusError(f"The corpus {reader.path} has no usable line ({reader.bad} bad).", hint="Every line must be a JSON object with a text.")
    return texts


def _encode(texts: _Texts, work: Path, encoder: Encoder, options: BuildOptions, progress: Progress) -> None:
    folder = work / DENSE
    folder.mkdir()
    size = options.batch_size or ENCODE_BATCH
    with VectorWriter(folder, encoder.identity.dimensions) as writer:
        for start in range(0, len(texts.texts), size):
            writer.append(encoder.encode(texts.texts[start : start + size]).dense)
            progress(Step("encoding", writer.count, len(texts.texts)))
        writer.flush()
    starts = np.array(texts.starts, np.int64)
    save_array(folder / "starts.npy", starts)
    save_array(folder / "kinds.npy", np.array(texts.kinds, np.uint8))
    save_array(folder / "rows.npy", np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts)))


def _graph(work: Path, dimensions: int, progress: Progress) -> None:
    vectors = VectorFile(work / DENSE, dimensions)
    sample = np.linspace(0, vectors.count - 1, min(vectors.count, PROJECTION_SAMPLE)).astype(np.int64)
    projection = fit_projection(vectors.gather(sample), GRAPH_DIMENSIONS)
    save_array(work / DENSE / "projection.npy", projection)
    graph = GraphWriter(work / CHROMA, vectors.count)
    while graph.count < vectors.count:
        graph.append(vectors.gather(slice(graph.count, graph.next_end())) @ projection)
        progress(Step("graph", graph.count, vectors.count))
    graph.close()


def _publish(reader: CorpusReader, texts: _Texts, work: Path, folder: Path, encoder: Encoder, options: BuildOptions) -> Path:
    """Write the manifest, give the version its name and move the pointer to it."""
    built: dict[str, Any] = {"strict": options.strict, "corpus_name": reader.path.name, "bad_lines": reader.bad}
    manifest = Manifest(
        encoder=encoder.identity,
        rows=reader.good,
        texts=len(texts.texts),
        corpus_sha256=reader.sha256,
        files=hash_files(work, list_files(work)),
        options={**built, "graph_dimensions": GRAPH_DIMENSIONS, "text_kinds": [kind.name.lower() for kind in TextKind]},
    )
    manifest.write(work)
    stem = f"{reader.sha256[:12]}-{encoder.identity.name.rsplit('/', 1)[-1]}"
    name, number = stem, 1
    while (folder / VERSIONS / name).exists():
        number += 1
        name = f"{stem}-{number}"
    version = folder / VERSIONS / name
    work.rename(version)
    set_current(folder, name)
    return version
