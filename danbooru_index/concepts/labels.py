"""Clauses that a label or an answer beside them leaves out, and words that somebody in the text says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from .atoms import Clause
from .excluding_words import answer_pattern, label_pattern

_ASKS = re.compile("[:：?？]")
_COLON = re.compile("[:：]")
_SENTENCE_END = re.compile(r"[.。!！?？\n;；|/]")
_QUOTED = re.compile(
    '“[^“”]{2,120}”|「[^「」]{2,120}」|『[^『』]{2,120}』|«[^«»]{2,120}»|„[^„“”]{2,120}[“”]|"[^"]{2,120}"'
)


def labelled(text: str, clauses: Sequence[Clause]) -> tuple[list[Clause], set[int]]:
    """The clauses without labels and answers, and which of them those exclude: "negative: hat, scarf", "hat? nope"."""
    kept: list[Clause] = []
    excluded: set[int] = set()
    open_label = False
    for number, clause in enumerate(clauses):
        before = text[clauses[number - 1].end : clause.start] if number else ""
        after = text[clause.end : clauses[number + 1].start] if number + 1 < len(clauses) else ""
        if kept and _ASKS.search(before) and answer_pattern().fullmatch(text, clause.start, clause.end):
            excluded.add(len(kept) - 1)
            continue
        open_label = open_label and not _SENTENCE_END.search(before)
        label = label_pattern().fullmatch(text, clause.start, clause.end) if _COLON.search(after) else None
        if label is not None:
            open_label = True
            if text[clause.start : label.start("said")].strip():
                kept.append(replace(clause, end=label.start("said")))
            continue
        if open_label:
            excluded.add(len(kept))
        kept.append(clause)
    return kept, excluded


def spoken(text: str) -> list[tuple[int, int]]:
    """The places of what stands in quotation marks: what somebody says, which leaves nothing out of the picture.

    >>> spoken("“别走！”她哭着"), spoken("a girl")
    ([(0, 5)], [])
    """
    return [found.span() for found in _QUOTED.finditer(text)]
