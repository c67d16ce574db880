"""Fits the weights of the ranker on judged queries and shows what each feature gives on queries that it has not seen.

    python benchmarks/ranking_study.py collect --db DIR --out FEATURES.npz QUERIES.jsonl...
    python benchmarks/ranking_study.py ablate FEATURES.npz          without each group of features
    python benchmarks/ranking_study.py fit FEATURES.npz [--write]   with all of them; --write replaces weights.json

Figures are cross-fitted: queries are split into two halves by a hash of their text, so that the same query is never on both
sides; weights fitted on one half are counted on the other, both ways, so every query counts once, unseen. The weights that
--write stores are fitted on all queries. A query set weighs the same whatever its size. The loss is the listwise
softmax (Cao et al., "Learning to Rank: From Pairwise Approach to Listwise Approach", 2007) plus, with a smaller weight, the
logistic loss of each candidate, which makes scores of different queries comparable. Needs torch (not a dependency of the package).
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

from danbooru_index.evaluation.searches import DEPTH, read_queries
from danbooru_index.index.index import Index
from danbooru_index.ranking import FEATURES, feature_table
from danbooru_index.ranking.model import WEIGHTS_FILE, Ranker
from danbooru_index.records import SearchRequest
from danbooru_index.search.score import encode_queries, score_candidates, with_spelling

HEADLINE = ("zh_human", "zh_natural", "zh_definition", "zh_tw", "zh_character", "ja_translation", "ja_wiki", "en_alias")
SIDE = ("zh_xhoxye", "ja_character")
SIDE_WEIGHT = 0.4
FULL_WEIGHT_FROM = 300  # queries: a smaller set weighs less, so that single queries do not
DEEP, RANDOM = 128, 32  # candidates a query that are fitted: the first by a plain sum, and some of the others
MEMBERS, HIDDEN, EPOCHS, RATE, DECAY, LOGISTIC = 3, 16, 100, 0.015, 2e-4, 0.3
BATCH = 256
GROUPS = {
    "gaps to the best candidate": ("dense_gap", "cosine_gap", "spelling_gap", "skeleton_gap", "words_gap"),
    "similarity by kind of text": ("dense_tag", "dense_name", "dense_joined", "dense_definition"),
    "cosine of the characters": ("cosine", "cosine_gap"),
    "coverage": ("coverage",),
    "spelling": ("spelling", "spelling_gap"),
    "consonant skeleton": ("skeleton", "skeleton_gap"),
    "words and dictionary": ("words", "words_gap"),
    "ends of names": ("begins", "ends", "begins_whole", "ends_whole"),
    "hubness": ("hubness",),
    "letters, words, qualifier": ("tag_letters", "tag_words", "qualified"),
    "names and definition": ("names", "defined"),
    "popularity": ("popularity",),
    "category": ("character", "copyright", "general"),
    "script and length of the query": ("query_kana", "query_latin", "query_length"),
}


@dataclass
class Data:
    """Candidates of all queries, one after the other: `features` (n, f) float16, and `right` (n,) whether each is wanted.

    `starts` (q + 1,) bounds each query's part of them; `wanted` (q,) is how many tags a query wants, found or not.
    """

    features: np.ndarray
    right: np.ndarray
    starts: np.ndarray
    queries: list[str]
    sets: np.ndarray
    wanted: np.ndarray

    def part(self, q: int) -> slice:
        return slice(int(self.starts[q]), int(self.starts[q + 1]))

    def first_half(self) -> np.ndarray:
        return np.array([hashlib.sha256(text.encode()).digest()[0] % 2 == 0 for text in self.queries])


def collect(folder: Path, files: list[Path], out: Path) -> None:
    index = Index(folder)
    names = np.array([record.tag for record in index.store.rows()])
    features, right, counts, queries, sets, wanted = [], [], [], [], [], []
    for file in files:
        for query in read_queries(file):
            request = with_spelling(index, SearchRequest(query.text, nsfw="include"))
            (scored,) = score_candidates(index, [request], encode_queries(index, [request.text]))
            features.append(feature_table(request.text, scored.columns, index.similarity_floor).astype(np.float16))
            right.append(np.isin(names[scored.rows], list(query.relevant)))
            counts.append(len(scored.rows))
            queries.append(query.text)
            sets.append(file.stem)
            wanted.append(len(query.relevant))
        print(file.stem, len(queries), flush=True)
    np.savez(
        out,
        features=np.concatenate(features),
        right=np.concatenate(right),
        starts=np.r_[0, np.cumsum(counts)],
        sets=np.array(sets),
        wanted=np.array(wanted),
        names=np.array(FEATURES),
        queries=json.dumps(queries, ensure_ascii=False),
    )


def load(path: Path) -> Data:
    stored = np.load(path)
    if tuple(stored["names"]) != FEATURES:
        raise SystemExit("The features have changed: collect them again.")
    queries = json.loads(str(stored["queries"]))
    return Data(stored["features"], stored["right"], stored["starts"], queries, stored["sets"], stored["wanted"])


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


def query_weights(sets: np.ndarray) -> np.ndarray:
    """The weight of each query, of mean 1."""
    sizes = {name: int((sets == name).sum()) for name in set(sets)}

    def share(name: str) -> float:
        return SIDE_WEIGHT if name in SIDE else min(1.0, sizes[name] / FULL_WEIGHT_FROM)

    weight = np.array([share(name) / sizes[name] for name in sets], np.float32)
    return weight / weight.mean()


def batches(data: Data, which: np.ndarray, columns: list[int]):
    """Padded arrays of the chosen queries: features, relevance, presence, weight of each query."""
    rng = np.random.default_rng(0)
    x = np.zeros((len(which), DEEP + RANDOM, len(columns)), np.float32)
    y, present = np.zeros(x.shape[:2], np.float32), np.zeros(x.shape[:2], bool)
    for i, q in enumerate(which):
        part = data.part(q)
        chosen = choose(data.features[part], rng)
        x[i, : len(chosen)] = data.features[part][chosen][:, columns]
        y[i, : len(chosen)] = data.right[part][chosen]
        present[i, : len(chosen)] = True
    usable = y.sum(axis=1) > 0
    return x[usable], y[usable], present[usable], query_weights(data.sets[which])[usable]


def fit(data: Data, which: np.ndarray, columns: list[int], hidden: int = HIDDEN, seed: int = 0) -> Ranker:
    """A ranker in the units of the features: MEMBERS models with their own losses, trained side by side, and averaged."""
    import torch

    torch.manual_seed(seed)
    x, y, present, weight = (torch.tensor(a) for a in batches(data, which, columns))
    mean, scale = x[present].mean(0), x[present].std(0) + 1e-3
    x = (x - mean) / scale
    linear, inner = torch.zeros(MEMBERS, len(columns)), torch.nn.Linear(len(columns), MEMBERS * hidden)
    outer, bias = torch.zeros(MEMBERS * hidden), torch.zeros(MEMBERS)
    parameters = [*(p.requires_grad_() for p in (linear, outer, bias)), *inner.parameters()]
    optimiser = torch.optim.Adam(parameters, lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS * -(-len(x) // BATCH))
    for _ in range(EPOCHS):
        for part in torch.randperm(len(x)).split(BATCH):
            deep = (torch.tanh(inner(x[part])) * outer).unflatten(-1, (MEMBERS, hidden)).sum(-1)
            loss = member_losses(x[part] @ linear.T + deep + bias, y[part], present[part])
            total = (loss * weight[part]).mean() + DECAY * sum((p**2).sum() for p in parameters)
            optimiser.zero_grad()
            total.backward()
            optimiser.step()
            schedule.step()
    with torch.no_grad():
        first, second = linear.mean(0) / scale, inner.weight / scale
        arrays = (first, second, inner.bias - second @ mean, outer / MEMBERS)
        constant = float(bias.mean() - first @ mean)
    return Ranker(*(array.detach().numpy() for array in arrays), constant)


def member_losses(raw, y, present):
    """(queries,) losses, summed over the members of (queries, candidates, members) scores."""
    import torch

    y, present = y.unsqueeze(-1), present.unsqueeze(-1)
    target = y / y.sum(1, keepdim=True)
    listwise = -(target * torch.log_softmax(raw.masked_fill(~present, -1e9), 1)).sum(1)
    single = torch.nn.functional.softplus(raw) - raw * y
    return (listwise + LOGISTIC * (single * present).sum(1)).sum(-1)


def precisions(data: Data, which: np.ndarray, score) -> np.ndarray:
    """AP@10 of these queries; `score` maps features to scores."""
    found = []
    for q in which:
        part = data.part(q)
        right = data.right[part][np.argsort(-score(data.features[part]), kind="stable")[:DEPTH]]
        gains = right * np.cumsum(right) / np.arange(1, len(right) + 1)
        found.append(gains.sum() / min(int(data.wanted[q]), DEPTH))
    return np.array(found)


def by_set(data: Data, which: np.ndarray, found: np.ndarray) -> dict[str, float]:
    """mAP@10 of each set."""
    return {str(name): float(found[data.sets[which] == name].mean()) for name in np.unique(data.sets[which])}


def scorer(ranker: Ranker, columns: list[int]):
    return lambda features: ranker.scores(features[:, columns].astype(np.float32))


def row(label: str, found: dict[str, float]) -> str:
    figures = [np.mean([found[name] for name in HEADLINE]), *(found[name] for name in (*HEADLINE, *SIDE))]
    return f"| {label} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |"


def cross_fitted(data: Data, columns: list[int], hidden: int = HIDDEN, seeds: int = 1) -> dict[str, float]:
    """mAP@10 of each set, every query counted by weights that were fitted on the other half; the mean over seeds."""
    first = data.first_half()
    found = np.zeros(len(data.queries))
    for seed in range(seeds):
        for half in (first, ~first):
            ranker = fit(data, np.flatnonzero(half), columns, hidden, seed)
            which = np.flatnonzero(~half)
            found[which] += precisions(data, which, scorer(ranker, columns)) / seeds
    return by_set(data, np.arange(len(found)), found)


def header() -> str:
    return (
        "| mAP@10 | mean of 8 | " + " | ".join((*HEADLINE, *SIDE)) + " |\n|" + "---|" * (2 + len(HEADLINE) + len(SIDE))
    )


def ablate(data: Data) -> None:
    every, everything = np.arange(len(data.queries)), list(range(len(FEATURES)))
    print(header())
    print(row("plain sum", by_set(data, every, precisions(data, every, plain_sum))), flush=True)
    print(row("all features", cross_fitted(data, everything)), flush=True)
    print(row("one hidden unit", cross_fitted(data, everything, hidden=1)), flush=True)
    for name, group in GROUPS.items():
        kept = [i for i in everything if FEATURES[i] not in group]
        print(row(f"without {name}", cross_fitted(data, kept)), flush=True)


def write(ranker: Ranker) -> None:
    arrays = {
        "linear": ranker.linear,
        "hidden": ranker.hidden,
        "hidden_bias": ranker.hidden_bias,
        "output": ranker.output,
    }
    rounded = {name: np.round(array.astype(float), 4).tolist() for name, array in arrays.items()}
    value = {"features": list(FEATURES), **rounded, "bias": round(ranker.bias, 4)}
    WEIGHTS_FILE.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def fit_all(data: Data, store: bool) -> None:
    """Fit on every query; print the cross-fitted figures, then those of the fitted queries."""
    every, columns = np.arange(len(data.queries)), list(range(len(FEATURES)))
    print(header())
    print(row("plain sum", by_set(data, every, precisions(data, every, plain_sum))), flush=True)
    print(row("cross-fitted, unseen", cross_fitted(data, columns)), flush=True)
    ranker = fit(data, every, columns)
    print(row("all queries, fitted", by_set(data, every, precisions(data, every, scorer(ranker, columns)))))
    if store:
        write(ranker)


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
        "--write", action="store_true", help="replace weights.json by weights fitted on all queries"
    )
    options = parser.parse_args()
    if options.command == "collect":
        return collect(options.db, options.queries, options.out)
    data = load(options.features)
    if options.command == "ablate":
        return ablate(data)
    fit_all(data, options.write)


if __name__ == "__main__":
    main()
