"""What ComfyUI's page asks beyond the engine's routes and the state of the index: a plan, builds, and what is allowed.

Plain functions from a JSON object to a JSON object; server.py binds them. A corpus is a name inside ComfyUI's input folder,
never a path.
"""

from __future__ import annotations

import importlib.util
from dataclasses import fields
from typing import Any

from ..danbooru_index.errors import InputError
from ..danbooru_index.progress import Progress
from . import host
from .building import Order, rebuild
from .corpora import corpus_path
from .encoders import AUTO, CPU, ENCODERS, USE_MULTILINGUAL
from .estimate import estimate
from .jobs import JobRunner
from .service import preparing
from .words import install_command, transformers_change

_MOST_TEXTS = 1000

Body = dict[str, Any]


def _order(body: Body) -> Order:
    known = {field.name: field.type for field in fields(Order)}
    unknown = [name for name in body if name not in known]
    if unknown:
        raise InputError(f"There is no field {unknown[0][:60]!r}.", hint=f"The fields are: {', '.join(known)}.")
    for name, value in body.items():
        kind = {"int": int, "bool": bool}.get(str(known[name]), str)
        if type(value) is not kind:
            raise InputError(f"The field {name} has the wrong type.", hint=f"Send {kind.__name__}.")
    order = Order(**{**body, "corpus": corpus_path(body.get("corpus", ""))})
    if order.encoder not in ENCODERS:
        raise InputError(f"There is no encoder {order.encoder[:60]!r}.", hint=f"Use one of: {', '.join(ENCODERS)}.")
    return order


def plan(body: Body) -> Body:
    """What a rebuild would take: rows, about how many seconds, where it would run, and what is missing for it."""
    order = _order(body)
    settings = host.settings()
    model = settings.model if order.encoder == AUTO else order.encoder
    embedded, gpu = model == USE_MULTILINGUAL, host.device() != CPU
    rows, seconds = estimate(order.corpus, model)
    return {
        "rows": rows,
        "seconds": seconds,
        "encoder": model,
        # Never on the GPU from another thread beside sampling.
        "where": "queue" if settings.queue_builds or (gpu and not embedded and order.device != CPU) else "job",
        "missing": [] if embedded else _missing(),
        "download_bytes": 0 if embedded else _missing_bytes(),
    }


def _missing() -> list[Body]:
    """Packages that BGE-M3 needs and that are not there, with the command for this very Python and what it changes."""
    if importlib.util.find_spec("FlagEmbedding") is not None:
        return []
    command = install_command('"FlagEmbedding>=1.4.2,<2"', '"transformers>=4.44.2,<5.24"')
    return [{"package": "FlagEmbedding", "command": command, "changes": transformers_change().strip()}]


def _missing_bytes() -> int:
    from ..danbooru_index.encoders.model_files import UPSTREAM, find_folder

    return 0 if find_folder(host.settings()) is not None else sum(size for size, _ in UPSTREAM.values())


def start_prepare(jobs: JobRunner) -> Body:
    """Make the index ready that a search would use: the starter index is built where there is none."""

    def work(progress: Progress) -> str:
        preparing(progress)
        return ""

    return jobs.start("prepare", work).as_json()


def start_rebuild(jobs: JobRunner, body: Body) -> Body:
    """Build in the background, on the CPU; what needs the GPU is queued as a prompt by the page."""
    order = _order(body)
    if plan(body)["where"] != "job":
        raise InputError(
            "This build is one for the queue.",
            hint="Queue Danbooru Index: Rebuild as a prompt; or choose device cpu, with queue_builds off in the settings.",
        )
    return jobs.start("rebuild", lambda progress: rebuild(order, progress)).as_json()


def traditional(body: Body) -> Body:
    """Texts in simplified Chinese as they are written in Taiwan: names and definitions of tags are simplified in most corpora."""
    from ..danbooru_index.text.fold import traditional as written

    texts = body.get("texts")
    if not isinstance(texts, list) or len(texts) > _MOST_TEXTS or not all(isinstance(text, str) for text in texts):
        raise InputError("The field texts is a list of strings.", hint=f"Send at most {_MOST_TEXTS}.")
    return {"texts": [written(text) for text in texts]}


def bring_back() -> Body:
    """Use the built index again after `starter`."""
    from ..danbooru_index.index.versions import bring_back as restore
    from ..danbooru_index.locate import main_folder

    if not restore(main_folder(host.settings())):
        raise InputError("There is no index that rests.", hint="Build one.")
    return {}


def allow(body: Body) -> Body:
    """Write a source that a workflow named into the user's settings, since the user said so."""
    from ..danbooru_index.sources import allow_source

    kind, value = body.get("kind"), body.get("value")
    if not isinstance(kind, str) or not isinstance(value, str):
        raise InputError("The fields kind and value are strings.", hint="Send both.")
    allow_source(host.settings(), kind, value)
    return {"kind": kind, "value": value}


def cancel(jobs: JobRunner) -> Body:
    """Stop the running job."""
    job = jobs.cancel()
    return {"job": job.as_json() if job is not None else None}
