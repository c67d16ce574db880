"""The lexicon that every index gets: names that people really use for the most used tags, and who may see each tag.

`lexicon.tsv` was written for this project: a header, then one line per tag with its rating, its names in each language (joined by
`|`, the commonest first) and, for characters, short names of their series. The names of the starter corpus belong to it too.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

from ..records import Category, Rating, TagRecord
from ..text.fold import match_key

LEXICON_FILE = Path(__file__).with_name("lexicon.tsv")
STARTER_CORPUS = Path(__file__).parents[1] / "starter" / "starter.jsonl.gz"
_SERIES = "series"
_MOSTLY = 0.7  # of the tags that have a part
_ENOUGH = 3  # tags that must have a word before it is known to be harmless
_MOST_WORDS = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """What the lexicon says of one tag. `rating` is None where it gives names only; `shared_names` as in TagRecord."""

    names: Mapping[str, tuple[str, ...]]
    rating: Rating | None = None
    series: tuple[str, ...] = ()
    shared_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Lexicon:
    """Names and ratings by tag; `sha256` says which lexicon it is."""

    def __init__(self, entries: Mapping[str, Entry], sha256: str = "") -> None:
        self.entries = entries
        self.sha256 = sha256
        self._rated = {tag: entry.rating for tag, entry in entries.items() if entry.rating is not None}

    def enrich(self, record: TagRecord) -> TagRecord:
        """The record with the lexicon's names after its own, and with the lexicon's rating."""
        entry = self.entries.get(record.tag)
        found = replace(record, rating=self.rating_of(record))
        return found if entry is None else _with_names(_with_names(found, entry.names), entry.shared_names)

    def rating_of(self, record: TagRecord) -> Rating:
        """Who may see a tag: the lexicon's word, else that of the tag's parts, else the corpus's label.

        A compound is as explicit as the parts that make other tags explicit too (`pink_pubic_hair`, but not `facial_hair`); a
        label that hides what is harmless gives way where every part is known to be (`striped_thighhighs`). The parts of a name,
        of a character such as `aizawa_shota`, say nothing.
        """
        tag, labelled = record.tag, record.rating
        known = self._rated.get(tag)
        if known is not None or record.category not in (Category.GENERAL, Category.META):
            return labelled if known is None else known
        tallies = [self._tallies[piece] for piece in _pieces(tag) if piece in self._tallies]
        worst = max((rating for piece in _pieces(tag) if (rating := self._telling(piece))), default=Rating.GENERAL)
        if labelled is Rating.EXPLICIT and not worst:
            words = [self._tallies.get(word) for word in tag.split("_")]
            harmless = all(tally and sum(tally) >= _ENOUGH and tally[0] > _MOSTLY * sum(tally) for tally in words)
            return Rating.GENERAL if harmless and tallies else labelled
        return max(labelled, worst)

    @cached_property
    def _tallies(self) -> dict[str, list[int]]:
        """For each run of words inside rated tags: how many tags of each rating have it."""
        tallies: dict[str, list[int]] = {}
        for tag, rating in self._rated.items():
            for piece in _pieces(tag):
                tallies.setdefault(piece, [0] * len(Rating))[rating] += 1
        return tallies

    def _telling(self, piece: str) -> Rating:
        """The rating that a part, itself a tag, gives the whole: its own, if most tags that have the part are as explicit."""
        rating = self._rated.get(piece, Rating.GENERAL)
        tally = self._tallies.get(piece, [])
        return rating if rating >= Rating.EXPLICIT and sum(tally[rating:]) > _MOSTLY * sum(tally) else Rating.GENERAL


def _pieces(tag: str) -> set[str]:
    """Every run of words of a tag, itself included."""
    words = tag.split("_")[:_MOST_WORDS]
    return {"_".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)}


NO_LEXICON = Lexicon({})


def _with_names(record: TagRecord, more: Mapping[str, tuple[str, ...]]) -> TagRecord:
    """The record with further names after its own, each once; where another language has it already it is a shared one."""
    seen = {match_key(name): language for language, names in record.names.items() for name in names}
    seen[match_key(record.tag)] = ""
    merged, shared = dict(record.names), dict(record.shared_names)
    for language, names in more.items():
        for name in names:
            key = match_key(name)
            if key and key not in seen:
                seen[key] = language
                merged[language] = (*merged.get(language, ()), name)
            elif key and seen[key] not in ("", language):
                shared[language] = tuple(dict.fromkeys((*shared.get(language, ()), name)))
    return replace(record, names=merged, shared_names=shared)


@lru_cache(maxsize=1)
def lexicon_sha256() -> str:
    """Which lexicon this package has: `sha256` of the one that `load_lexicon` takes half a second to read."""
    return hashlib.sha256(LEXICON_FILE.read_bytes() + gzip.decompress(STARTER_CORPUS.read_bytes())).hexdigest()


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """The lexicon of this package, read once."""
    lines = LEXICON_FILE.read_text(encoding="utf-8").splitlines()
    columns = lines[0].split("\t")
    entries = {}
    for line in lines[1:]:
        cells = dict(zip(columns, line.split("\t"), strict=False))
        names = {key: tuple(cell.split("|")) for key, cell in cells.items() if cell and key not in ("tag", "rating")}
        series = names.pop(_SERIES, ())
        entries[cells["tag"]] = Entry(names, Rating.parse(cells["rating"]), series)
    for raw in gzip.decompress(STARTER_CORPUS.read_bytes()).splitlines():
        fields = json.loads(raw)
        entry = entries.get(fields["tag"], Entry({}))
        own = {language: tuple(names) for language, names in fields.get("names", {}).items()}
        both = _with_names(TagRecord(fields["tag"], "", names=entry.names), own)
        entries[fields["tag"]] = replace(entry, names=both.names, shared_names=both.shared_names)
    return Lexicon(entries, lexicon_sha256())
