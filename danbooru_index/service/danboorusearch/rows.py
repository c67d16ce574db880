"""What rows of all answers share: Chinese names, one definition, categories as this API writes them."""

from __future__ import annotations

from ...index.index import Index
from ...records import Category, TagRecord

CATEGORIES = {
    "General": Category.GENERAL,
    "Artist": Category.ARTIST,
    "Copyright": Category.COPYRIGHT,
    "Character": Category.CHARACTER,
    "Meta": Category.META,
}
_LABELS = {category: label for label, category in CATEGORIES.items()}


def record_of(index: Index, tag: str) -> TagRecord:
    """The record of a tag that the index has."""
    return index.store.record(row_of(index, tag))


def row_of(index: Index, tag: str) -> int:
    """The row of a tag that the index has."""
    row = index.store.row_of(tag)
    assert row is not None, tag
    return row


def cn_name(record: TagRecord) -> str:
    """The Chinese names, the first one for display; callers cut at commas of both widths."""
    return ",".join(name.replace(",", " ").replace("，", " ") for name in record.names.get("zh", ()))


def label_of(record: TagRecord) -> str:
    """The category's name."""
    return _LABELS[record.category]


def wiki(record: TagRecord) -> str:
    """A definition, Chinese if there is one."""
    definitions = record.definitions
    return next((definitions[language] for language in ("zh", "en", "ja") if language in definitions), "")


def shown(record: TagRecord) -> str:
    """A tag as lists of tags write it: `tag (中文名)`."""
    first = cn_name(record).partition(",")[0]
    return f"{record.tag} ({first})" if first else record.tag


def nsfw(record: TagRecord) -> str:
    """`"1"` or `"0"`: this API writes the flag as a string."""
    return "1" if record.nsfw else "0"
