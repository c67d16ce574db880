"""Names that are one, litter of the Finder, disks without links or locks, synced writes: by a file layer that behaves as macOS."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from builds import WordEncoder, tag_lines, write_lines
from conftest import corpus_lines
from file_layer import needs_layer
from hub_versions import CONTENTS, QUICK, REPOSITORY, read_contents, write_version
from mac_files import STORE, Disk, mac_files
from publishing import FACTS
from publishing import REPOSITORY as TARGET
from test_nodes_download import run

from danbooru_index.cli import main
from danbooru_index.hub import FetchOptions, fetch_index
from danbooru_index.hub.publish import plan_publish
from danbooru_index.index.index import Index
from danbooru_index.index.manifest import check_files, read_manifest
from danbooru_index.index.versions import VERSIONS, claim, current_version, remove_unused
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.indexing.upgrade import upgrade_index
from danbooru_index.prepare import PrepareOptions, prepare_corpus
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search
from danbooru_index.settings import Settings
from danbooru_index.storage.litter import is_litter

pytest_plugins = ["hub_fixtures"]
pytestmark = needs_layer
DISKS = {
    "apfs": Disk(finder=True),
    "hfs": Disk(decomposed=True, finder=True),
    "exfat": Disk(finder=True, doubles=True, links=False, full=False),
    "network": Disk(decomposed=True, finder=True, doubles=True, links=False, full=False, shared=True),
}
ARCHIVE = Path(__file__).with_name("data") / "index-0.2.0.tar.xz"
QUICKLY = BuildOptions(chroma_tags=0)


class KanaEncoder(WordEncoder):
    """Of a model folder whose name has an accent that disks take apart."""

    identity = replace(WordEncoder.identity, name="モデル-ガ")


@pytest.fixture(params=DISKS)
def disk(request: pytest.FixtureRequest) -> Disk:
    return DISKS[request.param]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "corpus.jsonl", corpus_lines())


def versions(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / VERSIONS).iterdir() if path.is_dir())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_layer_itself(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with mac_files(folder, Disk(decomposed=True, finder=True, doubles=True, links=False)) as layer:
        (folder / "More").mkdir()
        (folder / "more/ガ").write_text("a")
        assert names(folder) == ["._More", "More"]
        assert names(folder / "MORE") == [STORE, f"._{STORE}", "._カ\u3099", "カ\u3099"]
        assert (folder / "MORE/カ\u3099").read_text() == "a"
        (folder / "More/ガ").rename(folder / "b")
        assert names(folder) == ["._More", "._b", "More", "b"]
        with pytest.raises(OSError, match="not supported"):
            os.link(folder / "b", folder / "c")
        with pytest.raises(OSError, match="not empty"):
            (folder / "More").rmdir()
        (folder / "B").unlink()
        shutil.rmtree(folder / "more", ignore_errors=True)
        assert names(folder) == []
        assert layer.refused == [("link", "b")]


def test_an_index_is_built_searched_built_again_and_removed(disk: Disk, corpus: Path, tmp_path: Path) -> None:
    plain = build_index(corpus, tmp_path / "plain", WordEncoder(), QUICKLY).folder
    folder = tmp_path / "disk/index"
    folder.parent.mkdir()
    with mac_files(folder.parent, disk):
        first = build_index(corpus, folder, KanaEncoder(), QUICKLY).folder
        assert current_version(folder) == first and first.is_dir()
        assert read_manifest(first).files.keys() == read_manifest(plain).files.keys()
        with Index(folder, encoder=KanaEncoder()) as index:
            assert search(index, SearchRequest("cat ears")).tags[0] == "cat_ears"
        assert remove_unused(folder) == []
        write_lines(corpus, [*corpus_lines(), *tag_lines(3)])
        second = build_index(corpus, folder, KanaEncoder(), QUICKLY).folder
        assert current_version(folder) == second and second.is_dir() and not first.exists()
        assert [path.samefile(second) for path in versions(folder)] == [True]
        (second / STORE).write_bytes(b"Finder was here again")
        assert main(["verify", str(folder)]) == 0


def test_a_killed_build_is_taken_up_again(disk: Disk, corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "disk/index"
    folder.parent.mkdir()
    with mac_files(folder.parent, disk):
        # Killed between its folder and its first checkpoint; and while it wrote its last file.
        (folder / VERSIONS / "0123456789ab-words/unfinished").mkdir(parents=True)
        claim(folder)
        stages: list[str] = []
        with pytest.raises(RuntimeError):
            build_index(corpus, folder, KanaEncoder(), QUICKLY, lambda step: _die_at("words", step.name, stages))
        (begun,) = [path for path in versions(folder) if not path.name.startswith("0123456789ab")]
        (begun / ".manifest.json.1.tmp").write_text("{")
        done = build_index(corpus, folder, KanaEncoder(), QUICKLY).folder
        assert done.samefile(begun) and [path.samefile(done) for path in versions(folder)] == [True]
        assert not list(done.glob(".*.tmp")) and check_files(done, read_manifest(done), hashes=True) == []


def _die_at(stage: str, name: str, seen: list[str]) -> None:
    seen.append(name)
    if name == stage:
        raise RuntimeError(stage)


def test_fetches_update_keep_and_remove(
    disk: Disk, published, settings: Settings, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    with mac_files(tmp_path / "home", disk):
        first = fetch_index(settings, folder, retry=QUICK).folder
        assert _without_litter(read_contents(first)) == CONTENTS
        # An interrupted download of an earlier commit lies there too.
        (folder / ".fetch/parts").mkdir(parents=True, exist_ok=True)
        (folder / ".fetch/parts/sha256-old").write_bytes(b"x")
        changed = {**CONTENTS, "tags/corpus.jsonl": b"newer"}
        published.add(REPOSITORY).commit_folder(write_version(tmp_path / "newer", changed))
        second = fetch_index(settings, folder, retry=QUICK, options=FetchOptions(update=True)).folder
        assert _without_litter(read_contents(second)) == changed
        assert current_version(folder) == second and [path.samefile(second) for path in versions(folder)] == [True]
        assert fetch_index(settings, folder, retry=QUICK, options=FetchOptions(verify=True)).status == "present"


def _without_litter(contents: dict[str, bytes]) -> dict[str, bytes]:
    found = {unicodedata.normalize("NFC", name): data for name, data in contents.items()}
    return {n: data for n, data in found.items() if not Path(n).name.startswith("._") and Path(n).name != STORE}


def test_an_old_index_is_upgraded(disk: Disk, tmp_path: Path) -> None:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    folder = tmp_path / "disk/index"
    folder.parent.mkdir()
    with mac_files(folder.parent, disk) as layer:
        shutil.copytree(tmp_path / "index", folder)
        before = current_version(folder)
        report = upgrade_index(folder, chroma_tags=0)
        assert report is not None and report.rows == 13 and not before.exists()
        assert check_files(report.folder, read_manifest(report.folder), hashes=True) == []
        with Index(folder, encoder=WordEncoder()) as index:
            assert search(index, SearchRequest("red thing 8")).tags[0] == "red_thing_8"
        assert ("link" in {what for what, _ in layer.refused}) is not disk.links


def test_what_is_published_is_what_was_built(disk: Disk, tmp_path: Path, small_folder: Path) -> None:
    folder = tmp_path / "disk/index"
    folder.parent.mkdir()
    built = plan_publish(small_folder, TARGET, FACTS)
    with mac_files(folder.parent, disk):
        shutil.copytree(small_folder, folder)
        for path in [folder, *folder.rglob("*")]:
            if path.is_dir():
                (path / STORE).write_bytes(b"Finder")
        assert plan_publish(folder, TARGET, FACTS).described() == built.described()


def test_a_folder_with_nothing_but_litter_belongs_to_nobody(tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    for name in (STORE, "._node", "Thumbs.db", ".nfs0000000001"):
        (tmp_path / "versions" / name).write_bytes(b"litter")
    claim(tmp_path)
    assert (tmp_path / ".danbooru-index").is_file()


def test_the_page_offers_no_litter_as_a_corpus(tmp_path: Path) -> None:
    (tmp_path / "input").mkdir()
    for name in ("mine.jsonl", "._mine.jsonl", "猫耳カ\u3099.jsonl", "._table.csv"):
        (tmp_path / "input" / name).write_text("{}")
    program = """
host["folder_paths"].get_input_directory = lambda: handles["input"]
print(json.dumps(importlib.import_module("pack.nodes.corpora").corpora()["corpora"]))
"""
    listed = run(tmp_path, {"input": str(tmp_path / "input")}, program)
    assert sorted(json.loads(listed.stdout)) == ["mine.jsonl", "猫耳カ\u3099.jsonl"], listed.stderr


def test_a_corpus_is_prepared_from_a_table_as_the_disk_lists_it(disk: Disk, tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with mac_files(folder, disk):
        (folder / "ガ.csv").write_text("sky,5\ncloud,4\n", encoding="utf-8")
        (folder / "pairs.csv").write_text("sky,cloud,3\n", encoding="utf-8")
        [table] = [path for path in folder.glob("*.csv") if path.name[0] not in ".p"]
        kinds = {"ガ.csv": "tags", "pairs.csv": "cooccurrence"}
        report = prepare_corpus(
            [str(table), str(folder / "pairs.csv")], folder / "out.jsonl", PrepareOptions(kinds=kinds)
        )
        assert report.tags["tags"] == 2 and report.pairs == 1
        made = {name for name in names(folder) if not is_litter(name)} - {table.name, "pairs.csv"}
        assert made == {"out.jsonl", "out.cooccurrence.csv.gz"}
        assert not (folder / STORE).exists()
