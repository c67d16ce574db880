"""Kinds of source: what the rows of a file are, recognised by their columns, and how a row becomes a fact."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..corpus.line import LineError, record_of
from ..text.fold import clean
from .columns import TableColumns, add_aliases, field_of, set_definition
from .fact import LANGUAGES, Fact
from .name_rules import ValueProblem, add_names, normalise_tag, split_names
from .rows import Note

# Kind -> what it is. Kinds in ANNOTATIONS say more about tags that other sources list.
KINDS = {
    "tags": 'a table of tags with any of the known columns; without a heading: tag,category,count,"aliases"',
    "translations": "a table of tags and names; without a heading: tag,translation or tag,category,translation",
    "corpus": "this project's JSON Lines",
    "wiki_pages": "Danbooru's wiki_pages API: title, body, other_names",
    "tag_aliases": "Danbooru's tag_aliases API: antecedent_name, consequent_name, status",
    "tag_implications": "Danbooru's tag_implications API: antecedent_name, consequent_name, status",
    "cooccurrence": "pairs of tags on the same post: tag_a,tag_b,count",
}
ANNOTATIONS = {"wiki_pages", "tag_aliases", "tag_implications"}

Reader = Callable[[int, Mapping[str, Any]], "Fact | None"]

_CORPUS_TEXT = re.compile(r"\s*【[^】]{1,20}】|\S+ - ")
_LABEL = re.compile(r"^【([^】]{1,20})】")
# Pages about the site and lists of tags, which no tag is named like.
_NO_TAG_PAGE = re.compile(r"^(?:help|about|howto|how_to|template|tag_group|list_of|api|pool_group|user)(?::|_)")


def kind_of(row: Mapping[str, Any], name: str, mapped: Mapping[str, str]) -> str:
    """The kind that a row's columns and, for aliases and implications, the file's name tell; empty when they do not."""
    columns = row.keys()
    if {"tag_a", "tag_b"} <= columns:
        return "cooccurrence"
    if {"antecedent_name", "consequent_name"} <= columns:
        lowered = re.split(r"[/\\]", name)[-1].lower()  # a folder may be named after both
        return "tag_implications" if "implication" in lowered else "tag_aliases" if "alias" in lowered else ""
    if "title" in columns and columns & {"body", "other_names"}:
        return "wiki_pages"
    if isinstance(row.get("text"), str) and _CORPUS_TEXT.match(row["text"]):
        return "corpus"
    return "tags" if any("tag" in (mapped.get(column), field_of(column)) for column in columns) else ""


def is_heading(cells: Collection[str], name: str, mapped: Mapping[str, str]) -> bool:
    """Whether the first row of a CSV names its columns."""
    columns = dict.fromkeys(cell.strip() for cell in cells)
    return {"antecedent_name", "consequent_name"} <= columns.keys() or kind_of(columns, name, mapped) != ""


def fact_reader(kind: str, table: TableColumns, note: Note) -> Reader:
    """The function that makes facts of a kind's rows. It notes what it cannot use and returns None for it."""
    readers: dict[str, Callable[[int, Mapping[str, Any], Note], Fact | None]] = {
        "corpus": _corpus_fact,
        "wiki_pages": _wiki_fact,
        "tag_aliases": _alias_fact,
        "tag_implications": _implication_fact,
    }
    if kind not in readers:
        return table.fact
    read = readers[kind]

    def checked(line: int, row: Mapping[str, Any]) -> Fact | None:
        try:
            return read(line, row, note)
        except (ValueProblem, LineError) as problem:
            note("row", line, str(problem))
            return None

    return checked


def _corpus_fact(line: int, row: Mapping[str, Any], note: Note) -> Fact | None:
    record = record_of(dict(row))
    label = _LABEL.match(record.text)
    fact = Fact(normalise_tag(record.tag), line, post_count=record.post_count, source=clean(record.source))
    if label or row.get("category") is not None:
        fact.category, fact.label = record.category, label[1] if label else ""
    # The names of a corpus are sorted and chosen already.
    for language, names in (*record.names.items(), *record.shared_names.items()):
        fact.names.setdefault(language if language in LANGUAGES else "en", []).extend(names)
    fact.definitions = {clean(key): words for key, text in record.definitions.items() if (words := clean(text))}
    fact.aliases = [normalise_tag(alias) for alias in record.aliases]
    fact.implies = [normalise_tag(tag) for tag in record.implies]
    fact.nsfw, fact.deprecated = record.nsfw or None, record.deprecated or None
    return fact


def _wiki_fact(line: int, row: Mapping[str, Any], note: Note) -> Fact | None:
    title = normalise_tag(row.get("title"))
    if _NO_TAG_PAGE.match(title):
        note("inactive", line, f"the page {title} is not about a tag")
        return None
    if row.get("is_deleted") in (True, "true", "t", 1):
        note("inactive", line, f"the page {title} is deleted")
        return None
    fact = Fact(title, line)
    if row.get("body"):
        set_definition(fact, row["body"])
    if row.get("other_names"):
        _noting_value(note, line, lambda: add_names(fact.names, title, split_names(row["other_names"])))
    return fact


def _alias_fact(line: int, row: Mapping[str, Any], note: Note) -> Fact | None:
    if not _is_active(line, row, note):
        return None
    fact = Fact(normalise_tag(row.get("consequent_name")), line)
    add_aliases(fact, [row.get("antecedent_name") or ""])
    return fact


def _implication_fact(line: int, row: Mapping[str, Any], note: Note) -> Fact | None:
    if not _is_active(line, row, note):
        return None
    return Fact(normalise_tag(row.get("antecedent_name")), line, implies=[normalise_tag(row.get("consequent_name"))])


def _is_active(line: int, row: Mapping[str, Any], note: Note) -> bool:
    status = row.get("status") or "active"
    if status != "active":
        note("inactive", line, f"{row.get('antecedent_name')} -> {row.get('consequent_name')} is {status}")
    return status == "active"


def _noting_value(note: Note, line: int, action: Callable[[], None]) -> None:
    try:
        action()
    except ValueProblem as problem:
        note("value", line, str(problem))
