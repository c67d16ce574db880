"""Long work for the page: one job at a time, in a thread of its own beside ComfyUI's prompts, on the CPU alone.

What computes for long, a rebuild, is done in a process that the thread waits for (child.py).
A job tells how far it is by events on ComfyUI's websocket and whenever its state is asked for; it can be cancelled.
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from ..danbooru_index.errors import BuildCancelledError, DanbooruIndexError, InputError, UnfinishedBuildError
from ..danbooru_index.progress import Progress, Step
from . import host
from .words import hint_of

EVENT = "danbooru-index.job"
_SECONDS = 0.2  # between two events
RUNNING, DONE, FAILED, CANCELLED = "running", "done", "failed", "cancelled"


@dataclass(frozen=True, slots=True)
class Said:
    """The words that a job ends with: `text` in English, and `key` and `values` for the language of the page."""

    key: str
    text: str
    values: dict[str, str | int]

    @classmethod
    def of(cls, key: str, text: str, **values: str | int) -> Said:
        """`text` is formatted with the values."""
        return cls(key, text.format(**values), values)


Work = Callable[[Progress], "str | Said"]


class JobCancelled(Exception):
    """Raised out of a job's progress when the user cancelled it."""


@dataclass(slots=True)
class Job:
    """One piece of work and where it stands; `note`, `report`, `error` and `hint` are sentences for people.

    `code` is the word that a route's answer with this error would carry. `blocked` says of a job that failed that an unfinished
    build of something else is in its way: started afresh, it would not be.
    """

    kind: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: str = RUNNING
    stage: str = ""
    done: int = 0
    total: int = 0
    unit: str = ""
    remaining: float = 0.0
    note: str = ""
    report: str = ""
    said: dict[str, Any] | None = None  # the key and values of a report that the page can say in its own language
    error: str = ""
    hint: str = ""
    code: str = ""
    blocked: bool = False
    started: float = field(default_factory=time.time)

    def as_json(self) -> dict[str, Any]:
        """The documented JSON form."""
        return asdict(self)


class JobRunner:
    """The job that runs, or the last one."""

    def __init__(self, tell: Callable[[str, dict[str, Any]], None]) -> None:
        """`tell` sends an event with its data to the pages; it may be called from any thread."""
        self._tell = tell
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._said = 0.0
        self.job: Job | None = None

    def start(self, kind: str, work: Work) -> Job:
        """Begin a job. Where one of the same kind runs it is that one.

        :raises InputError: one of another kind runs, or one that was cancelled has not stopped yet.
        """
        with self._lock:
            if self.job is not None and self.job.state == RUNNING:
                if self._stop.is_set():
                    raise InputError("The job before is still stopping.", hint="Order it again in a few seconds.")
                if self.job.kind == kind:
                    return self.job
                raise InputError("Another job is running.", hint="Wait for its end, or cancel it.")
            job, stop = self._new(kind)
        thread = threading.Thread(target=self._run, args=(job, work, stop), name=f"danbooru-index {kind}", daemon=True)
        self._send(job)
        thread.start()
        return job

    def run_here(self, kind: str, work: Callable[[Progress], str], progress: Progress) -> str:
        """Work of the prompt that runs, in its own thread, told of as a job too unless one is running; Cancel interrupts the prompt.

        What `work` raises passes through.
        """
        with self._lock:
            busy = self.job is not None and self.job.state == RUNNING
            job, stop = (None, None) if busy else self._new(kind)
        if job is None or stop is None:
            return work(progress)

        def both(step: Step) -> None:
            if stop.is_set():
                host.interrupt()
            self._note(job, step)
            progress(step)

        self._send(job)
        with self._told(job):
            job.report = work(both)
        return job.report

    def cancel(self) -> Job | None:
        """Ask the running job to stop; it does so within a second or at its next step, a process of its own within several."""
        self._stop.set()
        return self.job

    def _new(self, kind: str) -> tuple[Job, threading.Event]:
        job, stop = Job(kind), threading.Event()
        self.job, self._stop = job, stop
        return job, stop

    def _run(self, job: Job, work: Work, stop: threading.Event) -> None:
        def progress(step: Step) -> None:
            if stop.is_set():
                raise JobCancelled
            self._note(job, step)

        with contextlib.suppress(Exception), self._told(job):  # the job says how it ended
            said = work(progress)
            if isinstance(said, Said):
                job.report, job.said = said.text, {"key": said.key, "values": said.values}
            else:
                job.report = said

    def _note(self, job: Job, step: Step) -> None:
        job.stage, job.done, job.total, job.unit = step.name, step.done, step.total, step.unit
        job.remaining, job.note = step.remaining, step.note or job.note
        if time.monotonic() - self._said > _SECONDS:
            self._send(job)

    @contextlib.contextmanager
    def _told(self, job: Job) -> Iterator[None]:
        """The end of a job, whatever ends it, in its state and its words."""
        try:
            yield
            job.state = DONE
        except (JobCancelled, BuildCancelledError):
            job.state = CANCELLED
            raise
        except DanbooruIndexError as error:
            from ..danbooru_index.service.failures import code_of

            job.code, job.blocked = code_of(error), isinstance(error, UnfinishedBuildError)
            job.error, job.hint, job.state = str(error), hint_of(error), FAILED
            host.logger.error("%s: %s", job.kind, error)
            raise
        except BaseException as error:
            if host.is_interrupt(error):
                job.state = CANCELLED
            else:
                job.error, job.hint, job.code = "It failed.", "The log of ComfyUI says more.", "internal"
                job.state = FAILED
                host.logger.exception("%s: %s", job.kind, error)
            raise
        finally:
            self._send(job)

    def _send(self, job: Job) -> None:
        self._said = time.monotonic()
        self._tell(EVENT, job.as_json())
