"""Where an unfinished build stands. It lies in the version that is being built, in a folder that goes when the build ends."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import BuildError
from ..index.versions import CHECKPOINT_FILE, UNFINISHED
from ..storage.files import write_json_atomically
from ..storage.foreign import JSON_FILE, at


@dataclass(slots=True)
class Checkpoint:
    """`rows` tags with `texts` texts are encoded and on the disk; `stages` names the later stages that are done.

    `key` says what is being built: only a build of the same corpus, encoder and options may resume it. `batch_size` is kept,
    since the size of a batch may change the last bit of a vector. `total` is the number of texts that there will be, `tags` of tags,
    `reused` how many came from an older index, `late` the tags with token vectors. `bad` and `problems` are the corpus's bad lines.
    """

    key: dict[str, Any]
    batch_size: int = 0
    total: int = 0
    tags: int = 0
    rows: int = 0
    texts: int = 0
    reused: int = 0
    late: int = 0
    bad: int = 0
    problems: list[list[Any]] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)

    def save(self, version: Path) -> None:
        """Write the checkpoint atomically."""
        write_json_atomically(version / UNFINISHED / CHECKPOINT_FILE, asdict(self))

    @classmethod
    def load(cls, version: Path) -> Checkpoint:
        """Read a version's checkpoint.

        :raises BuildError: it cannot be read.
        """
        what = f"The checkpoint of the unfinished build {version} cannot be read"
        hint = "Start again: --restart, in the node unfinished = restart."
        with at(JSON_FILE, lambda why: BuildError(f"{what}: {why}.", hint=hint)):
            return cls(**json.loads((version / UNFINISHED / CHECKPOINT_FILE).read_text(encoding="utf-8")))
