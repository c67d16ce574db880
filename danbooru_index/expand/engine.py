"""Expand: a text in any language -> a prompt of tags that exist, with the user's own parts where they were."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..concepts.negation import excluded_texts
from ..index.damage import names_damage
from ..index.index import Index
from ..index.tags import KEY_TAG
from ..prompt import (
    STYLE_TABLE,
    Choice,
    PromptFormat,
    Segment,
    ordered,
    render,
    resolve,
    segments,
    surround,
    without_implied,
)
from ..records import TagRecord
from ..search.choosing import Thing
from ..search.reach import beyond_encoder
from ..search.things import Things, find_all_things
from ..text.fold import match_key
from .enrich import further_tags
from .notices import not_enriched, rows_left_out, warnings_of
from .other_colours import colours_out, in_other_colours, is_coloured, reports_of
from .request import ConceptReport, ExpandRequest, ExpandResult
from .sides import is_wanted, wanted_later, without_excluded, without_nobody, without_said

__all__ = ["ConceptReport", "ExpandRequest", "ExpandResult", "expand"]
COVERED = 0.5  # more likely right than not
TEXT = "text"  # the category of words that are kept, for want of a tag


@dataclass(frozen=True, slots=True)
class _Passage:
    """One stretch of prose: its number among the parts of the prompt, and what it names."""

    number: int
    things: Things


@names_damage
def expand(index: Index, request: ExpandRequest) -> ExpandResult:
    """Turn a text into a prompt."""
    started = time.perf_counter()
    out = excluded_texts(request.text)
    parts = segments(request.text, lambda text: None if text.strip() in out else own_tag(index, text))
    prose = {number: part.words for number, part in enumerate(parts) if not part.own}
    prose = {number: words for number, words in prose.items() if words.strip(" ,，\n")}
    found = find_all_things(index, list(prose.values()), request.filter, request.budget)
    passages = [_Passage(number, things) for number, things in zip(prose, found, strict=True)]
    return _result(index, request, parts, passages, started)


def own_tag(index: Index, text: str) -> str | None:
    """The tag that an English spelling writes, if it is one of the index, in any case and with spaces or underscores."""
    if not text.isascii():
        return None
    rows = [row for row, kind in index.store.exact(text) if kind == KEY_TAG]
    wanted = match_key(text)
    return next((tag for row in rows if match_key(tag := index.store.record(row).tag) == wanted), None)


def _result(
    index: Index, request: ExpandRequest, parts: Sequence[Segment], passages: Sequence[_Passage], started: float
) -> ExpandResult:
    own = [Choice(part.tag, 1.0, i, own=True) for i, part in enumerate(parts) if part.tag]
    wanted, negative = _sides(index, request, own, passages)
    kept, dropped = resolve(wanted)
    if request.implied == "add":
        kept = _with_implied(index, kept)
    elif request.implied == "drop":
        kept = without_implied(kept)
    kept = _limited(kept, request.limit)
    colours = [
        (passage.number, list(in_other_colours(index, request, passage.things.reading, kept))) for passage in passages
    ]
    coloured = (Choice(tag, 1.0, number) for number, found in colours for _, tags in found for tag in tags)
    negative = _distinct([*negative, *coloured])
    added = further_tags(index, request, kept, negative)
    kept = [*kept, *added]
    tags = {choice.tag for choice in kept}
    left_out = rows_left_out(index, [passage.things for passage in passages], negative, kept)
    kept, negative = (_switched_on(side, request) for side in (kept, negative))
    words = [word for passage in passages for word in _kept_words(passage)] if request.keep_text else []
    style = STYLE_TABLE[request.style]
    written_as = PromptFormat(style, request.spaces, request.escape, request.weights, request.separator)
    quality = (style.prefix, style.suffix) if request.quality else ("", "")
    return ExpandResult(
        request=request,
        prompt=surround(
            render(parts, [*kept, *words], written_as),
            (request.prefix, quality[0]),
            (quality[1], request.suffix),
            request.separator,
        ),
        negative=request.separator.join(written_as.write(choice) for choice in negative),
        tags=tuple(choice.tag for choice in _in_order(parts, kept, style.order)),
        negative_tags=tuple(choice.tag for choice in negative),
        concepts=(
            *(report for passage in passages for report in _reports(index, request, passage, tags)),
            *(report for _, found in colours for report in reports_of(found)),
        ),
        source=str(index.folder),
        encoder=index.encoder.description,
        seconds=time.perf_counter() - started,
        warnings=(
            *warnings_of(own, dropped, [passage.things for passage in passages], left_out),
            *not_enriched(index, request),
            *beyond_encoder(index, request.text),
        ),
        added=tuple(choice.tag for choice in added),
    )


def _sides(
    index: Index, request: ExpandRequest, own: Sequence[Choice], passages: Sequence[_Passage]
) -> tuple[list[Choice], list[Choice]]:
    """What the text wants, the user's `own` tags first, and what it leaves out."""
    named = without_nobody(_distinct([*own, *_choices(index, request, passages, excluded=False)]))
    excluded = without_said(_distinct(list(_choices(index, request, passages, excluded=True))), named)
    later = {tag for passage in passages for tag in wanted_later(index, passage.things.things)}
    colours = frozenset(colour for passage in passages for colour in colours_out(passage.things.reading))
    wanted = [choice for choice in without_excluded(named, excluded) if not is_coloured(choice, colours)]
    return wanted, [choice for choice in excluded if choice.tag not in later]


def _switched_on(choices: Sequence[Choice], request: ExpandRequest) -> list[Choice]:
    """The choices but those that the user switched off; what stands in the text is there because they wrote it."""
    off = {match_key(tag) for tag in request.without}
    return [choice for choice in choices if choice.own or match_key(choice.tag) not in off]


def _choices(index: Index, request: ExpandRequest, passages: Sequence[_Passage], *, excluded: bool) -> Iterator[Choice]:
    """The tags of one side of the prompt, counts first."""
    allowed = index.store.allowed(request.filter)
    for passage in passages:
        counts = passage.things.reading.excluded_counts if excluded else passage.things.counts
        for tag in counts:
            row = index.store.row_of(tag)
            if row is not None and (allowed is None or allowed.tags[row]):
                yield Choice(tag, 1.0, passage.number, "count")
        for thing in passage.things.things:
            if passage.things.reading.is_removed(thing.span):
                continue  # a hat that is taken off may lie in the picture: neither side has it
            for found in thing.choices[: request.per_concept]:
                record = index.store.record(found.row)
                if is_wanted(thing, record.tag) == excluded:
                    continue
                # The name of several tags is the name of the likeliest.
                score = 1.0 if found.exact and found is thing.choices[0] else found.probability
                yield Choice(
                    record.tag, score, passage.number, record.category.label, label_of(record), implies=record.implies
                )


def label_of(record: TagRecord) -> str:
    """The Chinese label that the plain text of a tag begins with, empty where it has none."""
    return record.text[1:].partition("】")[0] if record.text.startswith("【") else ""


def _kept_words(passage: _Passage) -> list[Choice]:
    return [Choice(text, COVERED, passage.number, TEXT) for text in passage.things.unfound]


def _distinct(choices: Sequence[Choice]) -> list[Choice]:
    """Each tag once, at its first place, with its best score."""
    best: dict[str, Choice] = {}
    for choice in choices:
        before = best.get(choice.tag)
        if before is None or (choice.score > before.score and not before.own and choice.passage == before.passage):
            best[choice.tag] = choice
    return list(best.values())


def _with_implied(index: Index, choices: Sequence[Choice]) -> list[Choice]:
    """Add what the tags imply, and what that implies in turn."""
    known = {choice.tag for choice in choices}
    result = list(choices)
    for choice in result:
        for tag in choice.implies:
            row = index.store.row_of(tag)
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
    by_passage: dict[int, list[Choice]] = {}
    for choice in choices:
        by_passage.setdefault(choice.passage, []).append(choice)
    return [choice for i in range(len(parts)) for choice in ordered(by_passage.get(i, ()), order)]


def _reports(index: Index, request: ExpandRequest, passage: _Passage, tags: set[str]) -> Iterator[ConceptReport]:
    """What became of the head-count, of each thing in order, and of the words for which nothing was found."""
    reading = passage.things.reading
    if passage.things.counts:
        given = tuple(tag for tag in passage.things.counts if tag in tags)
        yield ConceptReport(
            reading.person or reading.text, "covered" if given else "not found", given, (1.0,) * len(given)
        )
    for thing in passage.things.things:
        if not reading.is_removed(thing.span):
            yield _report(index, request, thing, tags)
    for text in passage.things.unfound:
        yield ConceptReport(text, "not found", (), ())


def _report(index: Index, request: ExpandRequest, thing: Thing, tags: set[str]) -> ConceptReport:
    excluded = thing.span.excluded
    chosen = [(index.store.record(found.row).tag, found) for found in thing.choices[: request.per_concept]]
    shown = [(tag, found) for tag, found in chosen if excluded or tag in tags]
    sure = any(found.exact or found.probability >= COVERED for _, found in shown)
    return ConceptReport(
        thing.span.text,
        "covered" if sure else "weak" if shown else "not found",
        tuple(tag for tag, _ in shown),
        tuple(1.0 if found.exact else found.probability for _, found in shown),
        excluded,
    )
