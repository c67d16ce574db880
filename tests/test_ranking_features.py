"""The ranker: what it sees, what it computes, and that its weights belong to its features."""

from __future__ import annotations

import json

import numpy as np
import pytest

from danbooru_index.arrays.types import Columns
from danbooru_index.corpus.texts import TextKind
from danbooru_index.ranking import FEATURES, Ranker, default_ranker, feature_table, order
from danbooru_index.ranking.model import WEIGHTS_FILE


def scores(dense: list[list[float]], **columns: list[float]) -> Columns:
    """The columns of candidates with (n, kinds) similarities."""
    count = len(dense)
    by_kind = np.array(dense, np.float32).reshape(count, len(TextKind))
    names = ("cosine", "coverage", "spelling", "skeleton", "words", "popularity")
    same = {"hubness": 0.6, "begins": 0.5, "ends": 1, "begins_whole": 0, "ends_whole": 1}
    shape = {"letters": 9, "tag_words": 2, "qualified": 1, "names": 4, "category": 4}
    return {
        **{f"dense/{kind.name.lower()}": by_kind[:, kind] for kind in TextKind},
        **{name: np.array(columns.get(name, [0.0] * count), np.float32) for name in names},
        **{name: np.full(count, value, np.float32) for name, value in same.items()},
        **{name: np.full(count, value, np.uint8) for name, value in shape.items()},
    }


def test_features_are_stretched_above_the_floor_and_absent_kinds_stand_in() -> None:
    table = feature_table("ab", scores([[0.6, -1, -1, -1, 1.0], [0.2, 0.2, -1, -1, -1]], cosine=[0.1, 0.4]), floor=0.2)
    first, second = (dict(zip(FEATURES, row.tolist(), strict=True)) for row in table)
    assert (first["dense"], first["dense_tag"], first["dense_name"], second["dense"]) == pytest.approx(
        (1.0, 0.5, 1.0, 0.0)
    )
    assert (first["dense_joined"], second["dense_gap"], first["dense_gap"]) == pytest.approx((0.8, -1.0, 0.0))
    assert (first["cosine_gap"], second["cosine_gap"]) == pytest.approx((-0.3, 0.0))
    assert (first["begins"], first["ends"], first["ends_whole"]) == (0.5, 1.0, 1.0)
    assert (first["hubness"], first["qualified"], first["names"]) == pytest.approx((0.5, 1.0, 1.0))
    assert (first["defined"], second["defined"]) == (0.0, 0.0)
    assert (first["character"], first["general"], first["query_latin"], first["query_kana"]) == (1.0, 0.0, 1.0, 0.0)


def test_no_candidates_and_a_tag_without_texts_are_fine() -> None:
    assert feature_table("x", scores([]), 0.0).shape == (0, len(FEATURES))
    assert np.isfinite(feature_table("x", scores([[-1.0] * len(TextKind)]), 0.0)).all()
    assert np.isfinite(feature_table("！？", scores([[0.5] * len(TextKind)]), 0.0)).all()


def test_the_ranker_is_its_formula() -> None:
    linear, hidden = np.array([1.0, -1.0], np.float32), np.array([[2.0, 0.0]], np.float32)
    ranker = Ranker(linear, hidden, np.array([0.5], np.float32), np.array([3.0], np.float32), 0.25)
    raw = 0.1 - 0.2 + 3.0 * np.tanh(2.0 * 0.1 + 0.5) + 0.25
    assert ranker.scores(np.array([[0.1, 0.2]], np.float32))[0] == pytest.approx(1 / (1 + np.exp(-raw)), rel=1e-5)


def test_weights_are_few_finite_and_of_these_features() -> None:
    value = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
    ranker = default_ranker()
    arrays = (ranker.linear, ranker.hidden, ranker.hidden_bias, ranker.output)
    assert sum(array.size for array in arrays) < 7000
    assert all(np.isfinite(array).all() for array in arrays)
    with pytest.raises(ValueError, match="other features"):
        Ranker.from_json({**value, "features": ["dense", "luck"]})


def test_equal_scores_are_ordered_by_posts() -> None:
    assert order(np.array([0.5, 0.9, 0.5], np.float32), np.array([1, 0, 7], np.int32)).tolist() == [1, 2, 0]
