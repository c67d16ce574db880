"""Search with all three kinds of vectors, and fusion: an encoder made up of a table, so that every score is known."""

from __future__ import annotations

import json

import numpy as np
import pytest
from builds import WordEncoder

from danbooru_index import SearchRequest
from danbooru_index.channels.late import MAX_BYTES, LateChannel
from danbooru_index.cli import main
from danbooru_index.errors import IndexMismatchError, InputError
from danbooru_index.evaluation.searches import Query
from danbooru_index.evaluation.tune import Tuning, tune, write_tuning
from danbooru_index.index.index import Index
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.indexing.late_stage import write_late
from danbooru_index.locate import open_index
from danbooru_index.ranking import FusionWeights, complete, fuse, read_weights
from danbooru_index.search.engine import search
from danbooru_index.settings import Settings, load_settings


@pytest.fixture
def built(corpus, tmp_path):
    encoder = WordEncoder()
    build_index(corpus, tmp_path / "index", encoder, BuildOptions(lexicon=False))
    index = Index(tmp_path / "index", encoder=encoder)
    yield index
    index.close()


def test_every_channel_scores(built):
    query = "hair past the shoulders"
    best = search(built, SearchRequest(query, limit=3)).hits[0]
    assert best.tag == "long_hair" and best.matched == "definition"
    assert best.channels["sparse"] == pytest.approx(3 * 0.25)  # "hair", "past" and "the"; "shoulders." has a full stop
    tokens = built.encoder.encode([query, "long hair, 长发, ロングヘア"], tokens=True).tokens
    expected = (tokens[0] @ tokens[1].T).max(axis=1).mean()
    assert best.channels["late"] == pytest.approx(expected, abs=0.02)


def test_only_what_the_index_has_is_asked_of_the_encoder(built):
    search(built, SearchRequest("hair"))
    assert built.encoder.asked[-1] == (1, True, True)


def test_an_index_without_such_vectors_has_no_such_channels(small_index):
    assert small_index.sparse is None and small_index.late is None
    assert set(search(small_index, SearchRequest("水手服")).hits[0].channels) == {
        "dense",
        "lexical",
        "sound",
        "words",
        "popularity",
        "exact",
    }


def test_an_index_of_another_encoder_is_refused(built, small_folder):
    with pytest.raises(IndexMismatchError, match="use-multilingual"):
        Index(small_folder, encoder=WordEncoder())


def test_token_vectors_of_the_most_used_tags(built, tmp_path):
    write_late(tmp_path / "late", built.store, built.encoder, at_most=3 * 20 * 3)
    kept = LateChannel(tmp_path / "late", 16).scores(np.eye(16, dtype=np.float32)[:1], np.arange(len(built.store)))
    tags = {built.store.record(int(row)).tag for row in np.flatnonzero(~np.isnan(kept))}
    # highres: 3 words; 1girl: 3; long hair: 4, which no longer fits.
    assert tags == {"highres", "1girl"}


@pytest.mark.parametrize(("most", "kept"), [(3 * 20 * 3, 2), (0, 0), (MAX_BYTES, 17)])
def test_a_build_keeps_token_vectors_up_to_a_limit(corpus, tmp_path, most, kept):
    build_index(corpus, tmp_path / "index", WordEncoder(), BuildOptions(late_bytes=most, lexicon=False))
    with Index(tmp_path / "index", encoder=WordEncoder()) as index:
        assert len(index.late) == kept
        assert (index.folder / "late/vectors.i8").stat().st_size <= most
        found = search(index, SearchRequest("long hair")).hits
        assert found[0].tag == "long_hair"
        assert any("late" in hit.channels for hit in found) == (kept > 0)


def test_missing_token_vectors_are_computed_on_an_accelerator(built):
    index = Index(built.folder, encoder=built.encoder)
    index.late.scores = lambda query, rows: np.full(len(rows), np.nan, np.float32)  # it keeps no token vectors
    assert "late" not in search(index, SearchRequest("hair past")).hits[0].channels
    index.encoder.on_gpu = True
    hit = search(index, SearchRequest("hair past")).hits[0]
    exact = search(built, SearchRequest("hair past")).hits[0]
    assert hit.channels["late"] == pytest.approx(exact.channels["late"], abs=0.02)
    index.close()


def values(*numbers):
    return np.array(numbers, np.float32)


def test_fusion_is_the_weighted_mean():
    weights = FusionWeights(popularity=0.25, sparse=0.25, late=1.0)
    columns = {"ranker": values(0.6, 0.4), "dense": values(0.5, 0.5), "popularity": values(0.4, 0.8)}
    found = fuse({**columns, "sparse": values(0.2, 7.0), "late": values(0.5, 0.7)}, weights)
    expected = [(0.6 + 0.1 + 0.05 + 0.5) / 2.5, (0.4 + 0.2 + 0.25 + 0.7) / 2.5]  # a sparse score counts 1 at most
    assert found.tolist() == pytest.approx(expected, abs=1e-6)
    assert found.dtype == np.float32


def test_fusion_without_the_new_channels_is_the_ranker():
    columns = {"ranker": values(0.5, 0.1), "dense": values(0.3, 0.2), "popularity": values(0.9, 0.1)}
    assert fuse(columns).tolist() == columns["ranker"].tolist()
    assert fuse({**columns, "late": values(np.nan, np.nan)}).tolist() == columns["ranker"].tolist()


def test_a_tag_without_token_vectors_stays_comparable():
    assert complete(values(0.9, np.nan, 0.8), values(0.6, 0.5, 0.5)).tolist() == pytest.approx([0.9, 0.8, 0.8])
    none = np.zeros(3, np.float32)
    found = fuse({"ranker": none, "dense": values(0.6, 0.5, 0.6), "popularity": none, "late": values(0.9, 0.8, np.nan)})
    assert found[2] == pytest.approx(found[0]) and found[2] > found[1]


def test_tuning_finds_better_weights(built):
    # The most used tags, whatever is asked.
    built.weights = FusionWeights(popularity=20.0, sparse=0.0, late=0.0)
    queries = [Query("hair past the", frozenset({"very_long_hair"})), Query("ears of a", frozenset({"cat_ears"}))]
    found = tune(built, queries)
    assert found.queries == 2 and found.before < found.after
    assert found.before < found.unseen <= found.after  # the two are of different halves, and want the same
    built.weights = found.weights
    assert tune(built, queries).before == found.after
    with pytest.raises(InputError):
        tune(built, [Query("hair", frozenset())])


def test_weights_survive_their_file(tmp_path):
    weights = FusionWeights(popularity=0.1, sparse=0.7)
    write_tuning(tmp_path / "w.json", Tuning(weights, 0.1, 0.2, 3, 0.15))
    assert read_weights(tmp_path / "w.json") == weights
    (tmp_path / "bad.json").write_text('{"weights": {"magic": 1}}')
    with pytest.raises(InputError, match="magic"):
        read_weights(tmp_path / "bad.json")


def test_tune_command(small_folder, tmp_path, capsys):
    queries = tmp_path / "q.jsonl"
    queries.write_text(
        "".join(
            json.dumps({"query": q, "relevant": [t]}) + "\n" for q, t in (("水手服", "serafuku"), ("hair", "long_hair"))
        )
    )
    target = tmp_path / "w.json"
    assert (
        main(["evaluate", "--queries", str(queries), "--db", str(small_folder), "--tune", str(target), "--json"]) == 0
    )
    printed = json.loads(capsys.readouterr().out)
    assert printed["queries"] == 2 and printed == json.loads(target.read_text())
    assert (
        main(["evaluate", "--queries", str(queries), "--db", str(small_folder), "--weights", str(target), "--json"])
        == 0
    )
    assert json.loads(capsys.readouterr().out)["mean"]["map_at_10"] == printed["map_at_10"]["after"]


def test_searches_use_the_weights_that_the_settings_name(small_folder, tmp_path):
    weights = FusionWeights(popularity=20.0)  # the most used tags, whatever is asked
    write_tuning(tmp_path / "w.json", Tuning(weights, 0.1, 0.2, 3, 0.15))
    (tmp_path / "config.toml").write_text('weights = "w.json"\n')
    best = {}
    for environ in ({}, {"DANBOORU_INDEX_WEIGHTS": str(tmp_path / "w.json")}):
        settings = load_settings(tmp_path, environ)
        with open_index(settings, small_folder)[0] as index:
            assert index.weights == weights
            best[len(environ)] = search(index, SearchRequest("hair in two tails")).hits[0]
    with open_index(Settings(home=tmp_path), small_folder)[0] as index:
        plain = search(index, SearchRequest("hair in two tails")).hits[0]
    assert best[0] == best[1] and best[0].score > 0.0
    assert best[0].post_count > plain.post_count
    with pytest.raises(InputError, match="holds no fusion weights"):
        open_index(Settings(home=tmp_path, weights=tmp_path / "none.json"), small_folder)
