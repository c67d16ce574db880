"""The script mode: expands the prompt when a picture is generated, and says in the picture's infotext what it did.

The infotext keeps the text as it was written, so that pasting it back and generating again does the same again.
"""

from __future__ import annotations

from typing import Any

from .backend import backend
from .client import ServiceError

TEXT_KEY = "Danbooru Index text"
ADDED_KEY = "Danbooru Index added"
STYLE_KEY = "Danbooru Index style"
NSFW_KEY = "Danbooru Index NSFW"
BUDGET_KEY = "Danbooru Index budget"
NEGATIVE_KEY = "Danbooru Index negative"


def expand_job(p: Any, style: str, nsfw: str, budget: float) -> None:
    """Expand the prompts of a job before it begins; a job whose prompt cannot be expanded runs as it is, and says so."""
    prompts = p.prompt if isinstance(p.prompt, list) else [p.prompt]
    try:
        done = {text: _expanded(text, style, nsfw, budget) for text in dict.fromkeys(prompts) if text.strip()}
    except ServiceError as error:
        message = f"danbooru-index: the prompt was not expanded. {error} {error.hint}"
        print(message)
        if hasattr(p, "comment"):
            p.comment(message)
        return
    if not done:
        return
    new = [done[text]["prompt"] if text in done else text for text in prompts]
    p.prompt = new if isinstance(p.prompt, list) else new[0]
    negatives = list(dict.fromkeys(said["negative"] for said in done.values() if said["negative"]))
    before = p.negative_prompt
    if negatives and isinstance(before, str):
        p.negative_prompt = ", ".join([*([before] if before.strip() else []), *negatives])
    first = prompts[0]
    if first in done:
        notes = {
            TEXT_KEY: first,
            ADDED_KEY: ", ".join(_added(first, done[first]["tags"])),
            STYLE_KEY: style,
            NSFW_KEY: nsfw,
            BUDGET_KEY: budget,
            # Where the negative prompt was written by hand, it is what comes back.
            NEGATIVE_KEY: before if negatives and isinstance(before, str) else None,
        }
        p.extra_generation_params.update({key: value for key, value in notes.items() if value is not None})


def _expanded(text: str, style: str, nsfw: str, budget: float) -> dict[str, Any]:
    return backend().ask("expand", {"text": text, "style": style, "nsfw": nsfw, "budget": float(budget)})


def _added(text: str, tags: list[str]) -> list[str]:
    written = text.lower().replace(" ", "_")
    return [tag for tag in tags if tag.lower() not in written]


def restore(_: str, params: dict[str, Any]) -> None:
    """The callback on_infotext_pasted: the text as it was written comes back instead of what it became."""
    if TEXT_KEY in params:
        params["Prompt"] = params[TEXT_KEY]
        if NEGATIVE_KEY in params:
            params["Negative prompt"] = params[NEGATIVE_KEY]
