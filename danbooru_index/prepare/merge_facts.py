"""Facts about one tag -> one record.

The first value wins, lists are united in order, and a flag is true where any source says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import TypeVar

from ..corpus.plain import LABELS, plain_text
from ..records import Category, Rating, TagRecord
from .dtext import first_sentence
from .fact import LANGUAGES, Fact
from .facts_store import FactStore, Stored
from .prepare_report import NoticeFile, PrepareReport

_T = TypeVar("_T")
SHOWN_NAMES = 6  # in the plain text; the fields carry all of them


def merged_records(store: FactStore, report: PrepareReport, notices: NoticeFile) -> Iterator[TagRecord]:
    """The records of the corpus in its order, numbered from 1; what each source gave is counted in the report."""
    number = 0
    for tag, stored in store.groups():
        if not any(item.lists for item in stored):
            for item in stored:
                notices("unlisted", report.sources[item.source].name, item.fact.line, tag)
            continue
        _note_repeated(tag, stored, report, notices)
        number += 1
        record = _Merge(tag, stored, report).record(str(number), store.resolve)
        _count(record, report.tags)
        yield record


def _definition(language: str, fact: Fact) -> str | None:
    return fact.definitions.get(language)


def _note_repeated(tag: str, stored: Sequence[Stored], report: PrepareReport, notices: NoticeFile) -> None:
    for before, item in pairwise(stored):
        if item.lists and not item.folded and (before.source, before.folded) == (item.source, item.folded):
            notices(
                "repeated",
                report.sources[item.source].name,
                item.fact.line,
                f"{tag} is on line {before.fact.line} already",
            )


def _count(record: TagRecord, tags: Counter[str]) -> None:
    tags["tags"] += 1
    tags["empty"] += record.post_count == 0
    tags["deprecated"] += record.deprecated
    tags["nsfw"] += record.nsfw
    tags["aliases"] += bool(record.aliases)
    tags["definition"] += bool(record.definitions)
    tags["implies"] += bool(record.implies)
    tags.update(record.names.keys())


class _Merge:
    """The facts about one tag, in order of precedence."""

    def __init__(self, tag: str, stored: Sequence[Stored], report: PrepareReport) -> None:
        self._tag = tag
        self._stored = stored
        self._report = report

    def record(self, number: str, resolve: Callable[[str], str | None]) -> TagRecord:
        """The record, its text made of the merged fields."""
        category = self._first("category", lambda fact: fact.category)
        nsfw = self._first("nsfw", lambda fact: fact.nsfw or None) or False
        names = {language: united for language in LANGUAGES if (united := self._names(language))}
        definitions = self._definitions()
        category = Category.GENERAL if category is None else category
        label = self._label(category)
        shown = [name for listed in names.values() for name in listed][:SHOWN_NAMES]
        definition = first_sentence(next(iter(definitions.values()), ""))
        return TagRecord(
            tag=self._tag,
            text=plain_text(self._tag, category, nsfw, shown, definition, label),
            id=number,
            source=self._first("source", lambda fact: fact.source or None) or "danbooru",
            category=category,
            post_count=self._first("post_count", lambda fact: fact.post_count or None) or 0,
            names=names,
            aliases=self._without_itself(self._united("aliases", lambda fact: fact.aliases)),
            definitions=definitions,
            implies=self._without_itself(
                resolve(tag) or tag for tag in self._united("implies", lambda fact: fact.implies)
            ),
            rating=Rating.EXPLICIT if nsfw else Rating.GENERAL,
            deprecated=self._first("deprecated", lambda fact: fact.deprecated or None) or False,
        )

    def _first(self, field: str, value_of: Callable[[Fact], _T | None]) -> _T | None:
        """The first value that any fact has, credited to its source."""
        for item in self._stored:
            value = value_of(item.fact)
            if value is not None:
                self._report.sources[item.source].gave[field] += 1
                return value
        return None

    def _united(self, field: str, values_of: Callable[[Fact], Sequence[str]]) -> list[str]:
        """All values of a list in order, each once; each source that adds one is credited once."""
        first = values_of(self._stored[0].fact)
        if len(self._stored) == 1:
            if first:
                self._report.sources[self._stored[0].source].gave[field] += 1
            return list(dict.fromkeys(first))
        united: dict[str, int] = {}
        for item in self._stored:
            for value in values_of(item.fact):
                united.setdefault(value, item.source)
        for source in set(united.values()):
            self._report.sources[source].gave[field] += 1
        return list(united)

    def _names(self, language: str) -> tuple[str, ...]:
        return tuple(self._united(language, lambda fact: fact.names.get(language, ())))

    def _definitions(self) -> dict[str, str]:
        languages = dict.fromkeys(language for item in self._stored for language in item.fact.definitions)
        return {language: self._first("definition", partial(_definition, language)) or "" for language in languages}

    def _label(self, category: Category) -> str:
        """The first label that does not name another category."""
        return (
            self._first(
                "label",
                lambda fact: fact.label if fact.label and LABELS.get(fact.label, (category,))[0] == category else None,
            )
            or ""
        )

    def _without_itself(self, tags: Iterable[str]) -> tuple[str, ...]:
        return tuple(tag for tag in dict.fromkeys(tags) if tag != self._tag)
