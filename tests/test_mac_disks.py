"""Disks without locks, shared ones, synced writes, read-only homes, one folder in several spellings: as macOS has them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from builds import WordEncoder, write_lines
from conftest import corpus_lines
from file_layer import needs_layer, while_it_is_read
from hub_versions import CONTENTS, QUICK
from mac_files import Disk, mac_files

from danbooru_index.errors import DanbooruIndexError
from danbooru_index.hub import fetch_index
from danbooru_index.index.facts import index_facts
from danbooru_index.index.index import Index
from danbooru_index.index.notes import is_trusted, trust_version
from danbooru_index.index.versions import current_version, set_current
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.locate import ensure_starter
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search
from danbooru_index.settings import Settings
from danbooru_index.storage.paths import lies_in, true_path
from danbooru_index.transport.listing import check_names

pytest_plugins = ["hub_fixtures"]
pytestmark = needs_layer
CANNOT = "the file system of the Chroma collection has no locks"
QUICKLY = BuildOptions(chroma_tags=0)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "corpus.jsonl", corpus_lines())


def test_a_case_and_a_composition_are_one_name_in_a_listing_of_a_stranger() -> None:
    # ǰ folds to two characters, whose accents then stand in another order than those of the second name.
    for first, second in (("tags/a", "Tags/A"), ("ガ", "カ\u3099"), ("\u01f0\u0323", "J\u0323\u030c")):
        with pytest.raises(ValueError, match="two files are called"):
            check_names([first, second])
    check_names(["ガ", "カ", "tags/a", "tags/b"])


def test_a_pointer_reaches_the_disk_itself_before_it_has_its_name(tmp_path: Path) -> None:
    with mac_files(tmp_path, Disk()) as layer:
        set_current(tmp_path, "one")
        assert layer.flushed == [f".CURRENT.{os.getpid()}.tmp"]
    with mac_files(tmp_path, Disk(full=False)) as layer:
        set_current(tmp_path, "two")
        assert layer.refused == [("fcntl", f".CURRENT.{os.getpid()}.tmp")] and layer.flushed == []
    assert (tmp_path / "CURRENT").read_text() == "two\n"


def test_a_download_reaches_the_disk_itself_before_it_has_its_name(published, settings, folder, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with mac_files(tmp_path / "home", Disk()) as layer:
        fetch_index(settings, folder, retry=QUICK)
        flushed = [path for path in layer.flushed if path.startswith("index/.fetch/parts/")]
        assert len(flushed) == len(set(CONTENTS.values())) and layer.flushed[-1] == f"index/.CURRENT.{os.getpid()}.tmp"


def test_on_a_shared_disk_an_open_pointer_is_replaced_a_moment_later(tmp_path: Path) -> None:
    set_current(tmp_path, "one")
    with mac_files(tmp_path, Disk(shared=True)) as layer:
        while_it_is_read(tmp_path / "CURRENT", layer, lambda: set_current(tmp_path, "two"))
        assert layer.refused and (tmp_path / "CURRENT").read_text() == "two\n"


def test_a_disk_without_locks_is_searched_and_nothing_is_built_there(published, settings, tmp_path, corpus) -> None:
    folder = tmp_path / "home/index"
    build_index(corpus, folder, WordEncoder(), BuildOptions())
    with mac_files(tmp_path / "home", Disk(locks=False)) as layer:
        with Index(folder, encoder=WordEncoder(), settings=replace(settings, dense="chroma")) as index:
            found = search(index, SearchRequest("cat ears"))
            assert found.tags[0] == "cat_ears" and found.nearest_by == f"sketches ({CANNOT})"
        assert index_facts(current_version(folder))["chroma"].endswith("no locks, so searches here use the sketches")
        assert not list((folder / "readers").rglob("*.lock"))
        for work in (
            lambda: fetch_index(settings, tmp_path / "home/other", retry=QUICK),
            lambda: build_index(corpus, folder, WordEncoder(), QUICKLY),
            lambda: ensure_starter(Settings(home=tmp_path / "home/new")),
        ):
            with pytest.raises(DanbooruIndexError, match="its file system has no locks") as caught:
                work()
            assert "DANBOORU_INDEX_HOME" in caught.value.hint
        assert {what for what, _ in layer.refused} == {"flock"}
    with Index(folder, encoder=WordEncoder()) as index:
        assert search(index, SearchRequest("cat ears")).tags[0] == "cat_ears"


def test_an_index_is_the_same_in_another_spelling(corpus: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with mac_files(tmp_path, Disk()):
        build_index(corpus, home / "Index", WordEncoder())
        trust_version(current_version(home / "Index"), home)
        assert is_trusted(current_version(home / "index"), home)
        chroma = replace(Settings(home=home), dense="chroma")
        with (
            Index(home / "Index", encoder=WordEncoder(), settings=chroma) as one,
            Index(home / "INDEX", encoder=WordEncoder(), settings=chroma) as other,
        ):
            found = [search(index, SearchRequest("cat ears")) for index in (one, other)]
        assert [result.nearest_by for result in found] == ["Chroma", "Chroma"]
        (home / "Model").mkdir()
        assert true_path(home / "model") == home / "Model"


def test_a_folder_lies_in_another_through_links_and_in_any_spelling(tmp_path: Path) -> None:
    (tmp_path / "private/tmp/ガ/inside").mkdir(parents=True)
    (tmp_path / "tmp").symlink_to(tmp_path / "private/tmp", target_is_directory=True)
    with mac_files(tmp_path, Disk()):
        for path in ("tmp/ガ/inside", "private/tmp/ガ", "TMP/カ\u3099/new/deeper", "private/Tmp/ガ/Inside"):
            assert lies_in(str(tmp_path / path), str(tmp_path / "tmp/ガ"))
            assert lies_in(str(tmp_path / path), str(tmp_path / "Private/tmp/カ\u3099"))
        for path in ("tmp", "tmp/カ", "tmp/ガ/../x", "private/tmp/ガ-2"):
            assert not lies_in(str(tmp_path / path), str(tmp_path / "tmp/ガ"))


def test_a_read_only_home(published, settings: Settings, folder: Path, corpus: Path, tmp_path: Path) -> None:
    build_index(corpus, tmp_path / "ours", WordEncoder(), QUICKLY)
    with mac_files(tmp_path, Disk()) as layer:
        layer.read_only = True
        with Index(tmp_path / "ours", encoder=WordEncoder()) as index:
            assert search(index, SearchRequest("cat ears")).tags[0] == "cat_ears"
        for work in (
            lambda: fetch_index(settings, folder, retry=QUICK),
            lambda: build_index(corpus, tmp_path / "ours", WordEncoder(), QUICKLY),
            lambda: ensure_starter(Settings(home=tmp_path / "nowhere")),
        ):
            with pytest.raises(DanbooruIndexError, match="Read-only file system"):
                work()
