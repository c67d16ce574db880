"""A fact: what one row of one source says about one tag. Everything in it may be missing."""

from __future__ import annotations

import marshal
from dataclasses import dataclass, field

from ..records import Category

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

    def packed(self) -> bytes:
        """What the tag, line and post count do not say, for the store, which lives no longer than the process."""
        category = None if self.category is None else int(self.category)
        lists = (self.names, self.definitions, self.aliases, self.implies)
        return marshal.dumps((category, self.label, self.source, *lists, self.nsfw, self.deprecated))

    @classmethod
    def unpacked(cls, tag: str, line: int, post_count: int, packed: bytes) -> Fact:
        """The fact that `packed` came from."""
        category, *others = marshal.loads(packed)
        return cls(tag, line, None if category is None else Category(category), post_count, *others)
