"""An index is a stranger's data: whatever its files hold, it is used or refused by one of our own errors."""

from __future__ import annotations

import json
import random
import resource
import shutil
from pathlib import Path

import numpy as np
import pytest
from builds import WordEncoder
from conftest import corpus_lines
from mutations import files_of, mutated, mutated_manifest, reseal, use

from danbooru_index.errors import DanbooruIndexError, IndexDamagedError, IndexMismatchError
from danbooru_index.index.index import Index
from danbooru_index.index.manifest import read_manifest
from danbooru_index.index.notes import CHECKED, TRUSTED, is_trusted
from danbooru_index.index.versions import current_version
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search
from danbooru_index.settings import Settings
from danbooru_index.storage.files import map_array


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A version with every channel; its tests put back what they change."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "corpus.jsonl").write_text("\n".join(corpus_lines()), encoding="utf-8")
    (folder / "pairs.csv").write_text("tag_a,tag_b,count\nlong_hair,1girl,5\ncat_ears,1girl,3\n")
    options = BuildOptions(cooccurrence=folder / "pairs.csv")
    build_index(folder / "corpus.jsonl", folder / "index", WordEncoder(), options)
    return current_version(folder / "index")


@pytest.fixture
def version(built, tmp_path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "version"))


def test_the_index_itself_is_fine(version):
    assert use(version, WordEncoder()) == "fine"


def test_mutated_files_are_used_or_refused(version):
    rng, outcomes = random.Random(12), []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for path in files_of(version):
        data = path.read_bytes()
        for _ in range(3):
            path.write_bytes(mutated(data, rng, path.name))
            reseal(version)
            outcomes.append(use(version, WordEncoder()))
        path.write_bytes(data)
    assert outcomes.count("IndexDamagedError") > len(outcomes) / 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # kB


def test_mutated_manifests_are_used_or_refused(version):
    rng, path = random.Random(5), version / "manifest.json"
    data = path.read_bytes()
    outcomes = []
    for _ in range(80):
        path.write_bytes(mutated_manifest(data, rng))
        outcomes.append(use(version, WordEncoder()))
    assert outcomes.count("IndexDamagedError") > 20


@pytest.mark.parametrize("channel", ["dense", "lexical", "words"])
def test_a_manifest_without_a_channel(version, channel):
    path = version / "manifest.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    values["files"] = {name: entry for name, entry in values["files"].items() if not name.startswith(f"{channel}/")}
    path.write_text(json.dumps(values), encoding="utf-8")
    reseal(version)
    with pytest.raises(IndexDamagedError, match=f"lists no files of {channel}/"):
        Index(version, encoder=WordEncoder())


@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 5000, '{"a":' * 50_000, "", "null", "\ud800"])
def test_a_manifest_that_is_none(version, text):
    (version / "manifest.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(IndexDamagedError):
        read_manifest(version)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("dense/kinds.npy", lambda a: a + np.uint8(99), "dense/kinds.npy holds 99 to"),
        ("dense/starts.npy", lambda a: a * 10**6, "dense/starts.npy goes from 0 to"),
        ("lexical/characters/document_starts.npy", lambda a: np.r_[a[:1], a[-1] * 2, a[2:]], "does not ascend"),
        ("lexical/characters/documents.npy", lambda a: a + np.uint16(10**4), "holds a document behind the last one"),
        ("lexical/characters/common.npy", lambda a: np.r_[a[:1], a[:1], a[2:]], "holds a number twice"),
        ("lexical/characters/blocks.npy", lambda a: np.r_[a[:1], a[:1] - 1, a[2:]], "does not ascend"),
        ("lexical/characters/name_starts.npy", lambda a: a[:-1], "name_starts.npy holds uint32"),
        ("lexical/spelling/scales.npy", lambda a: a * np.float32("inf"), "not finite"),
        ("tags/key_rows.npy", lambda a: a - 5, "tags/key_rows.npy holds -5 to"),
        ("tags/offsets.npy", lambda a: a[:-1], "tags/offsets.npy holds int64"),
        ("late/starts.npy", lambda a: a + 10**9, "leads beyond the last token"),
        ("words/dictionary/documents.npy", lambda a: a.astype(np.int64), "instead of int32"),
        ("sparse/documents.npy", lambda a: a - 1, "sparse/documents.npy holds -1 to"),
        ("cooccurrence/others.npy", lambda a: a + 100, "cooccurrence/others.npy holds"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_searched(version, name, change, said):
    np.save(version / name, change(np.load(version / name)))
    reseal(version)
    with pytest.raises(IndexDamagedError, match=said) as caught:
        Index(version, encoder=WordEncoder())
    assert "danbooru-index verify" in caught.value.hint


def test_values_are_read_once_and_again_when_a_file_changed(version, tmp_path):
    settings = Settings(home=tmp_path / "mine")
    for _ in range(2):
        Index(version, encoder=WordEncoder(), settings=settings).close()
    assert len(list((settings.home / CHECKED).iterdir())) == 1
    path = version / "tags/key_rows.npy"
    np.save(path, np.load(path) + 99)  # the manifest knows sizes at an opening, and this one stays
    with pytest.raises(IndexDamagedError, match="key_rows"):
        Index(version, encoder=WordEncoder(), settings=settings)
    assert list(version.glob("**/checked")) == []


def test_what_was_built_here_is_known_and_a_copy_of_it_is_not(built, version, own_home, tmp_path):
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("\n".join(corpus_lines()), encoding="utf-8")
    ours = build_index(corpus, tmp_path / "index", WordEncoder()).folder
    assert is_trusted(ours, own_home)
    assert not is_trusted(version, own_home)
    (ours / "chroma/chroma.sqlite3").touch()  # Chroma itself writes to it
    assert is_trusted(ours, own_home)
    (ours / "tags/keys.npy").touch()
    assert not is_trusted(ours, own_home)
    assert not (version / TRUSTED).exists()


def test_files_that_change_under_an_open_index_are_named(version):
    with Index(version, encoder=WordEncoder()) as index:
        index.dense._starts = index.dense._starts * 1000
        with pytest.raises(IndexDamagedError, match=r"could not be searched: (IndexError|ValueError)"):
            search(index, SearchRequest("cat"))


def test_an_encoder_that_nobody_fetched_is_not_opened(version, tmp_path):
    (version / "encoder").mkdir()
    (version / "encoder/model.onnx").write_bytes(b"a program")
    (version / "encoder/model.json").write_text(json.dumps({"identity": WordEncoder.identity.as_json()}))
    with Index(version) as index, pytest.raises(DanbooruIndexError, match="There is no encoder 'words'"):
        _ = index.encoder


@pytest.mark.parametrize(
    "name", [r"\\evil\share\m3", "//evil/share", r"\??\UNC\evil\share", r"\\?\UNC\evil\x", r"\\.\pipe\x"]
)
def test_an_encoder_on_another_computer_is_not_looked_at(version, name, monkeypatch):
    path = version / "manifest.json"
    value = json.loads(path.read_text(encoding="utf-8"))
    value["encoder"]["name"] = name
    path.write_text(json.dumps(value))
    with Index(version) as index:
        monkeypatch.setattr(Path, "is_dir", lambda self: pytest.fail(f"{self} was looked at"))
        with pytest.raises(IndexMismatchError, match="on another computer"):
            _ = index.encoder


@pytest.mark.parametrize("data", [b"", b"\x93NUMPY", b"\x93NUMPY\x03\x00\x00\x00\x00\x00", b"PK\x03\x04", bytes(300)])
def test_what_is_not_an_array(tmp_path, data):
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(IndexDamagedError):
        map_array(tmp_path / "a.npy")
