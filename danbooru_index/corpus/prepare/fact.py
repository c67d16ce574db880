"""A fact: what one row of one source says about one tag. Everything in it may be missing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from ...records import Category

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
LANGUAGES = ("zh", "ja", "ko", "en")


@dataclass(slots=True)
class Fact:
    """One row's word on `tag` (normalised). `line` is the row's line, or row number in Parquet, counted from 1.

    `names` and `definitions` are by language, `label` is the Chinese kind of tag without its brackets, and a flag
    is None where the row does not say.
    """

    tag: str
    line: int
    category: Category | None = None
    post_count: int = 0
    label: str = ""
    source: str = ""
    names: dict[str, list[str]] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)
    implies: list[str] = field(default_factory=list)
    nsfw: bool | None = None
    deprecated: bool | None = None

    def packed(self) -> str:
        """What the tag, line and post count do not say, as JSON for the store."""
        values: list[Any] = [self.category, self.label, self.source, self.names, self.definitions, self.aliases]
        values += [self.implies, self.nsfw, self.deprecated]
        return _encode(values)

    @classmethod
    def unpacked(cls, tag: str, line: int, post_count: int, packed: str) -> Fact:
        """The fact that `packed` came from."""
        category, label, source, names, definitions, aliases, implies, nsfw, deprecated = json.loads(packed)
        known = None if category is None else Category(category)
        return cls(tag, line, known, post_count, label, source, names, definitions, aliases, implies, nsfw, deprecated)
