"""How likely each candidate tag of each span is wanted: a small learned model over what the engine knows of span and tag.

Pure: records and arrays in, probabilities out. wanted.json holds the numbers and where they come from; training/ fits them.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays.products import product
from ..arrays.types import FloatArray, IntArray
from ..records import Category
from .places import Overlapping
from .reading import Reading
from .spans import Span

WEIGHTS_FILE = Path(__file__).with_name("wanted.json")
FEATURES = (
    "fit", "best_fit", "fit_gap", "log_place", "exact_tag", "exact_alias", "exact_name", "beside_exact", "popularity",
    "log_letters", "words", "share_of_text", "aligned", "dense", "dense_gap", "context", "context_gap", "whole", "whole_gap",
    "cosine", "coverage", "spelling", "skeleton", "word_match", "character", "copyright", "zh", "ja", "ko", "en",
    "log_named", "elsewhere", "elsewhere_exact", "in_larger", "in_smaller", "log_tops", "log_covering_name", "names_inside",
    "crosses_name", "exact_letters", "exact_popularity", "log_text", "exact_character", "sounding_character", "excluded",
    "foreign_tag", "rivalry",
)  # fmt: skip
THRESHOLDS = ("first", "further", "excluded", "first_of_few", "further_of_few")
_SMALLEST = 1e-4  # scores nearer to 0 or 1 say no more
_CLIP = 6.0  # standard deviations
FITTED_TAGS, FEW_TAGS = 48_696, 3_000  # of the index that the thresholds were chosen on, and of the starter


@dataclass(frozen=True, slots=True)
class Candidates:
    """n pairs of a span and a tag, those of one span together and best first.

    `span` (n,) numbers the reading's spans; `row` (n,) the tags; `kind` (n,) how the span is a name of the tag (store kinds), -1
    where it is none. `scores` (n,) float32 by name: fused, dense, cosine, coverage, spelling, skeleton, words, popularity;
    `context` and `whole` the similarity of the tag to the stretch and to the whole text, all about 0..1. `category` (n,).
    """

    span: IntArray
    row: IntArray
    kind: IntArray
    category: IntArray
    scores: dict[str, FloatArray]

    def __len__(self) -> int:
        return len(self.row)


def feature_table(reading: Reading, found: Candidates) -> FloatArray:
    """(n, len(FEATURES)) float32, in the order of FEATURES."""
    if not len(found):
        return np.zeros((0, len(FEATURES)), np.float32)
    spans, scores = reading.spans, found.scores
    first = np.r_[True, found.span[1:] != found.span[:-1]]
    group = np.cumsum(first) - 1
    place = np.arange(len(found)) - np.flatnonzero(first)[group]

    def best(values: FloatArray) -> FloatArray:
        out: FloatArray = np.maximum.reduceat(values, np.flatnonzero(first))[group]
        return out

    fit, exact = _logit(scores["fused"]), found.kind >= 0
    has_exact = best(exact.astype(np.float32)) > 0
    named_best = best(np.where(exact, scores["popularity"], 0.0).astype(np.float32))
    of_span = _span_features(reading)[found.span]
    letters, character = of_span[:, 0], found.category == Category.CHARACTER
    elsewhere = _elsewhere(spans, found, place)
    columns = [
        fit, best(fit), scores["fused"] - best(scores["fused"]), np.log1p(place),
        found.kind == 0, found.kind == 1, found.kind == 2, has_exact & ~exact, scores["popularity"],
        *of_span[:, :4].T, scores["dense"], scores["dense"] - best(scores["dense"]),
        scores["context"], scores["context"] - best(scores["context"]),
        scores["whole"], scores["whole"] - best(scores["whole"]),
        *(scores[name] for name in ("cosine", "coverage", "spelling", "skeleton", "words")),
        character, found.category == Category.COPYRIGHT,
        *(np.full(len(found), reading.language == language) for language in ("zh", "ja", "ko", "en")),
        of_span[:, 4], *elsewhere.T, *of_span[:, 5:8].T,
        exact * letters, exact * scores["popularity"], np.full(len(found), np.log(max(1, len(reading.text)))),
        exact & character, character * scores["spelling"], of_span[:, 8],
        (found.kind == 0) * (reading.language != "en"), np.where(exact, scores["popularity"] - named_best, 0.0),
    ]  # fmt: skip
    return np.stack([np.asarray(column, np.float32) for column in columns], axis=1)


def _logit(scores: FloatArray) -> FloatArray:
    clipped = np.clip(scores, _SMALLEST, 1 - _SMALLEST)
    odds: FloatArray = np.log(clipped / (1 - clipped)).astype(np.float32)
    return odds


def _span_features(reading: Reading) -> FloatArray:
    """(spans, 9): what a span is by itself.

    Log letters, words, share of the text, aligned, log of the tags that it names, log letters of the longest name that
    covers it, share of its letters that names cover, whether a name crosses its ends, whether it is excluded.
    """
    named = [span for span in reading.spans if span.named and span.aligned]
    overlapping = Overlapping((span.start, span.end) for span in named)
    rows = []
    for span in reading.spans:
        length = span.end - span.start
        around = (named[number] for number in overlapping.numbers(span.start, span.end))
        near = [one for one in around if one.clause == span.clause]
        covering = max((one.end - one.start for one in near if one.covers(span)), default=0)
        inside = np.zeros(length, bool)
        crosses = False
        for one in near:
            if span.covers(one):
                inside[one.start - span.start : one.end - span.start] = True
            elif not one.covers(span) and (one.start, one.end) != (span.start, span.end):
                crosses = True
        rows.append(
            (
                np.log1p(length), span.words / 4, length / max(1, len(reading.text)), span.aligned,
                np.log1p(len(span.named)), np.log1p(covering), inside.mean(), crosses, span.excluded,
            )
        )  # fmt: skip
    return np.array(rows, np.float32).reshape(-1, 9)


def _elsewhere(spans: Sequence[Span], found: Candidates, place: IntArray) -> FloatArray:
    """(n, 5): how well the same tag fits other spans.

    The best fit of any, whether one is its name, the best fit of a larger and of a smaller span, and the log of how many
    spans have it first.
    """
    same: dict[int, list[int]] = {}
    for i, row in enumerate(found.row.tolist()):
        same.setdefault(row, []).append(i)
    fit, number, kind = found.scores["fused"].tolist(), found.span.tolist(), found.kind.tolist()
    fits = np.zeros((len(found), 3), np.float32)
    others = np.zeros((len(found), 2), np.float32)
    for members in same.values():
        if len(members) == 1:
            continue
        ranked = sorted((fit[j] for j in members), reverse=True)
        exact, tops = sum(kind[j] >= 0 for j in members), sum(place[j] == 0 for j in members)
        beside: dict[int, list[int]] = {}
        for j in members:
            beside.setdefault(spans[number[j]].clause, []).append(j)
        starts = {clause: [spans[number[j]].start for j in beside[clause]] for clause in beside}
        widest = max(spans[number[j]].end - spans[number[j]].start for j in members)
        for i in members:
            here = spans[number[i]]
            # Spans ascend: only what begins near this one can cover it or lie in it.
            first = bisect_left(starts[here.clause], here.start - widest)
            last = bisect_left(starts[here.clause], here.end)
            near = [(spans[number[j]], fit[j]) for j in beside[here.clause][first:last] if j != i]
            fits[i] = (
                ranked[1] if fit[i] == ranked[0] else ranked[0],
                max((f for one, f in near if one.covers(here)), default=0.0),
                max((f for one, f in near if here.covers(one)), default=0.0),
            )
            others[i] = exact - (kind[i] >= 0) > 0, np.log1p(tops - (place[i] == 0))
    fits = _logit(fits)
    return np.stack([fits[:, 0], others[:, 0], fits[:, 1], fits[:, 2], others[:, 1]], axis=1)


@dataclass(frozen=True, slots=True)
class WantedModel:
    """probability = sigmoid(w3 . tanh(W2 tanh(W1 x + b1) + b2) + b3) of standardised features x; layers are (weight, bias).

    `first` is the least probability of a span's best tag, `further` of its others, at the default budget; `first_of_few` and
    `further_of_few` are these in an index of FEW_TAGS or fewer.
    """

    mean: FloatArray
    scale: FloatArray
    layers: tuple[tuple[FloatArray, FloatArray], ...]
    first: float
    further: float
    excluded: float
    first_of_few: float
    further_of_few: float

    def for_tags(self, count: int) -> WantedModel:
        """The same for an index of `count` tags: among fewer tags a guess must promise more, since the word's own may be missing.

        Of guesses from .1 to .4 one in five was wanted among FITTED_TAGS, and one in seven among FEW_TAGS.
        """
        share = (math.log(FITTED_TAGS) - math.log(max(1, count))) / (math.log(FITTED_TAGS) - math.log(FEW_TAGS))
        missing = min(1.0, max(0.0, share))
        first, further = (
            least + missing * (few - least)
            for least, few in ((self.first, self.first_of_few), (self.further, self.further_of_few))
        )
        return replace(self, first=first, further=further)

    def probabilities(self, features: FloatArray) -> FloatArray:
        """(n, f) features -> (n,) float32 in 0..1."""
        values = np.clip((features - self.mean) / self.scale, -_CLIP, _CLIP)
        for weight, bias in self.layers[:-1]:
            values = np.tanh(product(values, weight.T) + bias)
        weight, bias = self.layers[-1]
        raw = (product(values, weight.T) + bias)[:, 0]
        squashed: FloatArray = (0.5 + 0.5 * np.tanh(0.5 * raw)).astype(np.float32)
        return squashed

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> WantedModel:
        """Read the form of wanted.json; raises ValueError when it was fitted for other features."""
        if tuple(value["features"]) != FEATURES:
            raise ValueError("wanted.json was fitted for other features; run: python -m training wanted")
        layers = tuple((_array(layer["weight"]), _array(layer["bias"])) for layer in value["layers"])
        thresholds = value["thresholds"]
        return cls(
            _array(value["mean"]), _array(value["scale"]), layers,
            *(float(thresholds[name]) for name in THRESHOLDS),
        )  # fmt: skip


def _array(data: Any) -> FloatArray:
    return np.array(data, np.float32)


@lru_cache(maxsize=1)
def default_model() -> WantedModel:
    """The model of the package."""
    return WantedModel.from_json(json.loads(WEIGHTS_FILE.read_text(encoding="utf-8")))
