"""The program that started this one, by its end of the pipe to standard input: it closes however that program ends."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable


def when_stdin_closes(stop: Callable[[], None]) -> None:
    """Call `stop` once, in a thread of its own, when standard input has come to its end."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            # Not sys.stdin: a thread that waits in it holds its lock, and Python cannot end while one does.
            while os.read(0, 4096):
                pass
        stop()

    threading.Thread(target=watch, name="stdin", daemon=True).start()
