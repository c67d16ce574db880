"""How long-running work reports what it is doing, to a terminal's bar or to ComfyUI's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One report: `done` of `total` units of the stage `name`; `total` 0 means unknown.

    `rate` is units a second and `remaining` seconds, 0 while unknown; `memory` is this process's, in bytes. `note`,
    where there is one, is a sentence for the user, such as where the build resumes.
    """

    name: str
    done: int
    total: int
    unit: str = "texts"
    rate: float = 0.0
    remaining: float = 0.0
    memory: int = 0
    note: str = ""


Progress = Callable[[Step], None]


def silent(_: Step) -> None:
    """Report nothing."""
