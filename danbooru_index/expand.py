"""Expand: a text in any language -> a prompt of tags that exist, with the user's own parts where they were."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .concepts import Concept, ConceptKind, split
from .concepts.choose import DEPTH, FLOOR, Candidate, Status, choose, status_of, weigh
from .errors import InputError
from .index import Index
from .lookup import StoreLexicon
from .prompt import (
    STYLE_TABLE,
    STYLES,
    Choice,
    Look,
    Segment,
    StyleName,
    ordered,
    render,
    resolve,
    segments,
    surround,
    without_implied,
)
from .ranking import order
from .records import NSFW_CHOICES, Category, Nsfw, SearchRequest, TagRecord
from .scoring import Mask, allowed_tags, encode_queries, score_candidates
from .sentence import thing_request
from .store import KEY_TAG
from .text import MAX_QUERY_CHARS, match_key

Implied = Literal["drop", "keep", "add"]
IMPLIED_CHOICES: tuple[Implied, ...] = ("drop", "keep", "add")


@dataclass(frozen=True, slots=True)
class ExpandRequest:
    """What to expand, and how the prompt is written. Defaults and ranges of every adapter live here alone.

    `limit` is the most tags that are added (1 to 500); `per_concept` the most a concept (1 to 10) and `budget` the average
    a concept (1 to 10). `categories` empty means characters, series and general tags; `exclude` takes categories away.
    `implied` says what happens to tags that another one implies. `weights` writes likely tags stronger; `quality` adds
    the style's quality tags; `prefix` and `suffix` stand around the whole prompt. `spaces` and `escape` None means as the
    style has it. Raises InputError when a value is out of range or the text is empty or longer than 20,000 characters.
    """

    text: str
    limit: int = 60
    per_concept: int = 6
    budget: float = 2.2
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
    prefix: str = ""
    suffix: str = ""
    separator: str = ", "

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise InputError(f"The text must be a string, not {type(self.text).__name__}.", hint="Pass a string.")
        if len(self.text) > MAX_QUERY_CHARS:
            raise InputError(
                f"The text has {len(self.text):,} characters; at most {MAX_QUERY_CHARS:,} are expanded.",
                hint="Shorten it, or expand it part by part.",
            )
        if not self.text.strip():
            raise InputError("The text is empty.", hint="Say what you want to see, in any language.")
        _check_range("limit", self.limit, 1, 500)
        _check_range("per_concept", self.per_concept, 1, 10)
        _check_range("budget", self.budget, 1, 10)
        _check_choice("nsfw", self.nsfw, NSFW_CHOICES)
        _check_choice("implied", self.implied, IMPLIED_CHOICES)
        _check_choice("style", self.style, STYLES)
        if self.min_count < 0:
            raise InputError(f"The least post count is {self.min_count}.", hint="Use 0 or more.")

    def search_request(self) -> SearchRequest:
        """The filters of this request, for search."""
        categories = self.categories or (tuple(Category) if self.exclude else ())
        allowed = tuple(c for c in categories if c not in self.exclude)
        if categories and not allowed:
            raise InputError("Every category is excluded.", hint="Exclude fewer categories.")
        return SearchRequest("x", categories=allowed, nsfw=self.nsfw, min_count=self.min_count)


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
    """A prompt and how it came about. `tags` are those of the prompt that are in the index, the user's own included."""

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

    def as_json(self) -> dict[str, Any]:
        """The documented JSON form."""
        return {
            "prompt": self.prompt,
            "negative": self.negative,
            "tags": list(self.tags),
            "negative_tags": list(self.negative_tags),
            "concepts": [concept.as_json() for concept in self.concepts],
            "warnings": list(self.warnings),
        }


@dataclass(slots=True)
class _Found:
    """A concept of one passage of the text with its candidates and what was chosen."""

    concept: Concept
    passage: int
    candidates: list[Candidate] = field(default_factory=list)
    chosen: list[Candidate] = field(default_factory=list)


def expand(index: Index, request: ExpandRequest) -> ExpandResult:
    """Turn a text into a prompt."""
    started = time.perf_counter()
    parts = segments(request.text, lambda text: own_tag(index, text))
    found = _concepts(index, parts)
    _weigh_all(index, request, found)
    allowed = allowed_tags(index, request.search_request())
    for negated in (False, True):
        side = [f for f in found if f.concept.negated == negated and f.concept.kind is not ConceptKind.COUNT]
        for item, chosen in zip(
            side,
            choose([f.candidates for f in side], 1.0 if negated else request.budget, request.per_concept),
            strict=True,
        ):
            item.chosen = chosen + _named_parts(index, item, chosen, allowed)
    return _result(index, request, parts, found, started)


def own_tag(index: Index, text: str) -> str | None:
    """The tag that an English spelling writes, if it is one of the index, in any case and with spaces or underscores."""
    if not text.isascii():
        return None
    rows = [row for row, kind in index.store.exact(text) if kind == KEY_TAG]
    wanted = match_key(text)
    return next((tag for row in rows if match_key(tag := index.store.record(row).tag) == wanted), None)


def _concepts(index: Index, parts: Sequence[Segment]) -> list[_Found]:
    lexicon = StoreLexicon(index.store)
    return [
        _Found(concept, number)
        for number, part in enumerate(parts)
        if not part.own and part.text.strip(" ,，\n")
        for concept in split(part.text, lexicon)
    ]


def _weigh_all(index: Index, request: ExpandRequest, found: Sequence[_Found]) -> None:
    """Score every concept, all of them encoded in one batch."""
    things = [item for item in found if item.concept.kind is not ConceptKind.COUNT]
    if not things:
        return
    base, store = request.search_request(), index.store
    asked = [thing_request(base, item.concept) for item in things]
    queries = encode_queries(index, [part.text for part in asked])
    for item, part, query in zip(things, asked, queries, strict=True):
        scored = score_candidates(index, part, query)
        scores = scored.total(index.weights)
        best = order(scores, store.post_count[scored.rows])[:DEPTH].tolist()
        rows, exact = scored.rows.tolist(), scored.exact
        item.candidates = weigh(
            [
                Candidate(rows[i], float(scores[i] - exact[i]), bool(exact[i] > 0), float(store.popularity[rows[i]]))
                for i in best
                if not store.deprecated[rows[i]]
            ]
        )
        if item.concept.kind is ConceptKind.NAME:
            # A name is one character or series; those that merely resemble it are others.
            item.candidates = item.candidates[:1]


def _named_parts(index: Index, item: _Found, chosen: Sequence[Candidate], allowed: Mask | None) -> list[Candidate]:
    """The tags that a compound names word by word ("blonde twintails"), unless it is a name as a whole."""
    if any(candidate.exact for candidate in chosen):
        return []
    rows = [part.known.row for part in item.concept.parts if part.known is not None]
    taken = {candidate.row for candidate in chosen}
    named = []
    for row in dict.fromkeys(rows):
        if row not in taken and (allowed is None or allowed[row]) and not index.store.deprecated[row]:
            score = next((c.score for c in item.candidates if c.row == row), FLOOR)
            named += weigh([Candidate(row, score, True, float(index.store.popularity[row]))])
    return named


def _result(
    index: Index, request: ExpandRequest, parts: Sequence[Segment], found: Sequence[_Found], started: float
) -> ExpandResult:
    own = [Choice(part.tag, 1.0, i, own=True) for i, part in enumerate(parts) if part.tag]
    kept, dropped = resolve(_distinct([*own, *_choices(index, request, found, negated=False)]))
    if request.implied == "add":
        kept = _with_implied(index, kept)
    elif request.implied == "drop":
        kept = without_implied(kept)
    kept = _limited(kept, request.limit)
    negative = _distinct(_choices(index, request, found, negated=True))
    tags = {choice.tag for choice in kept}
    warnings = [
        f"{gone} contradicts {stays} ({group.replace('_', ' ')}) and was left out." for gone, stays, group in dropped
    ]
    warnings += [f'Nothing was found for "{f.concept.text}".' for f in found if not f.chosen and not f.concept.tags]
    style = STYLE_TABLE[request.style]
    look = Look(style, request.spaces, request.escape, request.weights, request.separator)
    quality = (style.prefix, style.suffix) if request.quality else ("", "")
    return ExpandResult(
        request=request,
        prompt=surround(
            render(parts, kept, look), (request.prefix, quality[0]), (quality[1], request.suffix), request.separator
        ),
        negative=request.separator.join(look.write(choice) for choice in negative),
        tags=tuple(choice.tag for choice in _in_order(parts, kept, style.order)),
        negative_tags=tuple(choice.tag for choice in negative),
        concepts=tuple(_report(index, f, tags) for f in found),
        source=str(index.folder),
        encoder=index.encoder.description,
        seconds=time.perf_counter() - started,
        warnings=tuple(warnings),
    )


def _choices(index: Index, request: ExpandRequest, found: Sequence[_Found], *, negated: bool) -> list[Choice]:
    """The tags of all concepts of one side, counts first."""
    allowed = allowed_tags(index, request.search_request())
    choices = []
    for item in found:
        if item.concept.negated != negated:
            continue
        for tag in item.concept.tags:
            row = next((row for row, kind in index.store.exact(tag) if kind == KEY_TAG), None)
            if row is not None and (allowed is None or allowed[row]):
                choices.append(Choice(tag, 1.0, item.passage, "count"))
        for candidate in item.chosen:
            record = index.store.record(candidate.row)
            score = 1.0 if candidate.exact else candidate.probability
            choices.append(
                Choice(record.tag, score, item.passage, record.category.label, label_of(record), implies=record.implies)
            )
    return choices


def label_of(record: TagRecord) -> str:
    """The Chinese label that the plain text of a tag begins with, empty where it has none."""
    return record.text[1:].partition("】")[0] if record.text.startswith("【") else ""


def _distinct(choices: Sequence[Choice]) -> list[Choice]:
    best: dict[str, Choice] = {}
    for choice in choices:
        best.setdefault(choice.tag, choice)
    return list(best.values())


def _with_implied(index: Index, choices: Sequence[Choice]) -> list[Choice]:
    """Add what the tags imply, and what that implies in turn."""
    known = {choice.tag for choice in choices}
    result = list(choices)
    for choice in result:
        for tag in choice.implies:
            row = next((row for row, kind in index.store.exact(tag) if kind == KEY_TAG), None)
            if tag in known or row is None:
                continue
            known.add(tag)
            record = index.store.record(row)
            implied = Choice(
                tag, choice.score, choice.passage, record.category.label, label_of(record), implies=record.implies
            )
            result.append(implied)
    return result


def _limited(choices: Sequence[Choice], limit: int) -> list[Choice]:
    """The user's own tags and the best `limit` others, in their order."""
    others = sorted((c for c in choices if not c.own), key=lambda c: (c.category != "count", -c.score))[:limit]
    kept = {choice.tag for choice in others}
    return [choice for choice in choices if choice.own or choice.tag in kept]


def _in_order(parts: Sequence[Segment], choices: Sequence[Choice], order: Sequence[str]) -> list[Choice]:
    return [choice for i in range(len(parts)) for choice in ordered([c for c in choices if c.passage == i], order)]


def _report(index: Index, item: _Found, tags: set[str]) -> ConceptReport:
    concept = item.concept
    if concept.kind is ConceptKind.COUNT:
        given = tuple(tag for tag in concept.tags if tag in tags)
        return ConceptReport(concept.text, "covered" if given else "not found", given, (1.0,) * len(given))
    chosen = [(index.store.record(c.row).tag, c) for c in item.chosen]
    shown = [(tag, c) for tag, c in chosen if concept.negated or tag in tags]
    status = status_of([c for _, c in shown])
    return ConceptReport(
        concept.text, status, tuple(t for t, _ in shown), tuple(c.score for _, c in shown), concept.negated
    )
