"""Nothing of a stranger's is removed: builds and fetches keep their hands off folders that something else made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from builds import WordEncoder
from hub_versions import CONTENTS, QUICK, write_version

from danbooru_index.errors import IndexFolderError
from danbooru_index.hub import fetch_index
from danbooru_index.index.versions import (
    claim,
    current_version,
    remove_unused,
    remove_version,
    set_current,
    unfinished_versions,
)
from danbooru_index.indexing import BuildOptions, build_index

pytest_plugins = ["hub_fixtures"]
LINE = '{"id": "1", "text": "【通用】cat - 猫。 A cat.", "source": "t"}\n'


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"theirs: " + name.encode())
    return folder


STRANGERS = {
    "pyenv": ("versions/3.11.7/bin/python", "versions/3.12.1/bin/python", "version"),
    "leveldb": ("CURRENT", "MANIFEST-000004", "000005.ldb"),
    "extension": ("manifest.json", "background.js"),
    "its own versions": ("versions/1/manifest.json", "versions/1/unfinished/notes.txt", "versions/2/source.json"),
}


@pytest.fixture(params=STRANGERS)
def theirs(request, tmp_path) -> Path:
    return write(tmp_path / "theirs", *STRANGERS[request.param])


def test_a_build_into_a_strangers_folder_is_refused(theirs, tmp_path):
    corpus, before = tmp_path / "corpus.jsonl", contents(theirs)
    corpus.write_text(LINE, encoding="utf-8")
    for restart in (False, True):
        with pytest.raises(IndexFolderError, match="belongs to something else") as caught:
            build_index(corpus, theirs, WordEncoder(), BuildOptions(restart=restart))
        assert "Nothing was changed" in caught.value.hint
    assert contents(theirs) == before


def test_a_fetch_into_a_strangers_folder_is_refused(theirs, published, settings):
    before = contents(theirs)
    with pytest.raises(IndexFolderError, match="belongs to something else"):
        fetch_index(settings, theirs, retry=QUICK)
    assert contents(theirs) == before
    assert published.requests == []


def test_a_strangers_folder_among_our_versions_stays(published, settings, folder):
    fetch_index(settings, folder, retry=QUICK)
    write(folder, "versions/node/v20/bin/node", "versions/empty.txt", "versions/mine/unfinished/draft.txt")
    before = contents(folder / "versions/node") | contents(folder / "versions/mine")
    published.add("test/index").commit({**published.add("test/index").files(), "README.md": b"new"})
    fetch_index(replace(settings, revision="main"), folder, retry=QUICK)
    assert remove_unused(folder) == []
    assert unfinished_versions(folder) == []
    assert not remove_version(folder / "versions/node")
    assert contents(folder / "versions/node") | contents(folder / "versions/mine") == before
    assert (folder / "versions/empty.txt").exists()


def test_a_link_to_a_folder_elsewhere_is_not_followed(tmp_path):
    elsewhere = write_version(tmp_path / "elsewhere", CONTENTS)
    folder = tmp_path / "index"
    write_version(folder / "versions/ab-current", CONTENTS)
    set_current(folder, "ab-current")
    (folder / "versions/ab-linked").symlink_to(elsewhere, target_is_directory=True)
    before = contents(elsewhere)
    assert remove_unused(folder) == []
    assert contents(elsewhere) == before


def test_an_index_of_an_earlier_version_is_ours(tmp_path):
    # 0.1 and 0.2 wrote no marker: the manifest tells, of whatever schema, damaged or not.
    folder = tmp_path / "index"
    for name in ("ab-old", "ab-new"):
        write(folder, f"versions/{name}/data.bin")
        (folder / f"versions/{name}/manifest.json").write_text(
            f'{{\n  "corpus_sha256": "{64 * "a"}",\n  "encoder": {{ ...'
        )
    set_current(folder, "ab-new")
    claim(folder)
    assert remove_unused(folder) == ["ab-old"]
    assert current_version(folder).name == "ab-new"
    assert sorted(path.name for path in folder.iterdir()) == [".danbooru-index", "CURRENT", "versions"]


def test_a_removal_that_was_cut_off_is_finished_later(tmp_path):
    folder = tmp_path / "index"
    for name in ("ab-old", "ab-new"):
        write_version(folder / f"versions/{name}", CONTENTS)
    set_current(folder, "ab-new")
    write(folder, ".danbooru-index-removed/ab-before-0/half.bin")
    assert remove_unused(folder) == ["ab-old"]
    assert not (folder / ".danbooru-index-removed").exists()
