"""Chosen tags between the user's own parts -> the text of a prompt. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .compose import Choice, ordered
from .own import Segment
from .style import Style, written

_EDGE = re.compile(r"[\s,，、。;；]*")
_KEYWORD = re.compile(r"[A-Z]{3,}")
_EMPTY = " ,，\n"
LEAST_WEIGHT, MOST_WEIGHT = 0.9, 1.2


@dataclass(frozen=True, slots=True)
class PromptFormat:
    """How tags are written: a style, with its spelling overridden where `spaces` or `escape` is not None."""

    style: Style
    spaces: bool | None = None
    escape: bool | None = None
    weights: bool = False
    separator: str = ", "

    def write(self, choice: Choice) -> str:
        """One tag; with weights, a score of 0 to 1 becomes a weight of 0.9 to 1.2."""
        spaces = self.style.spaces if self.spaces is None else self.spaces
        escape = self.style.escape if self.escape is None else self.escape
        weight = round(LEAST_WEIGHT + (MOST_WEIGHT - LEAST_WEIGHT) * choice.score, 2) if self.weights else None
        mark = self.style.artist_mark if choice.category == "artist" else ""
        return mark + written(
            choice.tag, spaces=spaces, escape=escape, weight=weight, numeric=self.style.numeric_weights
        )


def render(parts: Sequence[Segment], choices: Sequence[Choice], written_as: PromptFormat) -> str:
    """The prompt: own parts as they are, each stretch of prose replaced by its tags in the style's order."""
    pieces: list[str] = []
    opened: list[tuple[int, int]] = []  # for each open bracket its part and its piece
    by_passage: dict[int, list[Choice]] = {}
    for choice in choices:
        if not choice.own:
            by_passage.setdefault(choice.passage, []).append(choice)
    for number, part in enumerate(parts):
        if part.bracket == "(":
            opened.append((number, len(pieces)))
        elif part.bracket and not any(piece.strip(_EMPTY) for piece in pieces[opened[-1][1] + 1 :]):
            # Nothing was found for what is weighed: the words stay, for brackets around nothing mean something else.
            start, piece = opened.pop()
            pieces[piece:] = ["".join(one.text for one in parts[start : number + 1])]
            continue
        elif part.bracket:
            opened.pop()
        first, last = _edges(part.text)
        if part.own or len(first) == len(part.text):
            pieces.append(part.text)
            continue
        tags = by_passage.get(number, [])
        text = written_as.separator.join(written_as.write(choice) for choice in ordered(tags, written_as.style.order))
        before = _joint(parts[number - 1] if number else None, "(", first, written_as.separator)
        after = _joint(parts[number + 1] if number + 1 < len(parts) else None, ")", last, written_as.separator)
        pieces.append(before + text + after if text else before if before and after else "")
    return "".join(pieces)


def _edges(text: str) -> tuple[str, str]:
    """White space and marks of punctuation before and after what a text says."""
    ends = [_EDGE.match(side) for side in (text, text[::-1])]
    first, last = (end.group() if end else "" for end in ends)
    return first, last[::-1]


def _joint(neighbour: Segment | None, inside: str, edge: str, separator: str) -> str:
    """What stands between generated tags and an own part: nothing at the ends of a prompt, white space beside keywords.

    :param inside: the bracket inside of which the tags would stand beside this neighbour, where nothing stands between.
    """
    if neighbour is None or neighbour.bracket == inside:
        return ""
    if _KEYWORD.fullmatch(neighbour.text):
        return "\n" if "\n" in edge else " "
    return separator.rstrip() + "\n" if "\n" in edge else separator


def surround(prompt: str, before: Sequence[str], after: Sequence[str], separator: str) -> str:
    """A prompt between prefixes and suffixes; empty ones leave nothing behind."""
    return separator.join(text for text in (*before, prompt, *after) if text)
