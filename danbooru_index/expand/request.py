"""What is asked of `expand`, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import InputError
from ..prompt import STYLES, StyleName
from ..records import Category, Nsfw, TagFilter, notices_json
from ..text.fold import MAX_QUERY_CHARS, without_surrogates

Status = Literal["covered", "weak", "not found"]
Implied = Literal["drop", "keep", "add"]
IMPLIED_CHOICES: tuple[Implied, ...] = ("drop", "keep", "add")


@dataclass(frozen=True, slots=True)
class ExpandRequest:
    """What to expand, and how the prompt is written. Defaults and ranges of every adapter live here alone.

    `limit` is the most tags that are added (1 to 500); `per_concept` the most per concept (1 to 10) and `budget` the
    average a concept (1 to 10). `categories` empty means characters, series and general tags; `exclude` takes
    categories away. `implied` says what happens to tags that another one implies. `weights` writes likely tags
    stronger; `quality` adds the style's quality tags; `keep_text` leaves words for which no tag was found in the
    prompt; `enrich` adds up to so many tags that go with the picture (0 to 50), where the index has co-occurrence
    counts; `prefix` and `suffix` stand around the whole prompt. `spaces` and `escape` None means as the style has it.
    `without` are tags that were found and are not wanted: concepts still list them, the prompt does not. Raises
    InputError when a value is out of range or the text is empty or longer than 20,000 characters.
    """

    text: str
    limit: int = 60
    per_concept: int = 6
    budget: float = 2.0
    categories: tuple[Category, ...] = ()
    exclude: tuple[Category, ...] = ()
    nsfw: Nsfw = "exclude"
    min_count: int = 0
    implied: Implied = "drop"
    style: StyleName = "sdxl"
    spaces: bool | None = None
    escape: bool | None = None
    weights: bool = False
    quality: bool = False
    keep_text: bool = False
    enrich: int = 0
    prefix: str = ""
    suffix: str = ""
    separator: str = ", "
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise InputError(f"The text must be a string, not {type(self.text).__name__}.", hint="Pass a string.")
        object.__setattr__(self, "text", without_surrogates(self.text))
        if len(self.text) > MAX_QUERY_CHARS:
            raise InputError(
                f"The text has {len(self.text):,} characters; at most {MAX_QUERY_CHARS:,} are expanded.",
                hint="Shorten it, or expand it part by part.",
            )
        if not self.text.strip():
            raise InputError("The text is empty.", hint="Say what you want to see, in any language.")
        _check_range("limit", self.limit, 1, 500)
        _check_range("enrich", self.enrich, 0, 50)
        _check_range("per_concept", self.per_concept, 1, 10)
        _check_range("budget", self.budget, 1, 10)
        _check_choice("implied", self.implied, IMPLIED_CHOICES)
        _check_choice("style", self.style, STYLES)
        _ = self.filter  # which checks its own values

    @property
    def filter(self) -> TagFilter:
        """Which tags may be in the prompt."""
        categories = self.categories or (tuple(Category) if self.exclude else ())
        allowed = tuple(c for c in categories if c not in self.exclude)
        if categories and not allowed:
            raise InputError("Every category is excluded.", hint="Exclude fewer categories.")
        return TagFilter(allowed, self.nsfw, self.min_count)


def _check_range(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise InputError(f"{name} is {value}.", hint=f"Choose {name} from {least} to {most}.")


def _check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise InputError(f"There is no {name} {value!r}.", hint=f"Use one of: {', '.join(choices)}.")


@dataclass(frozen=True, slots=True)
class ConceptReport:
    """What became of one concept: its words, whether it is covered, the tags in the prompt and their scores (0..1)."""

    text: str
    status: Status
    tags: tuple[str, ...]
    scores: tuple[float, ...]
    negated: bool = False

    def as_json(self) -> dict[str, Any]:
        """The documented JSON form."""
        return {
            "text": self.text,
            "status": self.status,
            "tags": list(self.tags),
            "scores": [round(score, 4) for score in self.scores],
            "negated": self.negated,
        }


@dataclass(frozen=True, slots=True)
class ExpandResult:
    """A prompt and how it came about.

    `tags` are those of the prompt that are in the index, the user's own and those that `enrich` `added` included.
    `warnings` are sentences; those of the engine are `records.Notice`.
    """

    request: ExpandRequest
    prompt: str
    negative: str
    tags: tuple[str, ...]
    negative_tags: tuple[str, ...]
    concepts: tuple[ConceptReport, ...]
    source: str
    encoder: str
    seconds: float
    warnings: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The documented JSON form."""
        return {
            "prompt": self.prompt,
            "negative": self.negative,
            "tags": list(self.tags),
            "negative_tags": list(self.negative_tags),
            "added": list(self.added),
            "concepts": [concept.as_json() for concept in self.concepts],
            "warnings": list(self.warnings),
            "notices": notices_json(self.warnings),
        }
