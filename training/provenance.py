"""The learned numbers that ship: where each file lies, what it was fitted on, and the record of what was written.

Every file says the same of itself in "provenance": the commit that fitted it, the hashes of the corpora and of the lexicon that enriched
them, of the query files and of the learned numbers that it stands on, and its cross-fitted figures. written.json holds the hash of each
file as its trainer wrote it, so that a test sees a number that was changed by hand.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from danbooru_index.concepts import several, wanted
from danbooru_index.index import Index
from danbooru_index.index.manifest import LEXICON_OPTION
from danbooru_index.ranking import FEATURES, Ranker, model
from danbooru_index.storage.files import sha256_of

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "danbooru_index"
RECORD = Path(__file__).with_name("written.json")
# In the order in which they are fitted: each is fitted on what the ones before it give.
CHAIN = (model.WEIGHTS_FILE, wanted.WEIGHTS_FILE, several.WEIGHTS_FILE)
KEYS = ("commit", "corpora", "queries", "learned", "cross_fitted")


def commit() -> str:
    """The commit of this repository; with "+" where files of the program have changed since, not only learned numbers."""

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True
        ).stdout.strip()

    learned = (f":(exclude){path.relative_to(ROOT).as_posix()}" for path in (*CHAIN, RECORD))
    return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain", "-uno", "--", ".", *learned) else "")


def name_of(path: Path) -> str:
    """A learned file as provenance names it: its place in the package."""
    return path.relative_to(PACKAGE).as_posix()


def numbers_sha256(path: Path) -> str:
    """SHA-256 of the numbers of a learned file: of all that it holds but its provenance."""
    value = json.loads(path.read_text(encoding="utf-8"))
    value.pop("provenance", None)
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def corpus_of(index: Index) -> dict[str, str | None]:
    """The hashes that say what an index was built from; None for no lexicon."""
    return {"corpus": index.manifest.corpus_sha256, "lexicon": index.manifest.options.get(LEXICON_OPTION) or None}


def provenance(
    path: Path,
    corpora: Mapping[str, Mapping[str, str | None]],
    queries: Iterable[Path],
    cross_fitted: Mapping[str, Any],
    **more: Any,
) -> dict[str, Any]:
    """What the file at `path`, one of CHAIN, is to say of itself, with `more` of its own."""
    return {
        "commit": commit(),
        "corpora": corpora,
        "queries": {of.name: sha256_of(of) for of in sorted(queries)},
        "learned": {name_of(of): numbers_sha256(of) for of in CHAIN[: CHAIN.index(path)]},
        **more,
        "cross_fitted": cross_fitted,
    }


def write_learned(path: Path, text: str, record: Path = RECORD) -> None:
    """Write a learned file, and its hash into the record."""
    path.write_text(text, encoding="utf-8", newline="\n")
    written = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    written[name_of(path) if path.is_relative_to(PACKAGE) else path.name] = sha256_of(path)
    record.write_text(json.dumps(written, indent=1, sort_keys=True) + "\n", encoding="utf-8", newline="\n")


def weights_text(ranker: Ranker, columns: tuple[int, ...], provenance: dict[str, Any]) -> str:
    """weights.json: the weights of the features that the ranker sees, rounded to four digits."""
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
    return "{\n" + ",\n".join(lines) + "\n}\n"
