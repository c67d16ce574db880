"""What the ranker sees of a candidate: one row of numbers of order 1, comparable between queries and encoders."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..arrays.types import Columns, FloatArray
from ..channels.shape import SHAPE_COLUMNS
from ..records import Category
from ..text.fold import is_han, is_kana

FEATURES = (
    "dense", "dense_gap", "dense_tag", "dense_name", "dense_joined", "dense_definition",
    "cosine", "cosine_gap", "coverage", "spelling", "spelling_gap", "skeleton", "skeleton_gap", "words", "words_gap",
    "begins", "ends", "begins_whole", "ends_whole", "hubness", "tag_letters", "tag_words", "qualified", "names", "defined",
    "popularity", "character", "copyright", "general",
    "query_kana", "query_latin", "query_length",
)  # fmt: skip
ABSENT = 0.8  # what a kind of text that a tag lacks counts, as a share of its best text
_LENGTH_SCALE = 4.0  # ln of about 55 letters
_COUNT_SCALE = 4.0  # words and names of a tag


def feature_table(query: str, scores: Columns, floor: float) -> FloatArray:
    """(n, len(FEATURES)) float32, in the order of FEATURES.

    :param scores: (n,) columns of the candidates of one query: those that DenseChannel.score, LexicalChannel.scores and
        WordsChannel.score name, those of channels/shape.py, `popularity` in 0..1 and `category`, Danbooru's number.
    :param floor: the encoder's mean inner product of two unrelated texts. Similarities are stretched so that it becomes 0
        and an equal text stays 1; encoders differ more in that floor than in the shape above it.
    """
    count = len(scores["popularity"])
    dense = {
        kind: _stretched(scores[f"dense/{kind}"], floor) for kind in ("tag", "name", "joined", "definition", "alias")
    }
    best = np.maximum(np.max(list(dense.values()), axis=0), -1.0)
    kinds = [dense["tag"], np.maximum(dense["name"], dense["alias"]), dense["joined"], dense["definition"]]
    columns = [best, _gap(best), *(np.where(np.isfinite(kind), kind, ABSENT * best) for kind in kinds)]
    columns += [scores["cosine"], _gap(scores["cosine"]), scores["coverage"]]
    for channel in ("spelling", "skeleton", "words"):
        columns += [scores[channel], _gap(scores[channel])]
    columns += [scores[side] for side in ("begins", "ends", "begins_whole", "ends_whole")]
    columns.append((scores["hubness"] - floor) / (1.0 - floor))
    columns += _shape_features(scores)
    columns.append(scores["popularity"])
    of_category = (Category.CHARACTER, Category.COPYRIGHT, Category.GENERAL)
    columns += [scores["category"] == category for category in of_category]
    columns += [np.full(count, value) for value in _query_features(query)]
    return np.stack(columns, axis=1).astype(np.float32)


def _stretched(similarity: FloatArray, floor: float) -> FloatArray:
    """Similarities with 0 at the floor; minus infinity for the -1 of a text that a tag lacks."""
    return np.where(similarity > -1.0, (similarity - floor) / (1.0 - floor), -np.inf).astype(np.float32)


def _shape_features(scores: Columns) -> list[npt.NDArray[np.floating]]:
    """Scaled logarithm of the letters of each tag, its words, whether it has a qualifier, its names, and whether it is defined."""
    letters, words, qualified, names = (scores[name].astype(np.float32) for name in SHAPE_COLUMNS)
    return [
        np.log1p(letters) / _LENGTH_SCALE,
        words / _COUNT_SCALE,
        qualified,
        names / _COUNT_SCALE,
        (scores["dense/definition"] > -1.0).astype(np.float32),
    ]


def _gap(scores: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """How far each candidate is behind the best, 0 or less."""
    return scores - scores.max(initial=-1.0) if len(scores) else scores


def _query_features(query: str) -> tuple[float, float, float]:
    """Share of kana and of Latin among the letters of a query, and the scaled logarithm of their number."""
    codes = [ord(char) for char in query]
    kana = sum(is_kana(code) for code in codes)
    latin = sum(code < 0x80 and chr(code).isalpha() for code in codes)
    letters = max(1, kana + latin + sum(is_han(code) for code in codes))
    return kana / letters, latin / letters, float(np.log(letters)) / _LENGTH_SCALE
