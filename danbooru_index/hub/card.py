"""The README of a published index: what it is, how to use it, how good it is, and whose data it holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..index.manifest import Manifest
from ..storage.foreign import JSON_FILE, at
from ..transport.endpoints import Repository

_COLUMNS = (("mAP@10", "map_at_10"), ("recall@10", "recall_at_10"), ("MRR@10", "mrr_at_10"))
_HINT = "Make one: danbooru-index evaluate --queries FILE... --db DIR --json > results.json"


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What only the publisher knows.

    `licence` is the Hub's identifier, such as `cc-by-4.0`; `source` says where the corpus comes from; `evaluation` is
    the JSON of `evaluate`, if there is one.
    """

    licence: str
    source: str
    evaluation: dict[str, Any] | None = None


def read_evaluation(path: Path) -> dict[str, Any]:
    """The results of `danbooru-index evaluate --json`.

    :raises InputError: it is not such a file.
    """
    with at(JSON_FILE, lambda why: InputError(f"{path} is not a result of evaluate: {why}.", hint=_HINT)):
        value = json.loads(path.read_text(encoding="utf-8-sig"))
        for result in [*value["sets"], value["mean"]]:
            _row(result)
        return {"encoder": str(value["encoder"]), "sets": list(value["sets"]), "mean": value["mean"]}


def render_card(manifest: Manifest, repository: Repository, facts: CardFacts, *, with_encoder: bool) -> str:
    """The card as Markdown with the Hub's front matter; the same index and facts give the same text."""
    size = sum(entry.size for entry in manifest.files.values())
    parts = [
        f"---\nlicense: {json.dumps(facts.licence)}\ntags:\n- danbooru\n- danbooru-index\n- retrieval\n---",
        f"# Danbooru tag index, {manifest.rows:,} tags",
        "Say what you want to see, in any language, and get the Danbooru tags that image models were trained on. "
        "This is a prebuilt index for danbooru-index.",
        f"```\ndanbooru-index fetch {repository}\n```",
        f"- Encoder: {manifest.encoder}{', included as a CPU version' if with_encoder else ''}\n"
        f"- {manifest.rows:,} tags, {manifest.texts:,} texts, {size / 1e6:,.0f} MB, schema {manifest.schema}\n"
        f"- Corpus: SHA-256 `{manifest.corpus_sha256}`",
        f"## Source and licence\n\n{facts.source}\n\nLicence: {facts.licence}",
    ]
    if facts.evaluation:
        parts.insert(-1, _quality(facts.evaluation))
    return "\n\n".join(parts) + "\n"


def _quality(evaluation: dict[str, Any]) -> str:
    heading = f"| set | queries | {' | '.join(name for name, _ in _COLUMNS)} |"
    rows = [_row(result) for result in [*evaluation["sets"], evaluation["mean"]]]
    return "\n".join(
        [
            f"## Quality\n\nMeasured by `danbooru-index evaluate` with {evaluation['encoder']}.\n",
            heading,
            "|---|---|---|---|---|",
            *rows,
        ]
    )


def _row(result: dict[str, Any]) -> str:
    numbers = " | ".join(f"{float(result[key]):.3f}" for _, key in _COLUMNS)
    return f"| {str(result['name']).replace('|', ' ')} | {int(result['queries'])} | {numbers} |"
