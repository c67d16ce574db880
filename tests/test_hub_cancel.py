"""Progress and cancelling: at any stage, at once, with nothing lost and nothing half-installed."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import replace

import pytest
from hub_server import STORAGE
from hub_versions import BIG, CONTENTS, QUICK, read_contents

from danbooru_index.hub import fetch_index

pytest_plugins = ["hub_fixtures"]

STALL = 300.0  # seconds that a server is silent, far more than a busy machine needs for anything here
BIG_DIGEST = hashlib.sha256(CONTENTS[BIG]).hexdigest()


def fetch(settings, folder, retry=QUICK, **options):
    return fetch_index(settings, folder, retry=retry, **options)


def assert_nothing_installed(folder):
    assert not (folder / "CURRENT").exists()
    assert not (folder / "versions").exists()


def assert_threads_end(most: int) -> None:
    """No more than so many threads are left; those of the test server end a moment after their clients."""
    deadline = time.monotonic() + STALL / 2
    while threading.active_count() > most and time.monotonic() < deadline:
        time.sleep(0.02)
    assert threading.active_count() <= most


class Cancelled(BaseException):
    """As ComfyUI's own: not an Exception."""


def test_cancel_stops_at_once_and_the_next_run_resumes(published, settings, folder):
    published.fault(STORAGE, rate=1_000_000)

    def progress(step):
        if step.name == "downloading" and step.done > 1_200_000:
            raise Cancelled

    before = threading.active_count()
    with pytest.raises(Cancelled):
        fetch(settings, folder, progress=progress)
    ignored = {"files.json", "copy.bin"}
    files = [path for path in (folder / ".fetch").rglob("*") if path.is_file() and path.name not in ignored]
    kept = sum(path.stat().st_size for path in files)
    assert kept > 1_000_000
    assert_nothing_installed(folder)
    published.faults.clear()
    report = fetch(settings, folder)
    assert read_contents(report.folder) == CONTENTS
    assert report.received == sum(len(data) for name, data in CONTENTS.items() if name != "chroma/copy.bin") - kept
    assert_threads_end(before + 2)


def test_cancel_does_not_wait_for_a_server_that_stalls(published, settings, folder):
    published.fault(BIG_DIGEST, stall=STALL)
    started = time.monotonic()

    def progress(step):
        if time.monotonic() - started > 1.0:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch(settings, folder, replace(QUICK, read=STALL), progress=progress)
    assert time.monotonic() - started < STALL / 2


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_cancel_does_not_wait_for_a_manifest_that_stalls(published, settings, folder, method):
    published.fault("manifest", method=method, stall=STALL)
    started = time.monotonic()
    names = []

    def progress(step):
        names.append(step.name)
        if time.monotonic() - started > 0.5:
            raise Cancelled

    before = threading.active_count()
    with pytest.raises(Cancelled):
        fetch(settings, folder, replace(QUICK, read=STALL), progress=progress)
    assert time.monotonic() - started < STALL / 2
    assert set(names) == {"asking the Hub"}
    assert_threads_end(before + 2)  # the server's own, which still stalls
    assert_nothing_installed(folder)


def test_progress_never_exceeds_its_total(published, settings, folder):
    published.fault(BIG_DIGEST, cut=1_500_000, times=1)
    published.fault(BIG_DIGEST, ignore_range=True, times=1)
    steps = []
    fetch(settings, folder, progress=steps.append)
    steps = [step for step in steps if step.name == "downloading"]
    total = sum(len(data) for data in CONTENTS.values())
    assert {step.total for step in steps} == {total}
    assert all(0 <= step.done <= total for step in steps)
    assert steps[-1].done == total
