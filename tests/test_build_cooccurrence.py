"""Pairs of tags in a build: taken from beside the corpus, or from a file that is named; related tags answer from them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from danbooru_index.cli import main
from danbooru_index.index.layout import COOCCURRENCE
from danbooru_index.index.versions import current_version
from danbooru_index.indexing.own_pairs import own_corpus, write_own_pairs

PAIRS = "tag_a,tag_b,count\ncat_ears,animal_ears,250000\nanimal_ears,cat_ears,240000\numbrella,night_sky,9000\nnowhere,1girl,5\n"


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict:
    assert main([str(a) for a in arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_pairs_beside_the_corpus_are_taken(capsys: pytest.CaptureFixture[str], corpus: Path, tmp_path: Path) -> None:
    corpus.with_name("corpus.cooccurrence.csv.gz").write_bytes(gzip.compress(PAIRS.encode()))
    assert main(["build", "--input", str(corpus), "--db", str(tmp_path / "db")]) == 0
    assert "2 pairs of tags are taken from corpus.cooccurrence.csv.gz" in "".join(capsys.readouterr())
    found = run(capsys, "related", "cat_ears", "--db", tmp_path / "db", "--json")
    assert found["method"] == "co-occurrence" and found["hits"][0]["tag"] == "animal_ears"
    assert run(capsys, "verify", tmp_path / "db", "--json")["ok"]


def test_a_named_file_is_taken_and_a_missing_one_is_an_error(
    capsys: pytest.CaptureFixture[str], corpus: Path, tmp_path: Path
) -> None:
    pairs = tmp_path / "pairs.csv"
    flags = ("build", "--input", str(corpus), "--db", str(tmp_path / "db"), "--cooccurrence", str(pairs))
    assert main([*flags]) == 1
    assert "pairs.csv cannot be read" in capsys.readouterr().err
    pairs.write_text(PAIRS, encoding="utf-8")
    run(capsys, *flags, "--json")
    assert run(capsys, "related", "umbrella", "--db", tmp_path / "db", "--json")["hits"][0]["tag"] == "night_sky"


def test_an_index_built_again_from_its_own_corpus_keeps_its_pairs(
    capsys: pytest.CaptureFixture[str], corpus: Path, tmp_path: Path
) -> None:
    corpus.with_name("corpus.cooccurrence.csv.gz").write_bytes(gzip.compress(PAIRS.encode()))
    run(capsys, "build", "--input", corpus, "--db", tmp_path / "db", "--json")
    before = current_version(tmp_path / "db")
    arrays = {path.name: path.read_bytes() for path in (before / COOCCURRENCE).iterdir()}
    pairs = write_own_pairs(before, tmp_path / "own.csv.gz")
    assert pairs is not None
    text = gzip.decompress(pairs.read_bytes()).decode()
    assert sorted(text.splitlines()[1:]) == ["animal_ears,cat_ears,250000", "night_sky,umbrella,9000"]
    flags = ("--input", own_corpus(before), "--cooccurrence", pairs, "--db", tmp_path / "db", "--json")
    assert run(capsys, "build", *flags)["reused"] > 0
    after = current_version(tmp_path / "db")
    assert after != before
    assert {path.name: path.read_bytes() for path in (after / COOCCURRENCE).iterdir()} == arrays


def test_an_index_without_pairs_has_none_to_write(small_folder: Path, tmp_path: Path) -> None:
    assert write_own_pairs(current_version(small_folder), tmp_path / "own.csv.gz") is None
    assert list(tmp_path.iterdir()) == []
