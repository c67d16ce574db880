"""One rebuild: a corpus as people have it -> the main index. The node runs it, and so does the job of the page."""

from __future__ import annotations

import contextlib
import zlib
from dataclasses import dataclass
from pathlib import Path

from ..danbooru_index.errors import InputError
from ..danbooru_index.progress import Progress, Step
from ..danbooru_index.rebuild import OWN, STARTER
from ..danbooru_index.storage.paths import is_network_path
from . import host
from .child import build_in_child
from .encoders import AUTO, CPU, USE_MULTILINGUAL
from .estimate import estimate

RESUME, RESTART = "resume", "restart"


@dataclass(frozen=True, slots=True)
class Order:
    """What to build.

    `corpus` is a path of a .jsonl, or of a table that is prepared first; empty means the current index's own corpus,
    else the starter index, and `starter` goes back to that.
    """

    corpus: str = ""
    encoder: str = AUTO
    device: str = AUTO
    batch_size: int = 0
    unfinished: str = RESUME
    tolerant: bool = True


def rebuild(order: Order, progress: Progress) -> str:
    """Build in a process of its own, and say in a few lines what was built. The next search uses it.

    On a GPU the process has the video memory to itself: ComfyUI's models leave it, and load again when a prompt needs them.
    So a build on a GPU belongs in ComfyUI's queue, where nothing samples beside it.

    :raises DanbooruIndexError: as the engine's `rebuild` does.
    """
    settings = host.settings()
    corpus = order.corpus.strip().strip('"') or OWN
    if is_network_path(corpus):
        raise InputError("The corpus lies on another computer.", hint="Copy it to this one.")
    model = settings.model if order.encoder == AUTO else order.encoder
    with contextlib.suppress(OSError, EOFError, zlib.error):  # of what cannot be read the build says why
        rows, seconds = estimate("" if corpus == OWN else corpus, model)
        progress(Step("start", 0, 0, note=f"{rows:,} tags, about {_duration(seconds)}."))
    device = CPU if corpus == STARTER else _device(model, order.device)
    if device != CPU:
        host.free_video_memory()
    return build_in_child(_arguments(order, corpus, model, device), settings, progress)


def _duration(seconds: int) -> str:
    return (
        f"{seconds} s" if seconds < 90 else f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
    )


def _device(model: str, asked: str) -> str:
    """Where texts are encoded: where ComfyUI computes, unless something else is asked for or the encoder knows the CPU alone."""
    if model == USE_MULTILINGUAL:
        return CPU
    return host.device() if asked == AUTO else asked


def _arguments(order: Order, corpus: str, model: str, device: str) -> list[str]:
    """The command line of this build. A server of Chroma that the settings name is for searches."""
    flags = [*(["--tolerant"] if order.tolerant else []), *(["--restart"] if order.unfinished == RESTART else [])]
    values = {"input": corpus, "model": model, "device": device, "batch-size": order.batch_size, "chroma": ""}
    return ["build", *(f"--{name}={value}" for name, value in values.items()), *flags]


def corpus_fingerprint(corpus: str) -> str:
    """Changes when the corpus or the pairs beside it do: an edited file is built again without a changed input."""
    from ..danbooru_index.indexing.own_pairs import pairs_beside
    from ..danbooru_index.locate import STARTER_CORPUS

    named = corpus.strip().strip('"')
    if is_network_path(named):
        return named
    path = Path(named) if named and named != STARTER else STARTER_CORPUS
    parts = [path, pairs_beside(path)] if path.suffix in (".jsonl", ".gz") else [path]
    return " ".join(_stat(part) for part in parts if part is not None)


def _stat(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return f"{path} is not there"
    return f"{path} {found.st_size} {found.st_mtime_ns}"
