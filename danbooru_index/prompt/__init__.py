"""Chosen tags and the user's own parts -> a prompt. Pure: records in, records and text out."""

from .compose import Choice, ordered, own_contradictions, resolve, without_implied
from .own import Segment, segments
from .render import PromptFormat, render, surround
from .style import STYLE_TABLE, STYLES, StyleName

__all__ = [
    "STYLES",
    "STYLE_TABLE",
    "Choice",
    "PromptFormat",
    "Segment",
    "StyleName",
    "ordered",
    "own_contradictions",
    "render",
    "resolve",
    "segments",
    "surround",
    "without_implied",
]
