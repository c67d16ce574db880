"""`--progress json`: long work reported to the program that started it, one JSON object per line on standard output.

{"step": {"name", "done", "total", "unit", "rate", "remaining", "memory", "note"}}    now and then; as `progress.Step` has it
{"done": {...}}                                                                       at the end, what `--json` prints and `text`
{"failed": {"kind", "error", "hint"}}                                                 or that: the error's class and both its texts

What libraries print goes to standard error.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ..errors import BuildCancelledError, DanbooruIndexError, MissingDependencyError
from ..progress import Progress, Step

_SECONDS = 0.1  # between two steps of one stage

Work = Callable[[Progress, Callable[[], bool]], dict[str, Any]]


class Lines:
    """Writes the lines; once `stopped` is set, the next step ends the work as Ctrl-C does."""

    def __init__(self, stopped: threading.Event) -> None:
        self._out = sys.stdout
        self._stopped = stopped
        self._stage = ""
        self._said = 0.0

    def __call__(self, step: Step) -> None:
        """Report a step, unless one of the same stage was reported just before."""
        if self._stopped.is_set():
            raise KeyboardInterrupt
        now = time.monotonic()
        if step.note or step.name != self._stage or now - self._said > _SECONDS:
            self._stage, self._said = step.name, now
            self.tell("step", asdict(step))

    def tell(self, kind: str, values: dict[str, Any]) -> None:
        """Write one line."""
        self._out.write(json.dumps({kind: values}) + "\n")
        self._out.flush()


def report_in_lines(work: Work, stopped: threading.Event) -> int:
    """Do the work, report it in lines, and return the exit code."""
    lines = Lines(stopped)
    with contextlib.redirect_stdout(sys.stderr):
        try:
            lines.tell("done", work(lines, stopped.is_set))
            return 0
        except KeyboardInterrupt:
            error: DanbooruIndexError = BuildCancelledError("It was stopped.", hint="Run the same command again.")
        except ModuleNotFoundError as missing:
            message = f"The package {missing.name} is not installed."
            error = MissingDependencyError(message, hint=f"Install it: pip install {missing.name}")
        except DanbooruIndexError as found:
            error = found
    lines.tell("failed", {"kind": type(error).__name__, "error": str(error), "hint": error.hint})
    return 130 if isinstance(error, BuildCancelledError) else 1
