"""Fits when a text is searched thing by thing (danbooru_index/concepts/several.py):

    python -m training.several --db INDEX --data DATA --write

on the query sets of DATA/eval and the train part of benchmarks/prose: each text is searched as one and in parts, and weighs what the
better way gains. What is printed is cross-fitted.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from danbooru_index.concepts.several import FEATURES, WEIGHTS_FILE
from danbooru_index.evaluation.prose import read_prose
from danbooru_index.evaluation.searches import average_precision, read_queries
from danbooru_index.index import Index
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import _merged, evidence_of
from danbooru_index.search.score import best_hits, encode_queries, score_candidates
from danbooru_index.search.things import read_text, things_of

from .provenance import corpus_of, provenance, write_learned

PROSE = Path(__file__).resolve().parents[1] / "benchmarks" / "prose" / "train.jsonl"
SINGLE = ("zh_human", "zh_natural", "zh_definition", "zh_tw", "zh_character", "ja_translation", "ja_wiki", "en_alias")
SEVERAL = ("multi_zh", "multi_ja", "multi_en")
PER_SET = 250
FOLDS, DECAY = 4, 0.02
COLUMNS = "one, parts, decided, better, texts"  # of a set's figures
_SHARE = {**dict.fromkeys(SEVERAL, 1.5), "zh_definition": 3.0}  # descriptions look most like sentences


@dataclass(frozen=True, slots=True)
class Text:
    """One text: its set, its features, and its AP@10 as one thing and in parts."""

    name: str
    features: list[float]
    one: float
    parts: float


def measure(index: Index, name: str, text: str, relevant: frozenset[str]) -> Text | None:
    """None for a text that is a name, or in which fewer than two things were found."""
    request = SearchRequest(text, 10, nsfw="include")
    if index.store.exact(request.text):
        return None
    reading = read_text(index, request.text, request.filter)
    (vectors,) = encode_queries(index, [request.text])
    things = things_of(index, reading, request.filter, {request.text: vectors})
    if len(things.named(excluded=False)) + bool(things.counts) < 2:
        return None
    (whole,) = score_candidates(index, [request], [vectors])
    one = [hit.tag for hit in best_hits(index, whole, 10)]
    several = [hit.tag for hit in _merged(index, request, things, whole)]
    features = evidence_of(index, reading, whole).features()
    return Text(name, features, average_precision(one, relevant), average_precision(several, relevant))


def fit(texts: list[Text]) -> np.ndarray:
    """(features,) weights: logistic regression, each text weighed by what the better way gains, each set alike."""
    x = np.array([text.features for text in texts])
    gain = np.array([text.parts - text.one for text in texts])
    sizes = {text.name: sum(abs(t.parts - t.one) for t in texts if t.name == text.name) + 1e-9 for text in texts}
    share = np.array([_SHARE.get(text.name, 1.0) / sizes[text.name] for text in texts])
    weight = np.abs(gain) * share
    sign = np.where(gain > 0, 1.0, -1.0)
    scale = x.std(axis=0) + 1e-6

    def loss(w: np.ndarray) -> float:
        return float(np.sum(weight * np.logaddexp(0, -sign * (x @ w))) + DECAY * np.sum((w * scale) ** 2))

    found = minimize(loss, np.zeros(x.shape[1]), method="L-BFGS-B")
    return np.asarray(found.x)


def report(texts: list[Text], split: np.ndarray) -> dict[str, list[float]]:
    """Mean AP by set: as one, in parts, as decided, and by the better of both."""
    found: dict[str, list[float]] = {}
    for name in dict.fromkeys(text.name for text in texts):
        rows = [
            (t.one, t.parts, t.parts if s else t.one, max(t.one, t.parts))
            for t, s in zip(texts, split, strict=True)
            if t.name == name
        ]
        found[name] = [round(float(value), 3) for value in np.mean(rows, axis=0)] + [len(rows)]
    return found


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m training.several", description=__doc__)
    parser.add_argument("--db", type=Path, required=True, help="an index with the lexicon")
    parser.add_argument("--data", type=Path, required=True, help="folder of eval/")
    parser.add_argument("--write", action="store_true", help="replace several.json")
    options = parser.parse_args()
    asked = [
        (name, q.text, q.relevant)
        for name in (*SINGLE, *SEVERAL)
        for q in read_queries(options.data / "eval" / f"{name}.jsonl")[:PER_SET]
    ]
    asked += [("prose", q.text, frozenset(c[0] for c in q.wanted)) for q in read_prose(PROSE)[::2]]
    with Index(options.db) as index:
        made_of = corpus_of(index)
        texts = [text for one in asked if (text := measure(index, *one)) is not None]
    fold = np.array([int(hashlib.md5(repr(t.features).encode()).hexdigest(), 16) % FOLDS for t in texts])
    split = np.zeros(len(texts), bool)
    x = np.array([text.features for text in texts])
    for k in range(FOLDS):
        weights = fit([text for text, f in zip(texts, fold, strict=True) if f != k])
        split[fold == k] = x[fold == k] @ weights > 0
    figures = report(texts, split)
    for name, row in figures.items():
        print(name, row)
    if options.write:
        weights = [round(float(weight), 4) for weight in fit(texts)]
        asked_of = [*(options.data / "eval" / f"{name}.jsonl" for name in (*SINGLE, *SEVERAL)), PROSE]
        said = provenance(WEIGHTS_FILE, {"named": made_of}, asked_of, {COLUMNS: figures})
        value = {"features": list(FEATURES), "weights": weights, "provenance": said}
        write_learned(WEIGHTS_FILE, json.dumps(value, indent=1) + "\n")


if __name__ == "__main__":
    main()
