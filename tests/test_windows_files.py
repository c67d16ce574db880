"""Locked files, reserved and long names, names that differ by case, read-only homes: by a file layer that behaves as Windows."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from builds import WordEncoder, tag_lines, write_lines
from conftest import corpus_lines
from file_layer import needs_layer, while_it_is_read
from hub_versions import CONTENTS, QUICK, REPOSITORY, read_contents, write_version
from windows_files import windows_files

from danbooru_index.errors import BuildError, DanbooruIndexError, HubError, IndexFolderError
from danbooru_index.hub import fetch_index
from danbooru_index.index.index import Index
from danbooru_index.index.versions import VERSIONS, current_version, set_current
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.locate import ensure_starter
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search
from danbooru_index.settings import Settings
from danbooru_index.storage.paths import lies_in

pytest_plugins = ["hub_fixtures"]
pytestmark = needs_layer


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "corpus.jsonl", corpus_lines())


def newer(published, tmp_path, number: int) -> None:
    changed = {**CONTENTS, "tags/corpus.jsonl": b"newer %d" % number}
    published.add(REPOSITORY).commit_folder(write_version(tmp_path / f"newer-{number}", changed))


def test_the_layer_itself(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    with windows_files(folder) as layer:
        (folder / "A.txt").write_text("a")
        assert (folder / "a.TXT").open().read() == "a"
        (folder / "more").mkdir()
        (folder / "more/b").write_text("b")
        (folder / "new").write_text("n")
        with (folder / "A.txt").open() as held, (folder / "more/b").open():
            with pytest.raises(PermissionError):
                (folder / "A.txt").unlink()
            with pytest.raises(PermissionError):
                (folder / "more").rename(folder / "other")
            with pytest.raises(PermissionError):
                (folder / "new").replace(folder / "A.txt")
            assert held.read() == "a"
        for name in ("con", "aux.txt", "a:b", "end."):
            with pytest.raises(OSError, match="Invalid argument"):
                (folder / name).write_text("x")
        (folder / "A.txt").unlink()
        assert len(layer.refused) == 7
    (folder / "con").write_text("Linux again")


def test_an_index_is_built_searched_and_built_again_while_it_is_open(corpus, tmp_path):
    folder = tmp_path / "index"
    with windows_files(tmp_path):
        first = build_index(corpus, folder, WordEncoder()).folder
        with Index(folder, encoder=WordEncoder()) as index:
            search(index, SearchRequest("cat ears"))
            write_lines(corpus, [*corpus_lines(), *tag_lines(3)])
            second = build_index(corpus, folder, WordEncoder(), BuildOptions(reuse=False)).folder
            assert search(index, SearchRequest("cat ears")).hits
            assert first.is_dir() and current_version(folder) == second
        Index(folder, encoder=WordEncoder()).close()
        assert not first.exists()


def test_updates_go_on_while_a_file_of_an_old_version_is_open(published, settings, folder, tmp_path):
    with windows_files(tmp_path / "home"):
        first = fetch_index(settings, folder, retry=QUICK).folder
        with (first / "tags/corpus.jsonl").open("rb"):
            newer(published, tmp_path, 1)
            fetch_index(settings, folder, retry=QUICK, options=_update())
            assert first.is_dir()
            assert not (folder / ".danbooru-index-removed").exists() or not any(
                (folder / ".danbooru-index-removed").iterdir()
            )
        newer(published, tmp_path, 2)
        last = fetch_index(settings, folder, retry=QUICK, options=_update()).folder
        assert [path.name for path in (folder / VERSIONS).iterdir()] == [last.name]
        assert read_contents(last)["tags/corpus.jsonl"] == b"newer 2"


def _update():
    from danbooru_index.hub import FetchOptions

    return FetchOptions(update=True)


def test_a_pointer_that_somebody_reads_just_now_is_replaced_a_moment_later(tmp_path):
    folder = tmp_path / "index"
    folder.mkdir()
    set_current(folder, "one")
    with windows_files(tmp_path) as layer:
        while_it_is_read(folder / "CURRENT", layer, lambda: set_current(folder, "two"))
        assert (folder / "CURRENT").read_text() == "two\n"
        assert [what for what, _ in layer.refused].count("replace") >= 1
    assert [path.name for path in folder.iterdir()] == ["CURRENT"]


@pytest.mark.parametrize("name", ["aux.npy", "tags/con", "a:b", "end.", "Tags/x"])
def test_names_that_windows_cannot_have_are_refused_before_a_download(published, settings, folder, tmp_path, name):
    bad = write_version(tmp_path / "bad", {**CONTENTS, name: b"x"})
    published.add(REPOSITORY).commit_folder(bad)
    with windows_files(tmp_path / "home") as layer:
        if name == "Tags/x":
            # One folder there, two here: allowed, and both files arrive.
            report = fetch_index(settings, folder, retry=QUICK)
            assert (report.folder / "tags/corpus.jsonl").stat().st_size == len(CONTENTS["tags/corpus.jsonl"])
            return
        with pytest.raises(HubError, match="unsafe path"):
            fetch_index(settings, folder, retry=QUICK)
        assert layer.refused == []


def test_a_path_that_is_too_long_is_an_error_of_ours(published, settings, folder, tmp_path, corpus):
    with windows_files(tmp_path, prefix=180):
        with pytest.raises(HubError, match="cannot be written"):
            fetch_index(settings, folder, retry=QUICK)
        with pytest.raises((BuildError, IndexFolderError)):
            build_index(corpus, tmp_path / "ours", WordEncoder())
    assert read_contents(fetch_index(settings, folder, retry=QUICK).folder) == CONTENTS


def test_a_read_only_home(published, settings, folder, tmp_path, corpus):
    build_index(corpus, tmp_path / "ours", WordEncoder())
    with windows_files(tmp_path) as layer:
        layer.read_only = True
        with Index(tmp_path / "ours", encoder=WordEncoder()) as index:
            assert search(index, SearchRequest("cat ears")).hits
        for work in (
            lambda: fetch_index(settings, folder, retry=QUICK),
            lambda: build_index(corpus, tmp_path / "other", WordEncoder()),
            lambda: ensure_starter(Settings(home=tmp_path / "nowhere")),
        ):
            with pytest.raises(DanbooruIndexError) as caught:
                work()
            assert "full" not in str(caught.value)
            assert "permission" in caught.value.hint or "can be written" in caught.value.hint


@pytest.mark.skipif(os.name != "posix", reason="by the system's own permissions")
def test_a_home_in_a_folder_that_is_not_the_users(tmp_path, monkeypatch):
    from danbooru_index import locate

    def refused(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(locate.Path, "mkdir", refused)
    with pytest.raises(IndexFolderError, match=r"cannot be built in .*: Permission denied") as caught:
        ensure_starter(replace(Settings(home=tmp_path / "theirs")))
    assert "DANBOORU_INDEX_HOME" in caught.value.hint


def test_case_does_not_matter_to_what_is_allowed(tmp_path):
    (tmp_path / "Tags").mkdir()
    with windows_files(tmp_path):
        assert lies_in(str(tmp_path / "TAGS/new"), str(tmp_path / "Tags"))
