"""weights.json: the weights, and what they were fitted on."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from danbooru_index.ranking import FEATURES, Ranker
from danbooru_index.ranking.model import WEIGHTS_FILE


def commit() -> str:
    """The commit of this repository; with "+" where files have changed since."""
    root = Path(__file__).resolve().parents[1]

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True
        ).stdout.strip()

    return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain", "--untracked-files=no") else "")


def write_weights(
    ranker: Ranker, columns: tuple[int, ...], provenance: dict[str, Any], path: Path = WEIGHTS_FILE
) -> None:
    """Write the weights of the features that the ranker sees, rounded to four digits."""
    seen = list(columns)
    arrays = {
        "linear": ranker.linear[seen],
        "hidden": ranker.hidden[:, seen],
        "hidden_bias": ranker.hidden_bias,
        "output": ranker.output,
    }
    rounded = {name: np.round(array.astype(float), 4).tolist() for name, array in arrays.items()}
    value = {
        "features": [FEATURES[i] for i in seen],
        **rounded,
        "bias": round(ranker.bias, 4),
        "provenance": provenance,
    }
    lines = [f" {json.dumps(key)}: {json.dumps(part)}" for key, part in value.items() if key != "hidden"]
    hidden = ",\n  ".join(json.dumps(row) for row in rounded["hidden"])
    lines.insert(2, f' "hidden": [\n  {hidden}\n ]')
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
