"""The options in the panel's box: what they are, and what they become in a request and in a picture's infotext.

The page reads the same fields (javascript/danbooru_index.js), so that what is searched, expanded and generated is asked for alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from . import host

AUTO = "auto"
CATEGORIES = (AUTO, "general", "character", "copyright", "artist", "meta")


@dataclass(frozen=True)
class Option:
    """One option. `name` ends the element's id, `key` names it in the infotext; a list of choices, or least, most and step."""

    name: str
    label: str
    default: Any
    key: str
    choices: tuple[str, ...] = ()
    span: tuple[float, float, float] | None = None
    folded: bool = True


# The order is part of the API (alwayson_scripts): new ones go to the end.
OPTIONS = (
    Option("style", "Style", "sdxl", "Danbooru Index style", host.STYLES, folded=False),
    Option("nsfw", "NSFW tags", "exclude", "Danbooru Index NSFW", host.NSFW, folded=False),
    Option("budget", "Tags a concept", 2.0, "Danbooru Index budget", span=(1, 10, 0.5), folded=False),
    Option("category", "Category", AUTO, "Danbooru Index category", CATEGORIES),
    Option("min_count", "Only tags with at least so many posts", 0, "Danbooru Index posts"),
    Option("enrich", "Add so many tags that go with the picture", 0, "Danbooru Index enrich", span=(0, 20, 1)),
    Option("keep_text", "Keep words for which there is no tag", False, "Danbooru Index keep text"),
    Option("weights", "Weigh tags by how well they fit", False, "Danbooru Index weights"),
    Option("quality", "Add quality tags of the style", False, "Danbooru Index quality"),
)
ALWAYS = ("style", "nsfw", "budget")  # in every infotext; the others where they are not as they come


def component(option: Option, tab: str) -> Any:
    """The gradio component of an option."""
    import gradio as gr

    known = f"danbooru_index_{option.name}"
    value = host.option(known) if known in host.OPTIONS else option.default
    shown = {"value": value, "label": option.label, "elem_id": f"{tab}_{known}"}
    if option.choices:
        made = gr.Dropdown(list(option.choices), **shown)
    elif option.span is not None:
        least, most, step = option.span
        made = gr.Slider(least, most, step=step, **shown)
    else:
        made = (gr.Checkbox if isinstance(option.default, bool) else gr.Number)(**shown)
    made.do_not_save_to_config = True
    return made


def settings_of(values: Sequence[Any]) -> dict[str, Any]:
    """What each option says; the default for those that a caller of the API leaves out."""
    given = [*values, *(option.default for option in OPTIONS[len(values) :])]
    return {option.name: _typed(option, value) for option, value in zip(OPTIONS, given, strict=False)}


def _typed(option: Option, value: Any) -> Any:
    """A value as the service wants it: gradio gives whole numbers as fractions, and None for an empty field."""
    return option.default if value is None else type(option.default)(value)


def request_of(settings: dict[str, Any]) -> dict[str, Any]:
    """The fields of the service's `expand` that the options ask for."""
    asked = {name: value for name, value in settings.items() if name != "category"}
    category = settings["category"]
    return {**asked, "categories": [] if category == AUTO else [category]}


def notes_of(settings: dict[str, Any]) -> dict[str, Any]:
    """What of them stands in the infotext."""
    return {
        option.key: settings[option.name]
        for option in OPTIONS
        if option.name in ALWAYS or settings[option.name] != option.default
    }


def pasted(option: Option, text_key: str) -> str | Callable[[dict[str, Any]], Any]:
    """How the option comes back from an infotext; one that does not stand there was as it comes."""
    if option.name in ALWAYS:
        return option.key
    return lambda params: params.get(option.key, option.default) if text_key in params else None
