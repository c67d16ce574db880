"""Processes that die, two at once, and disks that are full: the next run resumes, and readers never see half an index."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hub_server import STORAGE
from hub_versions import BIG, CONTENTS, QUICK, REPOSITORY, environment, noise, read_contents, write_version
from hypothesis import given, strategies
from hypothesis import settings as hypothesis_settings

from danbooru_index.errors import HubError
from danbooru_index.hub import FetchOptions, fetch_index
from danbooru_index.index.versions import current_version, mark_current
from danbooru_index.transport.listing import ExpectedFile
from danbooru_index.transport.parts import PartFile

pytest_plugins = ["hub_fixtures"]

# Half of this file comes and then nothing, so that no fetch ends before it is killed.
HELD_BACK = hashlib.sha256(CONTENTS["tags/corpus.jsonl"]).hexdigest()
UNIQUE = sum(len(data) for name, data in CONTENTS.items() if name != "chroma/copy.bin")


def start(url: str, home: Path, *arguments: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "danbooru_index", "fetch", REPOSITORY, "--endpoint", url, *arguments]
    return subprocess.Popen(command, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def staged(folder: Path) -> dict[str, int]:
    """Sizes of the finished files and parts that a broken run left; a running one renames them meanwhile."""
    sizes = {}
    for path in (folder / ".fetch").rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and path.name not in ("lock", "files.json", "copy.bin"):
                sizes[path.name] = path.stat().st_size
    return sizes


def wait_for(folder: Path, size: int) -> None:
    """Wait until a fetch that runs has received so many bytes."""
    deadline = time.monotonic() + 300
    while sum(staged(folder).values()) < size:
        assert time.monotonic() < deadline, staged(folder)
        time.sleep(0.01)


@pytest.mark.parametrize("after", [100_000, 1_000_000, 2_500_000, 3_300_000])
def test_kill_minus_nine_loses_nothing(published, settings, folder, after):
    published.fault(HELD_BACK, rate=2_000_000, stall=600)
    published.fault(".", rate=2_000_000)
    process = start(published.url, settings.home, "--db", str(folder))
    wait_for(folder, after)
    process.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
    process.communicate(timeout=120)
    assert not (folder / "CURRENT").exists()
    kept = staged(folder)
    published.faults.clear()
    published.requests.clear()
    report = fetch_index(settings, folder, retry=QUICK)
    assert read_contents(report.folder) == CONTENTS
    assert report.received == UNIQUE - sum(kept.values())
    finished = [name for name in CONTENTS if Path(name).name in kept]
    assert [r.path for r in published.requests if any(r.path.endswith("/" + name) for name in finished)] == []


@pytest.fixture
def sigint_heard():
    """A suite that a shell started in the background ignores Ctrl-C, and so would its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("sigint_heard")
def test_interrupt_ends_with_130_and_resumes(published, settings, folder):
    published.fault(HELD_BACK, stall=600)
    process = start(published.url, settings.home, "--db", str(folder))
    wait_for(folder, 200_000)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "run the same command again" in errors
    published.faults.clear()
    assert read_contents(fetch_index(settings, folder, retry=QUICK).folder) == CONTENTS


def test_two_processes_fetch_once(published, settings, folder):
    published.fault(STORAGE, rate=4_000_000)
    processes = [start(published.url, settings.home, "--db", str(folder), "--json") for _ in range(2)]
    answers = [json.loads(process.communicate(timeout=300)[0]) for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(answer["status"] for answer in answers) == ["fetched", "present"]
    assert len({answer["folder"] for answer in answers}) == 1
    assert published.bytes_sent() == sum(
        len(d) for n, d in CONTENTS.items() if len(d) >= 100_000 and n != "chroma/copy.bin"
    )
    assert read_contents(current_version(folder)) == CONTENTS


def test_a_reader_always_finds_a_whole_index(published, settings, folder, tmp_path):
    """While another revision comes, the pointer names the old one; nothing in it changes."""
    old = fetch_index(settings, folder, retry=QUICK).folder
    newer = {**CONTENTS, BIG: noise(3_000_000, 5)}
    published.add(REPOSITORY).commit_folder(write_version(tmp_path / "newer", newer))
    published.fault(STORAGE, rate=6_000_000)
    seen = []
    _, mark = mark_current(folder)

    def look(_):
        seen.append(read_contents(current_version(folder)))

    report = fetch_index(settings, folder, look, FetchOptions(update=True), retry=QUICK)
    assert all(contents in (CONTENTS, newer) for contents in seen)
    assert seen[0] == CONTENTS
    assert (read_contents(old), read_contents(report.folder)) == (CONTENTS, newer)
    mark.release()


def test_another_revision_keeps_what_it_can_use(published, settings, folder, tmp_path):
    """Interrupted in one revision, resumed in the next: files that both have are not fetched again."""
    published.fault("dense", status=404)
    with pytest.raises(HubError):
        fetch_index(settings, folder, retry=QUICK)
    kept = sum(staged(folder).values())
    published.faults.clear()
    newer = {**CONTENTS, "tags/new.npy": noise(7_000, 6)}
    published.add(REPOSITORY).commit_folder(write_version(tmp_path / "newer", newer))
    report = fetch_index(settings, folder, retry=QUICK)
    assert read_contents(report.folder) == newer
    assert report.received == UNIQUE + 7_000 - kept


def test_a_damaged_part_is_discarded(published, settings, folder):
    published.fault(STORAGE, cut=1_000_000)
    published.fault("resolve.*vectors", skip=1, status=404)
    with pytest.raises(HubError):
        fetch_index(settings, folder, retry=QUICK)
    part = max((folder / ".fetch/parts").iterdir(), key=lambda path: path.stat().st_size)
    part.write_bytes(b"\0" * part.stat().st_size)
    published.faults.clear()
    assert read_contents(fetch_index(settings, folder, retry=QUICK).folder) == CONTENTS


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk(published, settings, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", disk], check=False, capture_output=True
    ).returncode:
        pytest.skip("this machine does not let root mount a tmpfs")
    try:
        filler = disk / "filler"
        filler.write_bytes(bytes(60_000_000))
        with pytest.raises(HubError, match=r"45 MB free; this download needs 7\d MB") as caught:
            fetch_index(settings, disk / "index", retry=QUICK)
        assert "Free space" in caught.value.hint
        assert published.bytes_sent() == 0
        filler.unlink()
        published.fault(STORAGE, rate=3_000_000)

        def fill(step):
            if step.name == "downloading" and step.done > 1_000_000 and not filler.exists():
                with filler.open("wb", buffering=0) as file:
                    while file.write(bytes(100_000)) == 100_000:
                        pass

        with pytest.raises(HubError, match="the disk is full") as caught:
            fetch_index(settings, disk / "index", suppressed(fill), retry=QUICK)
        assert "resumes from here" in caught.value.hint
        assert not (disk / "index/CURRENT").exists()
        filler.unlink()
        published.faults.clear()
        kept = sum(staged(disk / "index").values())
        report = fetch_index(settings, disk / "index", retry=QUICK)
        assert read_contents(report.folder) == CONTENTS
        assert report.received == UNIQUE - kept < UNIQUE - 1_000_000
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def suppressed(action):
    """The action; a disk that is full is what it is for."""

    def run(step):
        with contextlib.suppress(OSError):
            action(step)

    return run


@hypothesis_settings(max_examples=60, deadline=None)
@given(strategies.binary(max_size=300), strategies.lists(strategies.integers(0, 300), max_size=4))
def test_a_part_grows_to_the_same_file_however_it_is_cut(tmp_path_factory, content, cuts):
    import hashlib

    folder = tmp_path_factory.mktemp("part")
    expected = ExpectedFile(len(content), hashlib.sha256(content).hexdigest())
    bounds = sorted({0, len(content), *(min(cut, len(content)) for cut in cuts)})
    for begin, end in pairwise(bounds):
        with PartFile(folder / "part", expected) as part:
            assert part.received == begin
            part.write(content[begin:end])
    with PartFile(folder / "part", expected) as part:
        assert part.is_right
        part.finish(folder / "whole")
    assert (folder / "whole").read_bytes() == content
    assert not (folder / "part").exists()
