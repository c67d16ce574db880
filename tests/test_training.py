"""The trainer: what it collects is what search scores, what it fits ranks, and what it writes the engine reads."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from danbooru_index.evaluation.searches import Query, average_precision
from danbooru_index.index.index import Index
from danbooru_index.ranking import FEATURES, Ranker, default_ranker
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search
from danbooru_index.storage.files import sha256_of
from training.collect import Data, collect
from training.fit import Settings, fit, plain_sum
from training.measure import by_set, cross_fitted, precisions, scorer
from training.provenance import CHAIN, KEYS, RECORD, ROOT, name_of, numbers_sha256, weights_text, write_learned
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
    write_learned(tmp_path / "w.json", weights_text(ranker, columns, {"commit": "x"}), tmp_path / "record.json")
    value = json.loads((tmp_path / "w.json").read_text(encoding="utf-8"))
    table = data.features[:50].astype(np.float32)
    assert np.allclose(Ranker.from_json(value).scores(table), ranker.scores(table), atol=2e-3)
    assert "names" not in value["features"] and value["provenance"] == {"commit": "x"}


def test_what_ships_is_what_the_chain_wrote() -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    assert record == {name_of(path): sha256_of(path) for path in CHAIN}, "run python -m training.all"


def test_every_learned_file_says_alike_what_it_was_fitted_on() -> None:
    for place, path in enumerate(CHAIN):
        said = json.loads(path.read_text(encoding="utf-8"))["provenance"]
        assert set(said) - {"settings"} == set(KEYS), path
        hashes = [*said["queries"].values(), *(of["corpus"] for of in said["corpora"].values())]
        assert hashes and all(len(value) == 64 for value in hashes), path
        assert said["corpora"]["named"]["lexicon"] and said["cross_fitted"], path
        # In order: no number stands on another that has changed since.
        assert said["learned"] == {name_of(of): numbers_sha256(of) for of in CHAIN[:place]}, path


def test_a_written_file_is_recorded_and_its_provenance_is_no_number(tmp_path: Path) -> None:
    made, record = tmp_path / "a.json", tmp_path / "record.json"
    write_learned(made, '{"weights": [1], "provenance": {"commit": "x"}}\n', record)
    first = numbers_sha256(made)
    write_learned(tmp_path / "b.json", "{}\n", record)
    write_learned(made, '{"weights": [1], "provenance": {"commit": "y"}}\n', record)
    assert numbers_sha256(made) == first
    expected = {name: sha256_of(tmp_path / name) for name in ("a.json", "b.json")}
    assert json.loads(record.read_text(encoding="utf-8")) == expected


def test_the_chain_ends_where_a_step_fails(tmp_path: Path) -> None:
    before = [sha256_of(path) for path in CHAIN]
    command = [sys.executable, "-m", "training.all", "--data", tmp_path, "--work", tmp_path / "work"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode
    assert ran.stderr.count("$ python -m training") == 1
    assert "the step ranker failed" in ran.stderr and "--from ranker" in ran.stderr
    assert [sha256_of(path) for path in CHAIN] == before
