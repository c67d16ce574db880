"""What this pack knows of ComfyUI: folders, progress, interruption and how an error reaches the user."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import comfy.model_management
import comfy.utils
import folder_paths

from ..danbooru_index.errors import DanbooruIndexError
from ..danbooru_index.progress import Step
from ..danbooru_index.settings import Settings, load_settings
from .words import hint_of, install_command

logger = logging.getLogger("danbooru-index")

MODELS_FOLDER = "danbooru_index"
CATEGORY = "danbooru index"
TEXT_SECONDS = 0.25  # between two texts on the node


class NodeError(RuntimeError):
    """An engine error as ComfyUI shows it: one string with what happened and what to do now."""

    # ComfyUI writes the module's name before the text; the folder of the pack says nothing to anybody.
    __module__ = "danbooru_index"


def settings() -> Settings:
    """The engine's settings with ComfyUI's models folder as home (extra_model_paths.yaml may move it).

    BGE-M3 is also looked for where ComfyUI keeps text encoders.
    """
    folder_paths.add_model_folder_path(MODELS_FOLDER, str(Path(folder_paths.models_dir) / MODELS_FOLDER))
    found = load_settings(home=Path(folder_paths.get_folder_paths(MODELS_FOLDER)[0]))
    models = [Path(folder) for folder in folder_paths.get_folder_paths("text_encoders")]
    return replace(found, model_folders=(*found.model_folders, *models))


def device() -> str:
    """Where ComfyUI computes: `cuda:0`, `mps`, `cpu` ..."""
    return str(comfy.model_management.get_torch_device())


def free_video_memory() -> None:
    """Move ComfyUI's models out of video memory, for a process of ours; each loads again when a prompt needs it."""
    comfy.model_management.unload_all_models()
    comfy.model_management.soft_empty_cache()


def check_interrupted() -> None:
    """Raise ComfyUI's own exception if the user pressed stop."""
    comfy.model_management.throw_exception_if_processing_interrupted()


def interrupt() -> None:
    """Stop the prompt that runs, as ComfyUI's own button does."""
    comfy.model_management.interrupt_current_processing()
    check_interrupted()


def is_interrupt(error: BaseException) -> bool:
    """Whether this is ComfyUI's word that the user stopped the prompt."""
    return isinstance(error, comfy.model_management.InterruptProcessingException)


class NodeProgress:
    """A build's or download's progress on the node's own bar, in words too; stops the run when the user interrupts it."""

    def __init__(self) -> None:
        self._bar = comfy.utils.ProgressBar(1)
        self._stage = ""
        self._note = ""
        self._said = 0.0

    def __call__(self, step: Step) -> None:
        """Show a step; raises ComfyUI's interruption once the user has asked for it."""
        check_interrupted()
        if step.name != self._stage:
            self._stage, self._said = step.name, 0.0
            if step.total:
                logger.info("%s: %s %s", step.name, f"{step.total:,}", step.unit)
        if step.note:
            self._note = step.note
            logger.info("%s", step.note)
        self._bar.update_absolute(step.done, max(1, step.total))
        if step.note or time.monotonic() - self._said > TEXT_SECONDS:
            self._said = time.monotonic()
            # A note, such as how much there is to do, stays before the steps that follow it.
            show_on_node(" ".join(words for words in (self._note, step_text(step)) if words))


def step_text(step: Step) -> str:
    """A step in a few words.

    >>> step_text(Step("texts", 1200, 30617, rate=800.0, remaining=36.4))
    'texts: 1,200 of 30,617 texts, about 37 s left'
    """
    if not step.total:
        return f"{step.name} ..."
    left = f", about {step.remaining + 1:.0f} s left" if step.remaining else ""
    return f"{step.name}: {step.done:,} of {step.total:,} {step.unit}{left}"


def show_on_node(text: str) -> None:
    """A line of text on the node that runs, where this ComfyUI can show one."""
    with contextlib.suppress(Exception):  # the picture of progress, never a reason to fail
        from comfy_execution.utils import get_executing_context
        from server import PromptServer

        context = get_executing_context()
        if context is not None and PromptServer.instance is not None:
            PromptServer.instance.send_progress_text(text, context.node_id)


@contextlib.contextmanager
def shown_errors() -> Iterator[None]:
    """Engine errors turn the node red with both their texts; they never reach a prompt output."""
    try:
        yield
    except DanbooruIndexError as error:
        raise NodeError(f"{error}\n{hint_of(error)}") from error
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("comfy", "folder_paths", "server"):
            raise
        message = f"The package {error.name} is not installed.\nInstall what the pack needs, then restart ComfyUI:"
        raise NodeError(f"{message}\n{install_command()}") from error
