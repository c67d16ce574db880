"""A build in a process of its own, for tests that kill it: `python builder.py CORPUS FOLDER`, one line a step.

Checkpoints and flushes come after very little work, so that a small corpus goes through many of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from danbooru_index.channels import chroma
from danbooru_index.encoders import open_encoder
from danbooru_index.errors import DanbooruIndexError
from danbooru_index.indexing import BuildOptions, Step, build_index
from danbooru_index.indexing import build as pipeline

OPTIONS = BuildOptions(batch_size=32, reuse=False)


def report(step: Step) -> None:
    """One line a step."""
    print(step.note or f"{step.name} {step.done} of {step.total}", flush=True)


def main() -> int:
    """Build, and say what went wrong."""
    pipeline.CHECKPOINT_SECONDS = 0.0
    chroma.BATCH = 20
    try:
        build_index(Path(sys.argv[1]), Path(sys.argv[2]), open_encoder("use-multilingual"), OPTIONS, report)
    except DanbooruIndexError as error:
        print(f"error: {error.full_text()}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
