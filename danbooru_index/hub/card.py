"""The README of a published index: what it is, how to use it, how good it is, and whose data it holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from ..errors import InputError
from ..index.manifest import LEXICON_OPTION, Manifest
from ..storage.foreign import JSON_FILE, at
from ..transport.endpoints import Repository

_SEARCH = (("mAP@10", "map_at_10"), ("recall@10", "recall_at_10"), ("MRR@10", "mrr_at_10"))
_PROSE = (
    ("things found", "concepts"),
    ("tags per thing", "spent"),
    ("precision", "precision"),
    ("prompts with an unwanted tag", "unwanted"),
)
_HINT = "Make one: danbooru-index evaluate --queries FILE... --db DIR --json > results.json (of sentences: --prose)"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of one run of `evaluate`: `rows` by set, the last one over all of them; `columns` are (heading, key).

    `index` is the name of the index's version folder.
    """

    index: str
    encoder: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What only the publisher knows.

    `licence` is the Hub's identifier, such as `cc-by-4.0`; `source` says where the corpus comes from; `evaluations` are
    what `evaluate` measured, if it was run.
    """

    licence: str
    source: str
    evaluations: tuple[Evaluation, ...] = ()


def read_evaluation(path: Path) -> Evaluation:
    """The results of `danbooru-index evaluate --json`, with `--prose` or without.

    :raises InputError: it is not such a file.
    """
    with at(JSON_FILE, lambda why: InputError(f"{path} is not a result of evaluate: {why}.", hint=_HINT)):
        value = json.loads(path.read_text(encoding="utf-8-sig"))
        # Sentences have their last set over all of them, queries a mean beside the sets.
        columns, rows = (_SEARCH, [*value["sets"], value["mean"]]) if "mean" in value else (_PROSE, value["sets"])
        for row in rows:
            _row(row, columns)
        index = PurePath(str(value["index"])).name
        return Evaluation(index, str(value["encoder"]), columns, tuple(rows))


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
        f"- Corpus: SHA-256 `{manifest.corpus_sha256}`\n"
        f"- {_judgement(manifest)}",
        f"## Source and licence\n\n{facts.source}\n\nLicence: {facts.licence}",
    ]
    if facts.evaluations:
        parts.insert(-1, "\n\n".join(["## Quality", *map(_quality, facts.evaluations)]))
    return "\n\n".join(parts) + "\n"


def _judgement(manifest: Manifest) -> str:
    """Whose word it is that a tag is general, sensitive or explicit."""
    lexicon = str(manifest.options.get(LEXICON_OPTION, ""))
    if not lexicon:
        return "Ratings: who may see a tag is what the labels of its corpus say, without a lexicon"
    return (
        "Ratings: who may see a tag (general, sensitive, explicit) is the judgement of danbooru-index's own lexicon "
        f"(SHA-256 `{lexicon}`); of tags that it does not rate, that of their parts or of the corpus's label"
    )


def _quality(evaluation: Evaluation) -> str:
    what = "prompts made of sentences" if evaluation.columns is _PROSE else "searches for single things"
    return "\n".join(
        [
            f"Measured by `danbooru-index evaluate` with {evaluation.encoder}: {what}.\n",
            f"| set | number | {' | '.join(name for name, _ in evaluation.columns)} |",
            "|---|" + "---|" * (1 + len(evaluation.columns)),
            *(_row(row, evaluation.columns) for row in evaluation.rows),
        ]
    )


def _row(result: dict[str, Any], columns: tuple[tuple[str, str], ...]) -> str:
    numbers = " | ".join(f"{float(result[key]):.3f}" for _, key in columns)
    return f"| {str(result['name']).replace('|', ' ')} | {int(result['queries'])} | {numbers} |"
