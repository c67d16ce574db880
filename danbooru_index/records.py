"""The records that travel through the engine: a tag of the corpus, a search request, and its result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal

from .errors import InputError
from .text.fold import MAX_QUERY_CHARS, clean


class Category(IntEnum):
    """Danbooru's five categories, with Danbooru's numbers."""

    GENERAL = 0
    ARTIST = 1
    COPYRIGHT = 3
    CHARACTER = 4
    META = 5

    @property
    def label(self) -> str:
        """The name used in files, flags and JSON."""
        return self.name.lower()

    @classmethod
    def parse(cls, value: str | int) -> Category:
        """A category from its label or Danbooru's number; raises InputError for anything else."""
        for category in cls:
            if str(value).strip().lower() in (category.label, str(int(category))):
                return category
        allowed = ", ".join(c.label for c in cls)
        raise InputError(f"There is no tag category {value!r}.", hint=f"Use one of: {allowed}.")


class Rating(IntEnum):
    """Who may see a tag. A filter hides ratings from the top; FORBIDDEN tags, which sexualise minors, are hidden by every one."""

    GENERAL = 0
    SENSITIVE = 1
    EXPLICIT = 2
    FORBIDDEN = 3

    @property
    def label(self) -> str:
        """The name used in files and JSON."""
        return self.name.lower()

    @classmethod
    def parse(cls, label: str) -> Rating:
        """A rating from its label; raises ValueError for anything else."""
        for rating in cls:
            if label == rating.label:
                return rating
        raise ValueError(f"{label!r} is not a rating: use one of {', '.join(rating.label for rating in cls)}")


Nsfw = Literal["exclude", "strict", "include", "only"]
MAX_COUNT = 2**31 - 1  # posts of a tag, as the tag table keeps them
NSFW_CHOICES: tuple[Nsfw, ...] = ("exclude", "strict", "include", "only")


@dataclass(frozen=True, slots=True)
class TagRecord:
    """One tag of the corpus.

    `text` is the plain line "【label】tag - names。 definition"; the other fields are what was parsed from it or given beside
    it. `names` maps a language (`zh`, `ja`, `en`, `ko`) to names in that language, most common first; `shared_names` to
    those that stand in `names` under another language already, as French tomate does under Spanish; `definitions` likewise to
    one sentence or more.
    """

    tag: str
    text: str
    id: str = ""
    source: str = "danbooru"
    category: Category = Category.GENERAL
    post_count: int = 0
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shared_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    definitions: Mapping[str, str] = field(default_factory=dict)
    implies: tuple[str, ...] = ()
    rating: Rating = Rating.GENERAL
    deprecated: bool = False

    @property
    def nsfw(self) -> bool:
        """Whether searches hide the tag unless they ask for it."""
        return self.rating >= Rating.EXPLICIT

    def all_names(self) -> list[str]:
        """Every name in every language, without the tag itself and its aliases."""
        return [name for names in self.names.values() for name in names]

    def names_in(self, language: str) -> tuple[str, ...]:
        """Every name in one language."""
        return (*self.names.get(language, ()), *self.shared_names.get(language, ()))


@dataclass(frozen=True, slots=True)
class TagFilter:
    """Which tags may be found: of some categories (none means all), by their NSFW mark, with at least so many posts.

    Raises InputError when a value is out of range.
    """

    categories: tuple[Category, ...] = ()
    nsfw: Nsfw = "exclude"
    min_count: int = 0

    def __post_init__(self) -> None:
        if self.nsfw not in NSFW_CHOICES:
            raise InputError(f"There is no NSFW mode {self.nsfw!r}.", hint=f"Use one of: {', '.join(NSFW_CHOICES)}.")
        if not 0 <= self.min_count <= MAX_COUNT:
            raise InputError(f"min_count is {self.min_count}.", hint=f"It must be 0 to {MAX_COUNT:,} posts.")


def check_limit(limit: int) -> None:
    """Raise InputError when a result cannot have so many tags."""
    if not 1 <= limit <= 1000:
        raise InputError(f"The limit is {limit}.", hint="Choose a limit from 1 to 1000.")


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What to search for. Defaults and ranges of every adapter live here alone.

    `nsfw`: "exclude" hides what is explicit, "strict" also what is sensitive, "include" hides nothing, "only" shows nothing else
    than what is explicit. `limit` is 1 to 1000; `min_count` the least number of posts of a tag; `categories` empty means all of them.
    Raises InputError when a value is out of range or the text is empty or longer than 20,000 characters.
    """

    text: str
    limit: int = 20
    categories: tuple[Category, ...] = ()
    nsfw: Nsfw = "exclude"
    min_count: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise InputError(f"The query must be text, not {type(self.text).__name__}.", hint="Pass a string.")
        if len(self.text) > MAX_QUERY_CHARS:
            raise InputError(
                f"The query has {len(self.text):,} characters; at most {MAX_QUERY_CHARS:,} are searched.",
                hint="Shorten it, or search it part by part.",
            )
        object.__setattr__(self, "text", clean(self.text))
        if not self.text:
            raise InputError("The query is empty.", hint="Say what you want to see, in any language.")
        check_limit(self.limit)
        TagFilter(self.categories, self.nsfw, self.min_count)

    @property
    def filter(self) -> TagFilter:
        """Which tags may be found."""
        return TagFilter(self.categories, self.nsfw, self.min_count)


@dataclass(frozen=True, slots=True)
class Hit:
    """One found tag. `score` orders hits of one result, higher is better, an exact name above 1.

    `channels` says where the score came from: the similarity of each channel (dense and lexical in -1..1), the
    popularity prior, and `exact` where the query is a name of the tag. `matched` is the tag's text that fitted best. `fits`
    is whether the tag is likely to be meant; hits go on below that, as far as they were asked for.
    """

    tag: str
    score: float
    category: Category
    post_count: int
    text: str
    nsfw: bool = False
    channels: Mapping[str, float] = field(default_factory=dict)
    matched: str = ""
    fits: bool = True

    def as_json(self, *, explain: bool = False) -> dict[str, Any]:
        """The documented JSON form; `explain` adds where the score came from."""
        row: dict[str, Any] = {
            "tag": self.tag,
            "score": round(self.score, 6),
            "category": self.category.label,
            "post_count": self.post_count,
            "text": self.text,
            "fits": self.fits,
        }
        if explain:
            row["nsfw"] = self.nsfw
            row["matched"] = self.matched
            row["channels"] = {name: round(value, 6) for name, value in self.channels.items()}
        return row


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The hits of one request, best first, and what produced them.

    `source` names the index that was used, `encoder` its encoder, `seconds` the time of the search, the encoding
    included; `nearest_by` says where tags of near meaning were looked for (sketches, or a Chroma collection). `warnings` are soft failures
    that the user should see.
    """

    request: SearchRequest
    hits: tuple[Hit, ...]
    source: str
    encoder: str
    seconds: float
    warnings: tuple[str, ...] = ()
    nearest_by: str = ""

    @property
    def tags(self) -> list[str]:
        """The found tags, best first."""
        return [hit.tag for hit in self.hits]

    def as_json(self, *, explain: bool = False) -> dict[str, Any]:
        """The documented JSON form of one query."""
        return {"query": self.request.text, "hits": [hit.as_json(explain=explain) for hit in self.hits]}


class Notice(str):
    """A sentence for people that a page can say in its own language: English, with a `key` and the `values` in it.

    >>> said = Notice.of("unfound", 'Nothing was found for "{text}".', text="cat")
    >>> said, said.key, said.values
    ('Nothing was found for "cat".', 'unfound', {'text': 'cat'})
    """

    __slots__ = ("key", "values")
    key: str
    values: dict[str, str | int]

    @classmethod
    def of(cls, key: str, text: str, /, **values: str | int) -> Notice:
        """`text` is formatted with the values."""
        said = cls(text.format(**values))
        said.key, said.values = key, values
        return said


def notices_json(sentences: Iterable[str]) -> list[dict[str, Any]]:
    """The documented JSON form of those sentences that have a key: {"key", "values", "text"}."""
    return [{"key": s.key, "values": s.values, "text": str(s)} for s in sentences if isinstance(s, Notice)]
