"""Results as text for people: aligned tables that also hold wide East Asian characters. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .expand.engine import ExpandResult
    from .records import Hit, SearchResult
    from .search.related import RelatedResult


# What a terminal obeys instead of showing it, and what turns the order of the characters round.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    r"""The text with every control character but the ends of lines written out: names and definitions are a stranger's.

    >>> visible("a\x1b[2Jb\u202ec")
    'a\\x1b[2Jb\\u202ec'
    """
    return _UNSEEN.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def width(text: str) -> int:
    """Columns that a text takes in a terminal: wide East Asian characters take two, combining marks none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def shorten(text: str, columns: int) -> str:
    """The text cut to so many columns, with an ellipsis where something was cut."""
    if width(text) <= columns:
        return text
    kept = ""
    for char in text:
        if width(kept + char) >= columns:
            break
        kept += char
    return kept + "…"


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Lines of aligned columns, the first row a heading; columns in `right` are aligned to the right."""
    rows = [[visible(cell.replace("\n", " ")) for cell in row] for row in rows]
    widths = [max(width(row[i]) for row in rows) for i in range(len(rows[0]))]

    def cell(text: str, i: int) -> str:
        pad = " " * (widths[i] - width(text))
        return pad + text if i in right else text + pad

    lines = ["  ".join(cell(text, i) for i, text in enumerate(row)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * w for w in widths), *lines[1:]])


def search_report(result: SearchResult, reason: str, *, explain: bool = False, tail: bool = False) -> str:
    """A readable table of one result: the hits that fit, with `tail` also those below."""
    shown = [hit for hit in result.hits if hit.fits] if not tail else list(result.hits)
    if result.hits and not shown:
        return f"Nothing fits this text ({reason}). Say it in other words, or add --all to see the nearest tags."
    if not result.hits:
        return f"No tag fits these filters ({reason})."
    heading = ["tag", "score", "posts", "category", "names"] + (["from"] if explain else [])
    rows = [heading, *(_row(hit, explain=explain) for hit in shown)]
    footer = f"{reason}; {result.encoder}; by {result.nearest_by}; {1000 * result.seconds:.0f} ms"
    return visible("\n".join([table(rows, right=(1, 2)), footer, *(f"warning: {text}" for text in result.warnings)]))


def expand_report(result: ExpandResult, reason: str) -> str:
    """The prompt, and below it what became of every concept."""
    rows = [["concept", "status", "tags"]]
    for concept in result.concepts:
        tags = ", ".join(f"{tag} {score:.2f}" for tag, score in zip(concept.tags, concept.scores, strict=True))
        rows.append([("not: " if concept.negated else "") + shorten(concept.text, 40), concept.status, tags])
    negative = [f"negative: {result.negative}"] if result.negative else []
    added = [tag for tag in result.added if tag in result.tags]
    further = [f"added: {', '.join(added)}"] if added else []
    footer = f"{reason}; {result.encoder}; {1000 * result.seconds:.0f} ms"
    return visible(
        "\n".join(
            [result.prompt, *negative, *further, "", table(rows), footer, *(f"warning: {w}" for w in result.warnings)]
        )
    )


def related_report(result: RelatedResult, reason: str) -> str:
    """A readable table of related tags."""
    rows = [["tag", "score", "posts", "category", "names"], *(_row(hit, explain=False) for hit in result.hits)]
    footer = f"{reason}; by {result.method}; {1000 * result.seconds:.0f} ms"
    unknown = [f"warning: not in the index: {', '.join(result.unknown)}"] if result.unknown else []
    return visible("\n".join([table(rows, right=(1, 2)), footer, *unknown]))


def _row(hit: Hit, *, explain: bool) -> list[str]:
    names = hit.text.partition(" - ")[2].partition("。")[0]
    row = [hit.tag, f"{hit.score:.3f}", f"{hit.post_count:,}", hit.category.label, shorten(names, 40)]
    if explain:
        row.append(f"{hit.matched}: " + " ".join(f"{name} {value:.2f}" for name, value in hit.channels.items()))
    return row
