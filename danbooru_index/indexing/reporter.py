"""A build's progress: rates, remaining time and notes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ..progress import Progress, Step
from .memory import process_memory


@dataclass(slots=True)
class Reporter:
    """Turns the counts of a build into steps, and keeps its notes."""

    progress: Progress
    notes: list[str] = field(default_factory=list)
    _name: str = ""
    _total: int = 0
    _unit: str = ""
    _first: int = 0
    _begun: float = 0.0

    def note(self, text: str) -> None:
        """Tell the user one sentence."""
        self.notes.append(text)
        self.progress(Step(self._name or "start", 0, 0, self._unit, note=text))

    def stage(self, name: str, total: int, unit: str = "texts", start: int = 0) -> None:
        """A stage of `total` units begins, `start` of them done before."""
        self._name, self._total, self._unit, self._first, self._begun = name, total, unit, start, time.monotonic()
        self.update(start)

    def update(self, done: int) -> None:
        """So many units of the stage are done."""
        seconds = time.monotonic() - self._begun
        rate = (done - self._first) / seconds if seconds > 0 else 0.0
        remaining = max(0, self._total - done) / rate if rate > 0 else 0.0
        self.progress(Step(self._name, done, self._total, self._unit, rate, remaining, process_memory()))
