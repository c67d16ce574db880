"""How a build tells what it is doing, to a terminal's bar as to ComfyUI's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One report: `done` of `total` units of the stage `name`; `total` 0 means unknown."""

    name: str
    done: int
    total: int
    unit: str = "texts"


Progress = Callable[[Step], None]


def silent(_: Step) -> None:
    """Report nothing."""
