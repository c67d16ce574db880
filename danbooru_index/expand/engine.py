"""Expand: a text in any language -> a prompt of tags that exist, with the user's own parts where they were."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from ..channels.allowed import Allowed
from ..concepts import Concept, ConceptKind, split
from ..concepts.choose import DEPTH, FLOOR, Candidate, choose, status_of, weigh
from ..index.index import Index
from ..index.tags import KEY_TAG
from ..prompt import (
    STYLE_TABLE,
    Choice,
    Look,
    Segment,
    ordered,
    own_contradictions,
    render,
    resolve,
    segments,
    surround,
    without_implied,
)
from ..records import TagRecord
from ..search.candidates import PART
from ..search.name_lookup import StoreLexicon
from ..search.plan import candidates_of, thing_request
from ..search.score import GROUP, Scored, encode_queries, ranked, score_candidates
from ..text.fold import match_key
from .request import ConceptReport, ExpandRequest, ExpandResult

__all__ = ["ConceptReport", "ExpandRequest", "ExpandResult", "expand"]


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
    _choose_all(index, request, found)
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
        if not part.own and part.words.strip(" ,，\n")
        for concept in split(part.words, lexicon)
        for concept in (concept, *_phrases(concept))
    ]


def _phrases(concept: Concept) -> list[Concept]:
    """The phrases inside a compound that no name covers: "silver long hair" in "cat ears with silver long hair"."""
    if concept.kind is not ConceptKind.THING:
        return []
    return [replace(p, negated=concept.negated) for p in concept.parts if p.known is None and p.weight > 1]


def _weigh_all(index: Index, request: ExpandRequest, found: Sequence[_Found]) -> None:
    """Score every concept: those that ask for the same once, GROUP of them at a time, each group encoded in one batch."""
    things = _alike(item for item in found if item.concept.kind is not ConceptKind.COUNT)
    for first in range(0, len(things), GROUP):
        group = things[first : first + GROUP]
        asked = [thing_request(request.filter, items[0].concept) for items in group]
        queries = encode_queries(index, [one.text for one in asked])
        for items, scored in zip(group, score_candidates(index, asked, queries, PART), strict=True):
            # A name is one character or series; those that merely resemble it are others.
            most = 1 if items[0].concept.kind is ConceptKind.NAME else DEPTH
            candidates = _candidates(index, scored)[:most]
            for item in items:
                item.candidates = candidates


def _alike(found: Iterable[_Found]) -> list[list[_Found]]:
    """The concepts that say the same, together."""
    alike: dict[tuple[ConceptKind, str], list[_Found]] = {}
    for item in found:
        alike.setdefault((item.concept.kind, item.concept.text), []).append(item)
    return list(alike.values())


def _candidates(index: Index, scored: Scored) -> list[Candidate]:
    """The first DEPTH tags of a concept but the deprecated ones, weighed, best first."""
    best = [i for i, _ in ranked(index, scored, DEPTH)]
    return weigh(candidates_of(index, scored, [i for i in best if not index.store.deprecated[scored.rows[i]]]))


def _choose_all(index: Index, request: ExpandRequest, found: Sequence[_Found]) -> None:
    """Choose the tags of every concept, on each side of the prompt; what is said twice counts once in the budget."""
    allowed = index.store.allowed(request.filter)
    for negated in (False, True):
        side = [f for f in found if f.concept.negated == negated and f.concept.kind is not ConceptKind.COUNT]
        things = _alike(side)
        budget = 1.0 if negated else request.budget
        chosen = choose([items[0].candidates for items in things], budget, request.per_concept)
        for items, tags in zip(things, chosen, strict=True):
            for item in items:
                item.chosen = tags + _named_parts(index, item, tags, allowed)


def _named_parts(index: Index, item: _Found, chosen: Sequence[Candidate], allowed: Allowed | None) -> list[Candidate]:
    """The tags that a compound names word by word ("blonde twintails"), unless it is a name as a whole."""
    if any(candidate.exact for candidate in chosen):
        return []
    rows = [part.known.row for part in item.concept.parts if part.known is not None]
    taken = {candidate.row for candidate in chosen}
    named = []
    for row in dict.fromkeys(rows):
        if row not in taken and (allowed is None or allowed.tags[row]) and not index.store.deprecated[row]:
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
    kept, negative = (_wanted(side, request) for side in (kept, negative))
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
        warnings=_warnings(own, dropped, found),
    )


def _wanted(choices: Sequence[Choice], request: ExpandRequest) -> list[Choice]:
    """The choices but those that the user switched off; what stands in the text is there because they wrote it."""
    off = {match_key(tag) for tag in request.without}
    return [choice for choice in choices if choice.own or match_key(choice.tag) not in off]


def _warnings(
    own: Sequence[Choice], dropped: Sequence[tuple[str, str, str]], found: Sequence[_Found]
) -> tuple[str, ...]:
    """What was left out for a contradiction, what contradicts and stays, and what was not found."""

    def contradiction(one: str, other: str, group: str) -> str:
        return f"{one} contradicts {other} ({group.replace('_', ' ')})"

    return (
        *(f"{contradiction(*three)} and was left out." for three in dropped),
        *(f"{contradiction(*three)}; both are yours and stay." for three in own_contradictions(own)),
        *(f'Nothing was found for "{f.concept.text}".' for f in found if not f.chosen and not f.concept.tags),
    )


def _choices(index: Index, request: ExpandRequest, found: Sequence[_Found], *, negated: bool) -> list[Choice]:
    """The tags of all concepts of one side, counts first."""
    allowed = index.store.allowed(request.filter)
    choices = []
    for item in found:
        if item.concept.negated != negated:
            continue
        for tag in item.concept.tags:
            row = index.store.row_of(tag)
            if row is not None and (allowed is None or allowed.tags[row]):
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
