"""Fits which candidate tags of a text's spans are wanted (danbooru_index/concepts/wanted.py):

    python -m training.wanted --db INDEX --work WORK --write

on the train part of benchmarks/prose; what is printed is cross-fitted on it, and counted on the dev part by the model that is
written. The test part is never read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from danbooru_index.concepts.wanted import FEATURES, THRESHOLDS, WEIGHTS_FILE, WantedModel
from danbooru_index.evaluation.prose import EUROPEAN, ProseQuery, ProseScore, read_prose, score_prompt
from danbooru_index.index import Index
from danbooru_index.records import TagFilter
from danbooru_index.search.choosing import cover_with_things
from danbooru_index.search.tables import Table, candidate_table
from danbooru_index.search.things import read_text
from danbooru_index.storage.files import sha256_of

from .provenance import corpus_of, provenance, write_learned

PROSE = Path(__file__).resolve().parents[1] / "benchmarks" / "prose"
TRAIN = (PROSE / "train.jsonl", PROSE / "negation-train.jsonl")
FIGURES = ("concepts", "spent", "precision", "unwanted", "excluded")
FOLDS, MEMBERS, HIDDEN, EPOCHS, RATE, DECAY = 4, 6, (20, 10), 40, 4e-3, 3e-3
UNWANTED_WEIGHT = 3.0  # of a tag that the text excludes, or that is clearly wrong
# The last two are of a small index, where the word's own tag may be missing: of guesses from .1 to .4 one in five was wanted among
# 48,696 tags, and one in seven among 3,000.
CHOSEN = {"first": 0.3, "further": 0.4, "excluded": 0.5, "first_of_few": 0.3, "further_of_few": 0.45}


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence with its candidates: their features, whether each is wanted (or, for an excluded span, unwanted), and a weight."""

    query: ProseQuery
    table: Table
    tags: tuple[str, ...]
    counts: tuple[str, ...]
    wanted: np.ndarray
    weight: np.ndarray


def collect(index: Index, queries: Sequence[ProseQuery]) -> list[Example]:
    """What the engine proposes for every sentence."""
    examples = []
    for query in queries:
        table = candidate_table(index, read_text(index, query.text, TagFilter()), TagFilter())
        tags = tuple(index.store.record(int(row)).tag for row in table.candidates.row)
        accepted = {tag for concept in query.wanted for tag in concept}
        out = np.array([table.reading.spans[number].excluded for number in table.candidates.span], bool)
        wrong = np.array([tag in query.unwanted for tag in tags], bool)
        wanted = np.where(out, wrong, np.array([tag in accepted for tag in tags], bool))
        weight = np.where(wrong & ~out, UNWANTED_WEIGHT, 1.0)
        examples.append(
            Example(query, table, tags, table.reading.counts, wanted.astype(np.float32), weight.astype(np.float32))
        )
    return examples


def fit(examples: Sequence[Example], seed: int = 0) -> WantedModel:
    """One model of MEMBERS nets side by side, their outputs averaged before the sigmoid."""
    torch.manual_seed(seed)
    x = np.concatenate([example.table.features for example in examples])
    y = torch.tensor(np.concatenate([example.wanted for example in examples]))
    w = torch.tensor(np.concatenate([example.weight for example in examples]))
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-3
    data = torch.tensor(np.clip((x - mean) / scale, -6, 6))
    members = [_net(data, y, w) for _ in range(MEMBERS)]
    return WantedModel(mean, scale, _merged(members), **CHOSEN)


def _net(data: torch.Tensor, y: torch.Tensor, w: torch.Tensor) -> Any:
    one, two = HIDDEN
    net = torch.nn.Sequential(
        torch.nn.Linear(data.shape[1], one), torch.nn.Tanh(), torch.nn.Linear(one, two), torch.nn.Tanh(), torch.nn.Linear(two, 1)
    )  # fmt: skip
    batch, count = 4096, len(y)
    steps = EPOCHS * -(-count // batch)
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    loss = torch.nn.functional.binary_cross_entropy_with_logits
    for _ in range(EPOCHS):
        order = torch.randperm(count)
        for start in range(0, count, batch):
            part = order[start : start + batch]
            optimiser.zero_grad()
            loss(net(data[part])[:, 0], y[part], weight=w[part]).backward()
            optimiser.step()
            schedule.step()
    return net


def _merged(nets: Sequence[Any]) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """The nets as one, block by block; the last layer averages."""
    layers = [[module for module in net if isinstance(module, torch.nn.Linear)] for net in nets]
    weights = [[layer.weight.detach().numpy() for layer in net] for net in layers]
    biases = [[layer.bias.detach().numpy() for layer in net] for net in layers]
    one, two = HIDDEN
    middle = np.zeros((two * len(nets), one * len(nets)), np.float32)
    for i, weight in enumerate(weights):
        middle[i * two : (i + 1) * two, i * one : (i + 1) * one] = weight[1]
    return (
        (np.concatenate([weight[0] for weight in weights]), np.concatenate([bias[0] for bias in biases])),
        (middle, np.concatenate([bias[1] for bias in biases])),
        (
            np.concatenate([weight[2] for weight in weights], axis=1) / len(nets),
            np.mean([bias[2] for bias in biases], axis=0),
        ),
    )


def prompt_of(example: Example, probabilities: np.ndarray, model: WantedModel) -> tuple[list[str], list[str]]:
    """The tags of the prompt and of the negative prompt, before contradictions are resolved."""
    names = dict(zip(example.table.candidates.row.tolist(), example.tags, strict=True))
    things = cover_with_things(example.table.reading, example.table.candidates, probabilities, model)
    prompt, negative = list(example.counts), []
    for thing in things:
        (negative if thing.span.excluded else prompt).extend(names[choice.row] for choice in thing.choices)
    negative = list(dict.fromkeys(negative))
    return [tag for tag in dict.fromkeys(prompt) if tag not in negative], negative


def figures(examples: Sequence[Example], found: Sequence[np.ndarray], model: WantedModel) -> dict[str, list[float]]:
    """Means by language: concepts, spent, precision, unwanted, excluded, and the number of sentences."""
    groups: dict[str, list[ProseScore]] = {}
    for example, probabilities in zip(examples, found, strict=True):
        score = score_prompt(example.query, *prompt_of(example, probabilities, model))
        language = example.query.language
        language = (
            "eu" if language in EUROPEAN else language if language in ("zh", "zh-tw", "ja", "ko", "en") else "other"
        )
        for name in ("all", language):
            groups.setdefault(name, []).append(score)
    return {
        name: [*(round(float(np.mean([float(getattr(s, n)) for s in scores])), 3) for n in FIGURES), len(scores)]
        for name, scores in groups.items()
    }


def cross_fitted(examples: Sequence[Example]) -> list[np.ndarray]:
    """The probabilities of every sentence by a model that has not seen it."""
    fold = [int(hashlib.md5(example.query.text.encode()).hexdigest(), 16) % FOLDS for example in examples]
    found: list[np.ndarray] = [np.zeros(0)] * len(examples)
    for k in range(FOLDS):
        model = fit([example for example, f in zip(examples, fold, strict=True) if f != k])
        for i, example in enumerate(examples):
            if fold[i] == k:
                found[i] = model.probabilities(example.table.features)
    return found


def text_of(model: WantedModel, provenance: dict[str, Any]) -> str:
    """wanted.json, rounded to four digits."""
    rounded = lambda array: np.round(np.asarray(array, float), 4).tolist()  # noqa: E731
    value = {
        "features": list(FEATURES),
        "thresholds": {name: getattr(model, name) for name in THRESHOLDS},
        "mean": rounded(model.mean),
        "scale": rounded(model.scale),
        "layers": [{"weight": rounded(weight), "bias": rounded(bias)} for weight, bias in model.layers],
        "provenance": provenance,
    }
    return json.dumps(value) + "\n"


def _examples(index: Index, name: str, paths: Sequence[Path], work: Path) -> list[Example]:
    """Collected once for an index and the program's features."""
    stamp = hashlib.sha256(
        "|".join([index.folder.name, *FEATURES, *(sha256_of(path) for path in paths)]).encode()
    ).hexdigest()[:12]
    path = work / f"prose-{name}-{stamp}.pickle"
    if not path.is_file():
        work.mkdir(parents=True, exist_ok=True)
        found = collect(index, [query for source in paths for query in read_prose(source) if query.wanted])
        path.write_bytes(pickle.dumps(found))
    examples: list[Example] = pickle.loads(path.read_bytes())
    return examples


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m training.wanted", description=__doc__)
    parser.add_argument("--db", type=Path, required=True, help="an index with the lexicon")
    parser.add_argument("--work", type=Path, required=True, help="folder for collected candidates; it is reused")
    parser.add_argument("--write", action="store_true", help="replace wanted.json")
    parser.add_argument("--thresholds", action="store_true", help="print the figures of other thresholds")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with Index(options.db) as index:
        made_of = corpus_of(index)
        train = _examples(index, "train", TRAIN, options.work)
        dev = _examples(index, "dev", [PROSE / "dev.jsonl"], options.work)
        negation = _examples(index, "negation", [PROSE / "negation-dev.jsonl"], options.work)
    found = cross_fitted(train)
    model = fit(train)
    print("train, cross-fitted", json.dumps(figures(train, found, model)), flush=True)
    if options.thresholds:
        for first in (0.06, 0.1, 0.14, 0.18, 0.22):
            for further in (0.25, 0.3, 0.35, 0.4, 0.5):
                other = replace(model, first=first, further=further)
                print(first, further, figures(train, found, other)["all"], flush=True)
    for name, part in (("dev", dev), ("negation dev", negation)):
        unseen = [model.probabilities(example.table.features) for example in part]
        print(name, json.dumps(figures(part, unseen, model)), flush=True)
    if options.write:
        means = dict(zip((*FIGURES, "sentences"), figures(train, found, model)["all"], strict=True))
        write_learned(WEIGHTS_FILE, text_of(model, provenance(WEIGHTS_FILE, {"named": made_of}, TRAIN, means)))


if __name__ == "__main__":
    main()
