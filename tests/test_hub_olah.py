"""Once more through a real mirror: olah in front of the test Hub."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hub_server import STORAGE, HubServer
from hub_versions import BIG, CONTENTS, REPOSITORY, noise, read_contents, write_version
from olah import OlahServer, installation, is_prepared

from danbooru_index.errors import HubError
from danbooru_index.hub import FetchOptions, ModelSource, check_index, download_model_files, fetch_index
from danbooru_index.settings import Settings
from danbooru_index.transport.download import RetryPolicy

pytestmark = pytest.mark.slow
PATIENT = RetryPolicy(connect=5.0, read=30.0, attempts=5, pause=0.2, longest_pause=1.0)
UPDATE = FetchOptions(update=True)


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    if not is_prepared():
        reason = "olah is not there: python tests/hosts/olah.py prepare"
        if os.environ.get("DANBOORU_INDEX_TEST_FULL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with HubServer() as server:
        yield server


@pytest.fixture(scope="module")
def mirror(hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OlahServer]:
    with OlahServer(installation(), hub.url, hub.storage_url, tmp_path_factory.mktemp("olah")) as server:
        yield server


@pytest.fixture
def settings(mirror: OlahServer, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", endpoints=(mirror.url,), repository=REPOSITORY)


@pytest.fixture(autouse=True)
def quiet(hub: HubServer) -> None:
    hub.faults.clear()
    hub.requests.clear()


def fetch(settings: Settings, folder: Path, options: FetchOptions = UPDATE):
    return fetch_index(settings, folder, options=options, retry=PATIENT)


def publish(hub: HubServer, folder: Path, name: str, contents: dict[str, bytes]) -> str:
    return hub.add(name).commit_folder(write_version(folder, contents))


def test_whole_index_and_its_next_revision(hub, mirror, settings, tmp_path):
    first = publish(hub, tmp_path / "one", REPOSITORY, CONTENTS)
    report = fetch(settings, tmp_path / "index")
    assert (report.status, report.source.commit, report.source.endpoint) == ("fetched", first, mirror.url)
    assert read_contents(report.folder) == CONTENTS
    changed = {**CONTENTS, "tags/corpus.jsonl": noise(410_000, 9)}
    second = publish(hub, tmp_path / "two", REPOSITORY, changed)
    # olah remembers what a branch stood for, but asks for files: the commit comes with the file.
    assert check_index(settings, tmp_path / "index", PATIENT).commit == second
    report = fetch(settings, tmp_path / "index")
    assert (report.received, read_contents(report.folder)) == (410_000, changed)


def test_a_broken_download_is_continued_through_the_mirror(hub, settings, tmp_path):
    publish(hub, tmp_path / "built", "test/cut", {BIG: noise(24_000_000, 3)})
    hub.fault(STORAGE, cut=9_000_000, times=1)
    report = fetch(replace(settings, repository="test/cut"), tmp_path / "index")
    assert read_contents(report.folder) == {BIG: noise(24_000_000, 3)}


def test_a_mirror_that_cached_a_wrong_block_is_left_for_the_next(hub, settings, tmp_path):
    publish(hub, tmp_path / "built", "test/spoilt", {BIG: noise(3_000_000, 4)})
    hub.fault(STORAGE, flip=1_000, times=1)
    spoilt = replace(settings, repository="test/spoilt")
    with pytest.raises(HubError, match="hash is not the expected one"):
        fetch(spoilt, tmp_path / "index")
    # The Hub is right again, the mirror is not, and never will be.
    with pytest.raises(HubError, match="hash is not the expected one"):
        fetch(spoilt, tmp_path / "index")
    report = fetch(replace(spoilt, endpoints=(*settings.endpoints, hub.url)), tmp_path / "index")
    assert read_contents(report.folder) == {BIG: noise(3_000_000, 4)}


def test_what_is_not_there_is_named(hub, mirror, settings, tmp_path):
    publish(hub, tmp_path / "built", REPOSITORY, CONTENTS)
    for changes in ({"repository": "no/thing"}, {"revision": "v9"}):
        with pytest.raises(HubError) as caught:
            fetch(replace(settings, **changes), tmp_path / "index")
        assert f"{mirror.url}: HTTP 4" in str(caught.value)


def test_a_models_own_files(hub, settings, tmp_path):
    files = {"config.json": b"{}", "model.bin": noise(2_000_000, 5)}
    commit = hub.add("BAAI/tiny", "model").commit({**files, "onnx/big.onnx": noise(500_000, 6)})
    source = ModelSource("models/BAAI/tiny", commit, dict.fromkeys(files))
    folder = download_model_files(settings, source, tmp_path / "model", retry=PATIENT)
    assert {name: (folder / name).read_bytes() for name in files} == files
    assert not (folder / "onnx").exists()
