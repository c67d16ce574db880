"""Inputs that several nodes share, with the defaults of the engine's own requests."""

from __future__ import annotations

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


def chosen(category: str) -> tuple[Category, ...]:
    """The categories that one choice of a category input means; none where it is no category's label."""
    return (Category.parse(category),) if category in LABELS else ()


def limit_input() -> io.Input:
    return io.Int.Input("limit", default=_SEARCH["limit"], min=1, max=1000, tooltip="How many tags at most.")


def category_input() -> io.Input:
    return io.Combo.Input(
        "category",
        options=[ALL, *LABELS],
        default=ALL,
        tooltip="Only tags of this category: general (what is seen), character, copyright (series), artist or meta.",
    )


def nsfw_input() -> io.Input:
    return io.Combo.Input(
        "nsfw",
        options=list(NSFW_CHOICES),
        default=_SEARCH["nsfw"],
        tooltip="Leave NSFW tags out, let them in, or take only them.",
    )


def min_count_input() -> io.Input:
    return io.Int.Input(
        "min_count",
        default=_SEARCH["min_count"],
        min=0,
        max=10_000_000,
        tooltip="Only tags with at least so many posts: models hardly know rare ones.",
    )


def spelling_inputs() -> list[io.Input]:
    return [
        io.Boolean.Input("spaces", default=True, tooltip="Write long hair instead of long_hair in the prompt."),
        io.Boolean.Input(
            "escape", default=True, tooltip=r"Write \( and \) in the prompt, since bare brackets change weights."
        ),
    ]


def index_input() -> io.Input:
    return HANDLE_TYPE.Input(
        "index", optional=True, tooltip="From Danbooru Index: Load. Unconnected: the index is found automatically."
    )
