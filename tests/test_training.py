"""The trainer: what it collects is what search scores, what it fits ranks, and what it writes the engine reads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from danbooru_index.evaluation.searches import Query, average_precision
from danbooru_index.index.index import Index
from danbooru_index.ranking import FEATURES, Ranker, default_ranker
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search
from training.collect import Data, collect
from training.fit import Settings, fit, plain_sum
from training.measure import by_set, cross_fitted, precisions, scorer
from training.provenance import write_weights
from training.queries import typos

QUERIES = [
    Query("twintials", frozenset({"twintails"})),
    Query("lonng hair", frozenset({"long_hair", "very_long_hair"})),
    Query("umbrela", frozenset({"umbrella"})),
    Query("kitten ears", frozenset({"cat_ears"})),
    Query("双马尾", frozenset({"twintails"})),
    Query("赤い瞳", frozenset({"red_eyes"})),
    Query("夜晚的天空", frozenset({"night_sky"})),
    Query("우산", frozenset({"umbrella"})),
]


@pytest.fixture(scope="module")
def data(small_index: Index) -> Data:
    return collect(small_index, "small", {"zh_human": QUERIES, "typos": QUERIES[:3]})


def test_what_is_collected_ranks_as_search_does(small_index: Index, data: Data) -> None:
    found = precisions(data, np.arange(len(QUERIES)), scorer(default_ranker()))
    for query, precision in zip(QUERIES, found, strict=True):
        hits = search(small_index, SearchRequest(query.text, limit=10, nsfw="include"))
        assert precision == pytest.approx(average_precision(hits.tags, query.relevant)), query.text
    assert by_set(data, np.r_[found, found[:3]])["small"]["zh_human"] == pytest.approx(found.mean())


def test_it_is_stored_and_joined_whole(tmp_path: Path, data: Data) -> None:
    data.save(tmp_path / "d.npz")
    twice = Data.join([Data.load(tmp_path / "d.npz"), data])
    assert twice.queries == data.queries * 2
    last = len(data.queries) - 1
    assert np.array_equal(twice.features[twice.part(2 * last + 1)], data.features[data.part(last)])
    assert not (twice.first_half() ^ np.tile(data.first_half(), 2)).any()


def test_slips_are_new_texts_of_known_tags(tmp_path: Path) -> None:
    words = [f"{a}_{b}" for a in ("yellow", "purple", "striped", "folded") for b in range(1000, 1400)]
    lines = [json.dumps({"tag": word}) for word in words]
    (tmp_path / "tags.jsonl").write_text("\n".join(lines), encoding="utf-8")
    made = typos(tmp_path)
    assert typos(tmp_path) == made and len(made) == 1000
    changed = [q for q in made if q.text.replace(" ", "_") not in q.relevant]
    assert len(changed) > 0.9 * len(made)


@pytest.mark.torch
def test_a_fit_beats_the_plain_sum_and_is_read_as_it_was_written(tmp_path: Path, data: Data) -> None:
    every = np.arange(len(data.queries))
    columns = tuple(i for i, name in enumerate(FEATURES) if name not in ("names", "defined"))
    settings = Settings(columns=columns, members=1, hidden=4, epochs=60)
    ranker = fit(data, every, settings)
    assert precisions(data, every, scorer(ranker)).mean() >= precisions(data, every, plain_sum).mean()
    assert np.isfinite(cross_fitted(data, replace(settings, epochs=2))).all()
    write_weights(ranker, columns, {"commit": "x"}, tmp_path / "w.json")
    value = json.loads((tmp_path / "w.json").read_text(encoding="utf-8"))
    table = data.features[:50].astype(np.float32)
    assert np.allclose(Ranker.from_json(value).scores(table), ranker.scores(table), atol=2e-3)
    assert "names" not in value["features"] and value["provenance"] == {"commit": "x"}
