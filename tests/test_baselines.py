"""The table of other ways of ranking, end to end on a few tags: every way searches, is counted as search would be, and has its cost."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from danbooru_index.evaluation.searches import Query, average_precision
from danbooru_index.index.index import Index
from danbooru_index.ranking import default_ranker
from training import gather, other_encoder
from training.baselines import compare, interval
from training.collect import Data, collect
from training.corpora import CORPORA
from training.gather import UNSEEN, unseen
from training.measure import precisions, scorer
from training.ways import SEARCHERS

SETS = {
    "zh_human": [Query("双马尾", frozenset({"twintails"})), Query("夜晚的天空", frozenset({"night_sky"}))],
    "ja_wiki": [Query("赤い瞳", frozenset({"red_eyes"})), Query("セーラー服", frozenset({"serafuku"}))],
    "en_alias": [
        Query("rain umbrella", frozenset({"umbrella"})),
        Query("long hair", frozenset({"long_hair", "very_long_hair"})),
        Query("ears of an animal", frozenset({"animal_ears", "cat_ears"})),
    ],
}
QUERIES = [query for queries in SETS.values() for query in queries]


@pytest.fixture(scope="module")
def data(small_index: Index) -> Data:
    return Data.join([collect(small_index, corpus.name, SETS) for corpus in CORPORA])


@pytest.mark.parametrize("way", SEARCHERS)
def test_each_way_finds_names_of_its_own(small_index: Index, way: str) -> None:
    if way in ("bm25", "tfidf"):
        pytest.importorskip({"bm25": "bm25s", "tfidf": "sklearn"}[way])
    search = SEARCHERS[way][1](small_index)
    assert search("双马尾")[0] == "twintails" and search("umbrella")[0] == "umbrella"
    assert len(search("hair")) <= 10


def test_an_interval_holds_the_mean_and_is_of_sets_not_of_queries() -> None:
    sets = np.array(["zh_human"] * 300 + ["ja_wiki"] * 10)
    values = np.r_[np.tile([0.0, 1.0], 150), np.ones(10)]
    mean, low, high = interval(values, sets)
    assert mean == 0.75 and low < mean < high and high - low == pytest.approx(2 * 1.96 * 0.5 / 300**0.5 / 2, rel=0.2)


@pytest.mark.slow
def test_the_whole_table(tmp_path: Path, small_index: Index, data: Data, capsys: pytest.CaptureFixture[str]) -> None:
    for needed in ("bm25s", "sklearn", "lightgbm"):
        pytest.importorskip(needed)
    corpus = CORPORA[0].name
    (tmp_path / "indexes").mkdir()
    (tmp_path / "indexes" / corpus).symlink_to(small_index.folder)
    (tmp_path / "eval").mkdir()
    for name, queries in SETS.items():
        lines = [json.dumps({"query": q.text, "relevant": sorted(q.relevant)}, ensure_ascii=False) for q in queries]
        (tmp_path / "eval" / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    ours = precisions(data, np.arange(len(data.queries)), scorer(default_ranker()))
    compare(data, ours, tmp_path, tmp_path, corpus)
    printed = capsys.readouterr()
    assert "fitted in" in printed.err
    rows = {cells[1].strip(): cells[2:] for cells in (line.split("|") for line in printed.out.splitlines()[2:])}
    assert len(rows) == len(SEARCHERS) + 4
    bm25 = SEARCHERS["bm25"][1](small_index)
    by_set = [np.mean([average_precision(bm25(q.text), q.relevant) for q in queries]) for queries in SETS.values()]
    assert float(rows["BM25"][0].split()[0]) == pytest.approx(np.mean(by_set), abs=6e-4)
    assert rows["ours"][1].strip() == "+0.000 (+0.000 to +0.000)"
    for label, cells in rows.items():
        seconds, milliseconds, megabytes = map(float, cells[2:5])
        assert seconds > 0 and milliseconds > 0 and 20 < megabytes < 4000, label


@pytest.mark.torch
def test_the_ranker_is_fitted_again_only_where_something_was_collected_since(
    tmp_path: Path, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "SETTINGS", replace(gather.SETTINGS, epochs=4))
    (tmp_path / "collected").mkdir()
    stamps = [tmp_path / "collected" / f"{corpus.name}.json" for corpus in CORPORA]
    for stamp in stamps:
        stamp.write_text("{}", encoding="utf-8")
    fitted = unseen(data, tmp_path)
    assert fitted.shape == (len(data.queries),) and fitted.mean() > 0.3
    np.save(tmp_path / UNSEEN, np.zeros(len(fitted)))
    assert not unseen(data, tmp_path).any()
    os.utime(stamps[-1], (time.time() + 60,) * 2)
    assert np.array_equal(unseen(data, tmp_path), fitted)


@pytest.mark.torch
def test_another_encoder_is_compared_both_ways(small_index: Index) -> None:
    names = [corpus.name for corpus in other_encoder.OWN] + list(other_encoder.OTHER)
    data = Data.join([collect(small_index, name, SETS) for name in names])
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in other_encoder.compare(data)[2:]]
    assert [row[:2] for row in rows] == [
        ["embedded", "e5"],
        ["embedded", "e5_plain"],
        ["embedded", "e5_starter"],
        ["e5", "named"],
        ["e5", "plain"],
        ["e5", "starter"],
    ]
    counted = np.isin(data.corpora, ("named", "plain", "starter"))
    which, found = np.flatnonzero(counted), np.zeros(len(counted))
    found[which] = precisions(data, which, other_encoder.plain_mix(0.4, 0.2, 0.12))
    # The mix that is shown is the best of all that are tried, counted on these corpora alone.
    tried = sum(other_encoder.means(data, found, counted).values())
    assert sum(float(row[2]) for row in rows[3:]) >= tried - 0.001
    plain, ranked, difference = map(float, rows[5][2:])
    assert difference == pytest.approx(ranked - plain, abs=0.0011)
