"""Index folders: the pointer, the manifest, damage of every kind, and the encoder's identity."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from danbooru_index.encoders import EncoderIdentity, open_encoder
from danbooru_index.errors import (
    BuildError,
    CorpusError,
    IndexDamagedError,
    IndexMismatchError,
    IndexNotFoundError,
    InputError,
)
from danbooru_index.index.index import Index
from danbooru_index.index.manifest import REWRITTEN, check_files, parse_manifest, read_manifest
from danbooru_index.index.versions import current_version
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.locate import ensure_starter, locate
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search
from danbooru_index.settings import load_settings


@pytest.fixture
def folder(small_folder: Path, tmp_path: Path) -> Path:
    """A copy of the small index that a test may damage."""
    return Path(shutil.copytree(small_folder, tmp_path / "index"))


def edit_manifest(folder: Path, **changes: object) -> None:
    path = current_version(folder) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


def test_the_manifest_lists_every_file_with_size_and_hash(folder: Path) -> None:
    version = current_version(folder)
    manifest = read_manifest(version)
    assert (manifest.rows, manifest.encoder) == (17, EncoderIdentity("use-multilingual", "0.2.1", 512))
    on_disk = {p.relative_to(version).as_posix() for p in version.rglob("*") if p.is_file()} - {"manifest.json"}
    assert set(manifest.files) == on_disk
    assert check_files(version, manifest, hashes=True) == []


def test_searching_changes_no_file(folder: Path) -> None:
    with Index(folder) as index:
        assert search(index, SearchRequest("twintails")).tags[0] == "twintails"
        version, manifest = index.folder, index.manifest
    assert check_files(version, manifest, hashes=True) == []


def test_verify_finds_a_flipped_byte_in_every_file(folder: Path) -> None:
    version = current_version(folder)
    manifest = read_manifest(version)
    for name, entry in manifest.files.items():
        if not entry.size or name in REWRITTEN:  # tests/test_chroma.py: what that one holds is compared
            continue
        path = version / name
        content = path.read_bytes()
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        assert check_files(version, manifest, hashes=True) == [
            f"{name} has been changed (its SHA-256 is not the manifest's)"
        ]
        path.write_bytes(content)


def test_a_missing_or_truncated_file_is_refused_on_opening(folder: Path) -> None:
    version = current_version(folder)
    vectors = version / "dense" / "vectors.i8"
    content = vectors.read_bytes()
    vectors.write_bytes(content[:-1])
    with pytest.raises(IndexDamagedError, match=r"vectors\.i8 has") as caught:
        Index(folder)
    assert "danbooru-index build" in caught.value.hint
    vectors.unlink()
    with pytest.raises(IndexDamagedError, match=r"vectors\.i8 is missing"):
        Index(folder)


def test_folders_that_hold_no_index(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(IndexNotFoundError, match="There is no index folder"):
        Index(tmp_path / "nowhere")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(IndexNotFoundError, match="holds no index"):
        Index(empty)
    (folder / "CURRENT").write_text("../../etc\n", encoding="utf-8")
    with pytest.raises(IndexDamagedError, match="is not there"):
        Index(folder)
    (folder / "CURRENT").write_text("gone\n", encoding="utf-8")
    with pytest.raises(IndexDamagedError, match="'gone', which is not there"):
        Index(folder)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"schema": 99}, IndexMismatchError, "schema version 99"),
        ({"format": "other"}, IndexDamagedError, "not a manifest"),
        ({"encoder": {"name": "x"}}, IndexDamagedError, "incomplete"),
        ({"files": {"../../x": {"size": 1, "sha256": "0"}}}, IndexDamagedError, "unsafe path"),
        ({"files": {"/etc/passwd": {"size": 1, "sha256": "0"}}}, IndexDamagedError, "unsafe path"),
        ({"files": {"C:x": {"size": 1, "sha256": "0"}}}, IndexDamagedError, "unsafe path"),
    ],
)
def test_a_foreign_manifest_is_refused(folder: Path, changes: dict, error: type[Exception], words: str) -> None:
    edit_manifest(folder, **changes)
    with pytest.raises(error, match=words):
        Index(folder)


def test_a_manifest_that_is_not_json_is_refused(folder: Path) -> None:
    (current_version(folder) / "manifest.json").write_text('{"format":', encoding="utf-8")
    with pytest.raises(IndexDamagedError, match="cannot be read"):
        Index(folder)


def test_an_index_refuses_another_encoder(folder: Path) -> None:
    edit_manifest(folder, encoder={"name": "use-multilingual", "revision": "0.1.0", "dimensions": 512})
    index = Index(folder)
    with pytest.raises(IndexMismatchError, match=r"built by use-multilingual@0\.1\.0"):
        _ = index.encoder
    with pytest.raises(IndexMismatchError, match=r"not by use-multilingual@0\.2\.1"):
        Index(folder, encoder=open_encoder("use-multilingual"))


def test_a_failed_build_leaves_the_old_index_working(folder: Path, tmp_path: Path) -> None:
    before = current_version(folder)
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"text": "【通用】a - 甲。"}\nbroken\n', encoding="utf-8")
    with pytest.raises(CorpusError, match="line 2"):
        build_index(bad, folder, open_encoder("use-multilingual"))
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="no usable line"):
        build_index(empty, folder, open_encoder("use-multilingual"))
    assert current_version(folder) == before
    with Index(folder) as index:
        assert search(index, SearchRequest("cat ears")).tags[0] == "cat_ears"
    report = build_index(bad, folder, open_encoder("use-multilingual"), BuildOptions(strict=False))
    assert (report.rows, report.bad_lines, str(report.problems[0])[:16]) == (1, 1, "line 2: not JSON")
    with Index(folder) as index:
        assert search(index, SearchRequest("甲")).tags == ["a"]


def test_a_folder_that_cannot_be_written_is_a_build_error(corpus: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(BuildError, match="could not be written"):
        build_index(corpus, blocked / "index", open_encoder("use-multilingual"))


def test_the_starter_index_is_unpacked_once_and_found(own_home: Path) -> None:
    settings, steps = load_settings(), []
    first = ensure_starter(settings, steps.append)
    assert steps[0].note == "The starter index is unpacked first, once; that takes a few seconds."
    version = current_version(first)
    steps.clear()
    located = locate(settings, None, steps.append)
    assert steps == []
    assert located.folder == own_home / "starter" and "starter index" in located.reason
    assert current_version(located.folder) == version
    assert read_manifest(version).rows >= 2700


def test_a_built_index_is_preferred_to_the_starter_and_an_explicit_one_to_both(own_home: Path, folder: Path) -> None:
    shutil.copytree(folder, own_home / "index")
    assert locate(load_settings()).folder == own_home / "index"
    assert locate(load_settings(), folder).folder == folder


def test_manifest_json_round_trips(folder: Path) -> None:
    path = current_version(folder) / "manifest.json"
    manifest = read_manifest(path.parent)
    again = parse_manifest(json.loads(path.read_text(encoding="utf-8")))
    assert again == manifest


def test_opening_clears_away_what_a_build_left_that_was_killed_after_the_swap(folder: Path) -> None:
    left = current_version(folder) / "unfinished"
    left.mkdir()
    (left / "key_kinds").write_bytes(b"0")
    with Index(folder):
        assert not left.exists()


def test_the_settings_choose_what_finds_the_nearest(tmp_path: Path) -> None:
    assert load_settings(tmp_path, {"DANBOORU_INDEX_DENSE": "chroma"}).dense == "chroma"
    (tmp_path / "config.toml").write_text('dense = "sketch"\nchroma = "http://localhost:1"\n')
    assert load_settings(tmp_path, {}).dense == "sketch" and load_settings(tmp_path, {}).chroma == "http://localhost:1"
    with pytest.raises(InputError, match="'fast'"):
        load_settings(tmp_path, {"DANBOORU_INDEX_DENSE": "fast"})
