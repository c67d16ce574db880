"""Indexes of earlier versions in the current format: an index that 0.2.0 built, by `upgrade`, by a build and by Rebuild's road."""

from __future__ import annotations

import json
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builds import WordEncoder, tag_lines, write_lines

from danbooru_index.cli import main
from danbooru_index.errors import IndexMismatchError
from danbooru_index.index.index import Index
from danbooru_index.index.manifest import SCHEMA_VERSION, read_manifest
from danbooru_index.index.versions import current_version
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.indexing.own_pairs import own_corpus, write_own_pairs
from danbooru_index.indexing.upgrade import upgrade_index
from danbooru_index.records import Rating, SearchRequest
from danbooru_index.search.engine import search
from danbooru_index.search.related import RelatedRequest, related
from danbooru_index.settings import load_settings

ARCHIVE = Path(__file__).with_name("data") / "index-0.2.0.tar.xz"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "index"


def test_an_old_index_is_refused_with_the_command_that_converts_it(old: Path) -> None:
    with pytest.raises(IndexMismatchError, match="schema version 3") as caught:
        Index(old, encoder=WordEncoder())
    assert "danbooru-index upgrade" in caught.value.hint


def test_upgrade_encodes_nothing_and_gives_what_a_build_gives(old: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_bytes(own_corpus(current_version(old)).read_bytes())
    before = current_version(old)
    assert main(["upgrade", str(old)]) == 0
    version = current_version(old)
    assert version != before and not before.exists()
    manifest = read_manifest(version)
    assert manifest.schema == SCHEMA_VERSION and manifest.rows == 13 == manifest.options["chroma_tags"]
    assert main(["verify", str(old)]) == 0
    built = build_index(corpus, tmp_path / "built", WordEncoder(), BuildOptions(lexicon=False)).folder
    with Index(old, encoder=WordEncoder()) as index, Index(built, encoder=WordEncoder()) as other:
        assert index.channel_names == ("dense", "lexical", "words", "sparse", "late")
        assert np.allclose(index.similarity_floor, other.similarity_floor, atol=1e-3)
        for text in ("red thing", "蓝色", "thing with the number 7", "裸体"):
            request = SearchRequest(text, nsfw="include")
            found, wanted = search(index, request), search(other, request)
            assert found.tags == wanted.tags
            assert np.allclose([hit.score for hit in found.hits], [hit.score for hit in wanted.hits], atol=1e-4)
        row = index.store.row_of("nude_example")
        assert row is not None and index.store.rating[row] == Rating.EXPLICIT
        assert "nude_example" not in search(index, SearchRequest("nude example")).tags
        assert [hit.tag for hit in related(index, RelatedRequest(("red_thing_0",), nsfw="include")).hits] == [
            "blue_thing_1",
            "green_thing_2",
        ]
    with Index(old, encoder=WordEncoder(), settings=replace(load_settings(), dense="chroma")) as index:
        assert search(index, SearchRequest("red thing")).nearest_by == "Chroma"


def test_an_index_of_today_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build_index(write_lines(tmp_path / "c.jsonl", tag_lines(5)), tmp_path / "index", WordEncoder())
    before = current_version(tmp_path / "index")
    assert upgrade_index(tmp_path / "index") is None
    assert main(["upgrade", str(tmp_path / "index"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["upgraded"] is False
    assert current_version(tmp_path / "index") == before


def test_a_build_from_an_old_indexs_own_corpus_encodes_only_new_texts(old: Path, tmp_path: Path) -> None:
    """What the node Rebuild does without a corpus."""
    version = current_version(old)
    pairs = write_own_pairs(version, tmp_path / "own.csv.gz")
    options = BuildOptions(cooccurrence=pairs, lexicon=False)
    encoder = WordEncoder()
    report = build_index(own_corpus(version), old, encoder, options)
    assert report.reused == report.texts
    with Index(old, encoder=encoder) as index:
        assert index.cooccurrence is not None
        assert search(index, SearchRequest("red thing 8")).tags


def test_an_interrupted_upgrade_resumes_and_the_old_index_stays(old: Path) -> None:
    seen: list[str] = []
    before = current_version(old)
    with pytest.raises(Exception, match="was stopped"):
        upgrade_index(old, progress=lambda step: seen.append(step.name), cancelled=lambda: "words" in seen)
    assert current_version(old) == before
    report = upgrade_index(old)
    assert report is not None and report.notes[0].startswith("The unfinished build")
    assert main(["verify", str(old)]) == 0
