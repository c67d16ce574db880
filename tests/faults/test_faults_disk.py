"""Disks that fill up and files that change."""

from __future__ import annotations

import contextlib
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from builds import content, tag_lines, write_lines
from faults.builder import OPTIONS

from danbooru_index.cli import main
from danbooru_index.encoders import open_encoder
from danbooru_index.errors import BuildCancelledError, BuildError, IndexDamagedError
from danbooru_index.index.index import Index
from danbooru_index.index.manifest import MANIFEST_FILE, REWRITTEN, check_files, read_manifest, seal_problem
from danbooru_index.index.versions import current_version, unfinished_versions
from danbooru_index.indexing import BuildOptions, Step, build_index
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search

ENCODER = open_encoder("use-multilingual")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(place)], capture_output=True, text=True, check=False
        )
        if shutil.which("mount")
        else None
    )
    if mounted is None or mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip() if mounted else 'no mount command'}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


class Filling:
    """Fills the disk when a stage has come so far."""

    def __init__(self, disk: Path, stage: str, done: int) -> None:
        self.ballast, self.stage, self.done = disk / "ballast", stage, done

    def __call__(self, step: Step) -> None:
        if step.name == self.stage and step.done >= self.done and not self.ballast.exists():
            with contextlib.suppress(OSError), self.ballast.open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(1 << 12))


@pytest.mark.parametrize(
    ("stage", "done"), [("encoding", 64), ("columns", 0), ("names", 0), ("collection", 0), ("checking", 0)]
)
def test_a_full_disk_leaves_the_old_index_and_the_build_resumes(
    stage: str, done: int, small_disk: Path, tmp_path: Path
) -> None:
    folder = small_disk / "index"
    build_index(write_lines(tmp_path / "old.jsonl", tag_lines(20)), folder, ENCODER, OPTIONS)
    old = current_version(folder)
    corpus = write_lines(tmp_path / "corpus.jsonl", tag_lines(300))
    filling = Filling(small_disk, stage, done)
    with pytest.raises(BuildError, match="the disk is full") as caught:
        build_index(corpus, folder, ENCODER, OPTIONS, filling)
    assert "Free space" in caught.value.hint
    assert current_version(folder) == old
    with Index(folder, encoder=ENCODER) as index:
        assert search(index, SearchRequest("blue thing 17")).tags[0] == "blue_thing_17"
    filling.ballast.unlink()
    build_index(corpus, folder, ENCODER, OPTIONS)
    build_index(corpus, tmp_path / "clean", ENCODER, OPTIONS)
    assert content(folder) == content(tmp_path / "clean")
    assert current_version(folder) != old


def test_a_disk_that_is_too_small_is_refused_before_encoding(small_disk: Path, tmp_path: Path) -> None:
    corpus = write_lines(tmp_path / "corpus.jsonl", tag_lines(6000))
    steps: list[Step] = []
    with pytest.raises(BuildError, match=r"GB more in .*, but only 0\.03 GB are free"):
        build_index(corpus, small_disk / "index", ENCODER, OPTIONS, steps.append)
    assert "encoding" not in {step.name for step in steps}


def test_verify_finds_any_flipped_byte(tmp_path: Path) -> None:
    build_index(write_lines(tmp_path / "corpus.jsonl", tag_lines(50)), tmp_path / "index", ENCODER, OPTIONS)
    version = current_version(tmp_path / "index")
    manifest = read_manifest(version)
    chance = random.Random(7)
    for name in sorted(manifest.files.keys() - REWRITTEN):
        data = bytearray((version / name).read_bytes())
        if not data:
            continue
        place = chance.randrange(len(data))
        data[place] ^= 1 << chance.randrange(8)
        (version / name).write_bytes(data)
        assert check_files(version, manifest, hashes=True) == [
            f"{name} has been changed (its SHA-256 is not the manifest's)"
        ]
        data[place] = 0
        (version / name).write_bytes(data[:-1])
        assert check_files(version, manifest)[0].startswith(f"{name} has ")
        (version / name).unlink()
        assert check_files(version, manifest) == [f"{name} is missing"]
        del manifest.files[name]


def test_verify_finds_every_flipped_byte_of_the_manifest_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "index"
    build_index(write_lines(tmp_path / "corpus.jsonl", tag_lines(5)), folder, ENCODER, OPTIONS)
    path = current_version(folder) / MANIFEST_FILE
    data = path.read_bytes()
    assert main(["verify", str(folder)]) == 0
    assert seal_problem(data) == ""
    for place in range(len(data)):
        flipped = data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :]
        assert seal_problem(flipped), data[place - 20 : place + 20]
    path.write_bytes(data.replace(b'"rows": 5', b'"rows": 4'))
    assert main(["verify", str(folder)]) == 1
    assert "manifest.json has been changed (its SHA-256 is not the one in it)" in capsys.readouterr().err


@pytest.mark.parametrize("damage", ["checkpoint", "part"])
def test_damaged_unfinished_work_says_how_to_start_again(damage: str, tmp_path: Path) -> None:
    corpus, folder = write_lines(tmp_path / "corpus.jsonl", tag_lines(100)), tmp_path / "index"
    seen: list[Step] = []

    def enough() -> bool:
        return bool(seen) and seen[-1].name == "encoding" and seen[-1].done >= 64

    with pytest.raises(BuildCancelledError):
        build_index(corpus, folder, ENCODER, OPTIONS, seen.append, enough)
    parts = unfinished_versions(folder)[0] / "unfinished"
    (parts / ("checkpoint.json" if damage == "checkpoint" else "kinds")).write_bytes(b"{")
    with pytest.raises((BuildError, IndexDamagedError)) as caught:
        build_index(corpus, folder, ENCODER, OPTIONS)
    assert "--restart" in caught.value.hint
    assert build_index(corpus, folder, ENCODER, BuildOptions(batch_size=32, restart=True)).rows == 100
