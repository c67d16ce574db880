"""Fits the weights of the ranker on judged queries and shows what each feature gives on queries that it has not seen.

    python benchmarks/ranking_study.py collect --db DIR --out FEATURES.npz QUERIES.jsonl...
    python benchmarks/ranking_study.py ablate FEATURES.npz          without each group: fitted on one half, shown on the other
    python benchmarks/ranking_study.py fit FEATURES.npz [--write]   with all of them; --write replaces weights.json

Queries are split into two halves by a hash of their text, so that the same query is never on both sides. A query set weighs
the same whatever its size. The loss is the listwise softmax (Cao et al., "Learning to Rank: From Pairwise Approach to
Listwise Approach", 2007) plus, with a smaller weight, the logistic loss of each candidate, which makes scores of different
queries comparable. Needs torch (not a dependency of the package).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from danbooru_index.evaluate import average_precision, read_queries
from danbooru_index.index import Index
from danbooru_index.ranking import FEATURES, feature_table
from danbooru_index.ranking.model import WEIGHTS_FILE
from danbooru_index.records import SearchRequest
from danbooru_index.scoring import encode_queries, score_candidates, with_spelling

HEADLINE = ("zh_human", "zh_natural", "zh_definition", "zh_tw", "zh_character", "ja_translation", "ja_wiki", "en_alias")
SIDE = ("zh_xhoxye", "ja_character")
SIDE_WEIGHT = 0.4
FULL_WEIGHT_FROM = 300  # queries: a smaller set weighs less, so that single queries do not
DEEP, RANDOM = 128, 32  # candidates a query that are fitted: the first by a plain sum, and some of the others
HIDDEN, EPOCHS, RATE, DECAY, LOGISTIC = 16, 40, 0.015, 2e-4, 0.3
GROUPS = {
    "gaps to the best candidate": ("dense_gap", "cosine_gap", "spelling_gap", "skeleton_gap", "words_gap"),
    "similarity by kind of text": ("dense_tag", "dense_name", "dense_joined", "dense_definition"),
    "cosine of the characters": ("cosine", "cosine_gap"),
    "coverage": ("coverage",),
    "spelling": ("spelling", "spelling_gap"),
    "consonant skeleton": ("skeleton", "skeleton_gap"),
    "words and dictionary": ("words", "words_gap"),
    "popularity": ("popularity",),
    "category": ("character", "copyright", "general"),
    "script and length of the query": ("query_kana", "query_latin", "query_length"),
}


@dataclass
class Data:
    """Candidates of all queries, one after the other. `starts` (q + 1,) bounds each query's part of the other arrays."""

    features: np.ndarray
    tags: np.ndarray
    starts: np.ndarray
    queries: list[str]
    sets: np.ndarray
    relevant: list[frozenset[str]]

    def part(self, q: int) -> slice:
        return slice(int(self.starts[q]), int(self.starts[q + 1]))

    def seen(self) -> np.ndarray:
        return np.array([hashlib.sha256(text.encode()).digest()[0] % 2 == 0 for text in self.queries])


def collect(folder: Path, files: list[Path], out: Path) -> None:
    index = Index(folder)
    features, rows, counts, queries, sets, relevant = [], [], [], [], [], []
    for file in files:
        for query in read_queries(file):
            request = with_spelling(index, SearchRequest(query.text, nsfw="include"))
            (scored,) = score_candidates(index, [request], encode_queries(index, [request.text]))
            found = scored.rows
            features.append(feature_table(request.text, scored.channels, index.similarity_floor).astype(np.float16))
            rows.append(found)
            counts.append(len(found))
            queries.append(query.text)
            sets.append(file.stem)
            relevant.append(sorted(query.relevant))
        print(file.stem, len(queries), flush=True)
    names = np.array([index.store.record(row).tag for row in range(len(index.store))])
    starts = np.r_[0, np.cumsum(counts)]
    np.savez(
        out,
        features=np.concatenate(features),
        tags=names[np.concatenate(rows)],
        starts=starts,
        sets=np.array(sets),
        names=np.array(FEATURES),
        queries=json.dumps(queries, ensure_ascii=False),
        relevant=json.dumps(relevant),
    )


def load(path: Path) -> Data:
    stored = np.load(path)
    if tuple(stored["names"]) != FEATURES:
        raise SystemExit("The features have changed: collect them again.")
    relevant = [frozenset(tags) for tags in json.loads(str(stored["relevant"]))]
    return Data(
        stored["features"],
        stored["tags"],
        stored["starts"],
        json.loads(str(stored["queries"])),
        stored["sets"],
        relevant,
    )


def plain_sum(features: np.ndarray) -> np.ndarray:
    """Similarity, characters and popularity by hand-set weights: what the learned ranker is compared with."""
    column = FEATURES.index
    x = features.astype(np.float32)
    return x[:, column("dense")] + 0.4 * x[:, column("cosine")] + 0.12 * x[:, column("popularity")]


def choose(features: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Which candidates of one query are fitted: the hard ones, and a sample of the easy ones."""
    column = FEATURES.index
    x = features.astype(np.float32)
    hard = plain_sum(features) + 0.3 * np.max(x[:, [column("spelling"), column("skeleton"), column("words")]], axis=1)
    ranked = np.argsort(-hard, kind="stable")
    return np.r_[ranked[:DEEP], rng.permutation(ranked[DEEP:])[:RANDOM]]


def batches(data: Data, which: np.ndarray, columns: list[int]):
    """Padded arrays of the chosen queries: features, relevance, presence, weight of each query."""
    rng = np.random.default_rng(0)
    x = np.zeros((len(which), DEEP + RANDOM, len(columns)), np.float32)
    y, present = np.zeros(x.shape[:2], np.float32), np.zeros(x.shape[:2], bool)
    for i, q in enumerate(which):
        part = data.part(q)
        chosen = choose(data.features[part], rng)
        x[i, : len(chosen)] = data.features[part][chosen][:, columns]
        y[i, : len(chosen)] = [tag in data.relevant[q] for tag in data.tags[part][chosen]]
        present[i, : len(chosen)] = True
    usable = y.sum(axis=1) > 0
    sets = data.sets[which]
    sizes = {name: int((sets == name).sum()) for name in set(sets)}
    share = {n: (SIDE_WEIGHT if n in SIDE else min(1.0, 2 * sizes[n] / FULL_WEIGHT_FROM)) / sizes[n] for n in sizes}
    weight = np.array([share[name] for name in sets], np.float32)
    return x[usable], y[usable], present[usable], weight[usable] / weight[usable].mean()


def fit(
    data: Data, which: np.ndarray, columns: list[int], hidden: int = HIDDEN, seed: int = 0
) -> dict[str, np.ndarray]:
    """The weights, in the units of the features."""
    import torch

    torch.manual_seed(seed)
    x, y, present, weight = (torch.tensor(a) for a in batches(data, which, columns))
    mean, scale = x[present].mean(0), x[present].std(0) + 1e-3
    x = (x - mean) / scale
    linear, inner, outer = (
        torch.nn.Linear(len(columns), 1),
        torch.nn.Linear(len(columns), hidden),
        torch.nn.Linear(hidden, 1, bias=False),
    )
    torch.nn.init.zeros_(outer.weight)
    parameters = [*linear.parameters(), *inner.parameters(), *outer.parameters()]
    optimiser = torch.optim.Adam(parameters, lr=RATE)
    size = 256
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS * -(-len(x) // size))
    for _ in range(EPOCHS):
        for part in torch.randperm(len(x)).split(size):
            raw = (linear(x[part]) + outer(torch.tanh(inner(x[part])))).squeeze(-1)
            target = y[part] / y[part].sum(1, keepdim=True)
            listwise = -(target * torch.log_softmax(raw.masked_fill(~present[part], -1e9), 1)).sum(1)
            single = torch.nn.functional.binary_cross_entropy_with_logits(raw, y[part], reduction="none")
            loss = listwise + LOGISTIC * (single * present[part]).sum(1)
            loss = (loss * weight[part]).mean() + DECAY * sum((p**2).sum() for p in parameters)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    with torch.no_grad():
        first, second = linear.weight[0] / scale, inner.weight / scale
        bias, inner_bias = linear.bias[0] - first @ mean, inner.bias - second @ mean
    arrays = {"linear": first, "hidden": second, "hidden_bias": inner_bias, "output": outer.weight[0], "bias": bias}
    return {name: value.detach().numpy() for name, value in arrays.items()}


def logits(weights: dict[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    inner = np.tanh(features @ weights["hidden"].T + weights["hidden_bias"])
    return features @ weights["linear"] + inner @ weights["output"] + weights["bias"]


def measure(data: Data, which: np.ndarray, score) -> dict[str, float]:
    """mAP@10 of each set."""
    found: dict[str, list[float]] = {}
    for q in which:
        part = data.part(q)
        best = np.argsort(-score(data.features[part]), kind="stable")[:10]
        found.setdefault(str(data.sets[q]), []).append(average_precision(list(data.tags[part][best]), data.relevant[q]))
    return {name: float(np.mean(values)) for name, values in found.items()}


def row(label: str, found: dict[str, float]) -> str:
    mean = np.mean([found[name] for name in HEADLINE if name in found])
    return (
        f"| {label} | {mean:.3f} | "
        + " | ".join(f"{found[name]:.3f}" for name in (*HEADLINE, *SIDE) if name in found)
        + " |"
    )


def fitted(data: Data, seen: np.ndarray, columns: list[int], hidden: int = HIDDEN, seeds: int = 2):
    """Mean over seeds of the unseen half's figures."""
    results = []
    for seed in range(seeds):
        weights = fit(data, np.flatnonzero(seen), columns, hidden, seed)
        results.append(
            measure(data, np.flatnonzero(~seen), lambda f, w=weights: logits(w, f[:, columns].astype(np.float32)))
        )
    return {name: float(np.mean([r[name] for r in results])) for name in results[0]}


def ablate(data: Data) -> None:
    seen, everything = data.seen(), list(range(len(FEATURES)))
    print(
        "| unseen half, mAP@10 | mean of 8 | "
        + " | ".join((*HEADLINE, *SIDE))
        + " |\n|"
        + "---|" * (2 + len(HEADLINE) + len(SIDE))
    )
    print(
        row("plain sum (dense + .4 characters + .12 popularity)", measure(data, np.flatnonzero(~seen), plain_sum)),
        flush=True,
    )
    print(row(f"all features, {HIDDEN} hidden", fitted(data, seen, everything)), flush=True)
    print(row("linear only", fitted(data, seen, everything, hidden=1)), flush=True)
    for name, group in GROUPS.items():
        kept = [i for i in everything if FEATURES[i] not in group]
        print(row(f"without {name}", fitted(data, seen, kept)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("collect")
    one.add_argument("--db", type=Path, required=True)
    one.add_argument("--out", type=Path, required=True)
    one.add_argument("queries", type=Path, nargs="+")
    for name in ("ablate", "fit"):
        commands.add_parser(name).add_argument("features", type=Path)
    commands.choices["fit"].add_argument(
        "--write", action="store_true", help="replace weights.json by the weights of the first half"
    )
    options = parser.parse_args()
    if options.command == "collect":
        return collect(options.db, options.queries, options.out)
    data = load(options.features)
    if options.command == "ablate":
        return ablate(data)
    seen, columns = data.seen(), list(range(len(FEATURES)))
    weights = fit(data, np.flatnonzero(seen), columns)
    for label, which in (("fitted half", seen), ("unseen half", ~seen)):
        print(row(label, measure(data, np.flatnonzero(which), lambda f: logits(weights, f.astype(np.float32)))))
    if options.write:
        value = {"features": list(FEATURES), **{name: np.round(array, 4).tolist() for name, array in weights.items()}}
        WEIGHTS_FILE.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
