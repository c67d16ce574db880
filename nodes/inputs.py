"""Inputs that several nodes share, with the defaults of the engine's own requests."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

from comfy_api.v0_0_2 import io

from ..danbooru_index.records import NSFW_CHOICES, Category, SearchRequest

HANDLE_TYPE = io.Custom("DANBOORU_INDEX")
ALL = "all"
LABELS = [category.label for category in Category]


def defaults(request: type) -> dict[str, Any]:
    """The default of every field of a request that has one."""
    return {field.name: field.default for field in fields(request)}


_SEARCH = defaults(SearchRequest)
SEPARATOR = re.compile(r"[,，、\n]")
_COMMENT = re.compile(r"/\*[\s\S]*?\*/|//.*")


def chosen(category: str) -> tuple[Category, ...]:
    """The categories that one choice of a category input means; none where it is not a category's label."""
    return (Category.parse(category),) if category in LABELS else ()


def without_comments(text: str) -> str:
    """A prompt as CLIPTextEncode's page sends it: without // and /* */ comments, which over the API nobody takes out."""
    return _COMMENT.sub("", text)


def names_in(text: str) -> tuple[str, ...]:
    """The tag names of a list that people write, separated by commas or lines."""
    return tuple(name.strip() for name in SEPARATOR.split(text) if name.strip())


def text_input(name: str, tooltip: str, placeholder: str, *, dynamic: bool = True) -> io.Input:
    """The text that a node reads; `dynamic` lets ComfyUI choose between {a|b} and drop comments."""
    return io.String.Input(
        name, multiline=True, default="", dynamic_prompts=dynamic, tooltip=tooltip, placeholder=placeholder
    )


def without_input() -> io.Input:
    """The tags that a click on the node switches off. Saved workflows go by place: what is new comes after it."""
    return io.String.Input(
        "without",
        default="",
        optional=True,
        advanced=True,
        tooltip="Tags that stay out of the output, separated by commas: what you switched off on the node.",
    )


def empty_text(name: str, text: str | None) -> bool | str:
    """What is wrong with a text that is searched, for `validate_inputs`; None is one that comes over a link."""
    if text is None or without_comments(text).strip():
        return True
    return f"The {name} is empty. Say what you want to see, in any language."


def limit_input() -> io.Input:
    """How many tags a search gives."""
    return io.Int.Input("limit", default=_SEARCH["limit"], min=1, max=1000, tooltip="How many tags at most.")


def category_input() -> io.Input:
    """The category that a search keeps to, every one by default."""
    return io.Combo.Input(
        "category",
        options=[ALL, *LABELS],
        default=ALL,
        tooltip="Only tags of this category: general (what is seen), character, copyright (series), artist or meta.",
    )


def nsfw_input() -> io.Input:
    """Whether a search gives NSFW tags."""
    return io.Combo.Input(
        "nsfw",
        options=list(NSFW_CHOICES),
        default=_SEARCH["nsfw"],
        tooltip="exclude leaves out what is explicit, strict also what is sensitive (underwear, cleavage ...). "
        "include lets everything in, only gives nothing else than what is explicit.",
    )


def min_count_input() -> io.Input:
    """The least post count of a search's tags."""
    return io.Int.Input(
        "min_count",
        default=_SEARCH["min_count"],
        min=0,
        max=10_000_000,
        advanced=True,
        tooltip="Only tags with at least so many posts: models hardly know rare ones.",
    )


def spelling_inputs() -> list[io.Input]:
    """How the prompt writes a tag: with spaces, with escaped brackets."""
    return [
        io.Boolean.Input(
            "spaces", default=True, advanced=True, tooltip="Write long hair instead of long_hair in the prompt."
        ),
        io.Boolean.Input(
            "escape",
            default=True,
            advanced=True,
            tooltip=r"Write \( and \) in the prompt, since bare brackets change weights.",
        ),
    ]


def index_input() -> io.Input:
    """The handle that the Load node gives; a search without one finds the index itself."""
    return HANDLE_TYPE.Input(
        "index", optional=True, tooltip="From Danbooru Index: Load. Unconnected: the index is found automatically."
    )
