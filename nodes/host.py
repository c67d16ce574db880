"""What this pack knows of ComfyUI: folders, progress, interruption and how an error reaches the user."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import comfy.model_management
import comfy.utils
import folder_paths

from ..danbooru_index.errors import DanbooruIndexError
from ..danbooru_index.progress import Step
from ..danbooru_index.settings import Settings, load_settings

logger = logging.getLogger("danbooru-index")

MODELS_FOLDER = "danbooru_index"
CATEGORY = "danbooru index"


class NodeError(RuntimeError):
    """An engine error as ComfyUI shows it: one string with what happened and what to do now."""


def settings() -> Settings:
    """The engine's settings with ComfyUI's models folder as home (extra_model_paths.yaml may move it).

    BGE-M3 is also looked for where ComfyUI keeps text encoders.
    """
    folder_paths.add_model_folder_path(MODELS_FOLDER, str(Path(folder_paths.models_dir) / MODELS_FOLDER))
    found = load_settings(home=Path(folder_paths.get_folder_paths(MODELS_FOLDER)[0]))
    models = [Path(folder) for folder in folder_paths.get_folder_paths("text_encoders")]
    return replace(found, model_folders=(*found.model_folders, *models))


def check_interrupted() -> None:
    """Raise ComfyUI's own exception if the user pressed stop."""
    comfy.model_management.throw_exception_if_processing_interrupted()


class NodeProgress:
    """A build's or download's progress on the node's own bar; stops the run when the user interrupts it."""

    def __init__(self) -> None:
        self._bar = comfy.utils.ProgressBar(1)
        self._stage = ""

    def __call__(self, step: Step) -> None:
        check_interrupted()
        if step.name != self._stage:
            self._stage = step.name
            logger.info("%s: %s %s", step.name, f"{step.total:,}", step.unit)
        if step.note:
            logger.info("%s", step.note)
        self._bar.update_absolute(step.done, max(1, step.total))


@contextlib.contextmanager
def shown_errors() -> Iterator[None]:
    """Engine errors turn the node red with both their texts; they never reach a prompt output."""
    try:
        yield
    except DanbooruIndexError as error:
        raise NodeError(error.full_text()) from error
