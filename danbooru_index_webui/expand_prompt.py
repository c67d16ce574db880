"""The script mode: expands the prompt when a picture is generated, and says in the picture's infotext what it did.

The infotext keeps the text as it was written, so that pasting it back and generating again does the same again.
"""

from __future__ import annotations

from typing import Any

from .backend import backend
from .box import notes_of, request_of
from .client import ServiceError

TEXT_KEY = "Danbooru Index text"
ADDED_KEY = "Danbooru Index added"
NEGATIVE_KEY = "Danbooru Index negative"


def expand_job(p: Any, settings: dict[str, Any]) -> None:
    """Expand the prompts of a job before it begins; a job whose prompt cannot be expanded runs as it is, and says so.

    :param settings: the options of the box, as `settings_of` gives them.
    """
    prompts = p.prompt if isinstance(p.prompt, list) else [p.prompt]
    try:
        done = {text: _expanded(text, settings) for text in dict.fromkeys(prompts) if text.strip()}
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
            **notes_of(settings),
            # Where the negative prompt was written by hand, it is what comes back.
            NEGATIVE_KEY: before if negatives and isinstance(before, str) else None,
        }
        p.extra_generation_params.update({key: value for key, value in notes.items() if value is not None})


def _expanded(text: str, settings: dict[str, Any]) -> dict[str, Any]:
    return backend().ask("expand", {"text": text, **request_of(settings)})


def _added(text: str, tags: list[str]) -> list[str]:
    written = text.lower().replace(" ", "_")
    return [tag for tag in tags if tag.lower() not in written]


def restore(_: str, params: dict[str, Any]) -> None:
    """The callback on_infotext_pasted: the text as it was written comes back instead of what it became."""
    if TEXT_KEY in params:
        params["Prompt"] = params[TEXT_KEY]
        if NEGATIVE_KEY in params:
            params["Negative prompt"] = params[NEGATIVE_KEY]
