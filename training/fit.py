"""Fitting: a listwise softmax loss plus, with a smaller weight, the logistic loss of each candidate.

The first is that of Cao et al., "Learning to Rank: From Pairwise Approach to Listwise Approach", 2007; the second makes
scores of different queries comparable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from danbooru_index.ranking import FEATURES, Ranker

from .collect import Data
from .corpora import CORPORA
from .queries import HEADLINE, SIDE

DEEP, RANDOM = 60, 20  # candidates a query that are fitted: the first by a plain sum, and some of the others
SIDE_WEIGHT, MADE_WEIGHT = 0.4, 0.25
FULL_WEIGHT_FROM = 300  # queries: a smaller set weighs less, so that single queries do not


@dataclass(frozen=True, slots=True)
class Settings:
    """How a ranker is fitted: `columns` are the features that it sees.

    `members` models of `hidden` units are trained side by side, each with its own loss, and averaged.
    """

    columns: tuple[int, ...] = tuple(range(len(FEATURES)))
    members: int = 6
    hidden: int = 32
    epochs: int = 48
    rate: float = 0.03
    decay: float = 2e-4
    logistic: float = 0.3
    batch: int = 256
    seed: int = 0


def plain_sum(features: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Similarity, characters and popularity by hand-set weights: what the learned ranker is compared with."""
    column = FEATURES.index
    x = features.astype(np.float32)
    total: npt.NDArray[np.float32] = (
        x[:, column("dense")] + 0.4 * x[:, column("cosine")] + 0.12 * x[:, column("popularity")]
    )
    return total


def _choose(features: npt.NDArray[Any], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Which candidates of one query are fitted: the hard ones, and a sample of the easy ones."""
    column = FEATURES.index
    looks = features[:, [column("spelling"), column("skeleton"), column("words")]].astype(np.float32)
    ranked = np.argsort(-(plain_sum(features) + 0.3 * looks.max(axis=1)), kind="stable")
    return np.r_[ranked[:DEEP], rng.permutation(ranked[DEEP:])[:RANDOM]]


def chosen_rows(data: Data, q: int, rng: np.random.Generator | None = None) -> npt.NDArray[np.int64]:
    """The candidates of one query that are fitted.

    Tags of which the query is a name are left out: search puts them first without the ranker, which would only learn
    that equal is right.
    """
    part = data.part(q)
    open_ = np.flatnonzero(data.exact[part] == 0)
    return part.start + open_[_choose(data.features[part][open_], rng or np.random.default_rng(q))]


def query_weights(sets: npt.NDArray[np.str_]) -> npt.NDArray[np.float32]:
    """The weight of each query, of mean 1: a set weighs the same whatever its size."""
    of_corpus = {corpus.name: corpus.weight for corpus in CORPORA}
    shares = {}
    for key, size in zip(*np.unique(sets, return_counts=True), strict=True):
        corpus, name = str(key).split("/")
        share = SIDE_WEIGHT if name in SIDE else 1.0 if name in HEADLINE else MADE_WEIGHT
        shares[key] = of_corpus.get(corpus, 1.0) * share * min(1.0, size / FULL_WEIGHT_FROM) / size
    weight = np.array([shares[key] for key in sets], np.float32)
    return weight / weight.mean()


def _tensors(data: Data, which: npt.NDArray[np.int64], columns: Sequence[int]) -> tuple[npt.NDArray[Any], ...]:
    """Padded arrays of the chosen queries: features, relevance, presence, weight of each query."""
    rng = np.random.default_rng(0)
    x = np.zeros((len(which), DEEP + RANDOM, len(columns)), np.float16)
    y, present = np.zeros(x.shape[:2], np.float32), np.zeros(x.shape[:2], bool)
    for i, q in enumerate(which):
        chosen = chosen_rows(data, int(q), rng)
        x[i, : len(chosen)] = data.features[chosen][:, columns]
        y[i, : len(chosen)] = data.right[chosen]
        present[i, : len(chosen)] = True
    usable = y.sum(axis=1) > 0
    return x[usable], y[usable], present[usable], query_weights(data.sets[which])[usable]


def fit(data: Data, which: npt.NDArray[np.int64], settings: Settings) -> Ranker:
    """A ranker of all features, fitted on these queries; those that it does not see have weight 0."""
    import torch

    torch.manual_seed(settings.seed)
    members, hidden, columns = settings.members, settings.hidden, list(settings.columns)
    x, y, present, weight = (torch.from_numpy(array) for array in _tensors(data, which, columns))
    shown = x[present].float()
    mean, scale = shown.mean(0), shown.std(0) + 1e-3
    del shown
    linear, inner = torch.zeros(members, len(columns)), torch.nn.Linear(len(columns), members * hidden)
    outer, bias = torch.zeros(members * hidden), torch.zeros(members)
    parameters = [*(p.requires_grad_() for p in (linear, outer, bias)), *inner.parameters()]
    optimiser = torch.optim.Adam(parameters, lr=settings.rate)
    steps = settings.epochs * -(-len(x) // settings.batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(settings.epochs):
        for part in torch.randperm(len(x)).split(settings.batch):
            shown = (x[part].float() - mean) / scale
            deep = (torch.tanh(inner(shown)) * outer).unflatten(-1, (members, hidden)).sum(-1)
            loss = _losses(shown @ linear.T + deep + bias, y[part], present[part], settings.logistic)
            total = (loss * weight[part]).mean() + settings.decay * sum((p**2).sum() for p in parameters)
            optimiser.zero_grad()
            total.backward()
            optimiser.step()
            schedule.step()
    with torch.no_grad():
        first, second = linear.mean(0) / scale, inner.weight / scale
        wide = torch.zeros(members * hidden, len(FEATURES))
        wide[:, columns] = second
        all_linear = torch.zeros(len(FEATURES))
        all_linear[columns] = first
        arrays = (all_linear, wide, inner.bias - second @ mean, outer / members)
        constant = float(bias.mean() - first @ mean)
    return Ranker(*(array.detach().numpy() for array in arrays), constant)


def _losses(raw: Any, y: Any, present: Any, logistic: float) -> Any:
    """(queries,) losses, summed over the members of (queries, candidates, members) scores."""
    import torch

    y, present = y.unsqueeze(-1), present.unsqueeze(-1)
    target = y / y.sum(1, keepdim=True)
    listwise = -(target * torch.log_softmax(raw.masked_fill(~present, -1e9), 1)).sum(1)
    single = torch.nn.functional.softplus(raw) - raw * y
    return (listwise + logistic * (single * present).sum(1)).sum(-1)
