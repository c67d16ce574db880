"""`hf://` sources through the endpoints of the settings, from a real server on this machine that speaks the Hub's protocol."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hub_server import STORAGE, HubServer
from hub_versions import HASTY, QUICK, noise

from danbooru_index.corpus import read_corpus
from danbooru_index.errors import HubError, InputError
from danbooru_index.prepare import PrepareOptions, PrepareReport, prepare_corpus
from danbooru_index.prepare.remote import fetch, parse_address
from danbooru_index.progress import Step
from danbooru_index.settings import Settings

pytest_plugins = ["hub_fixtures"]

ADDRESS = "hf://datasets/owner/name/lists/tags zh.csv"
BIG = "hf://datasets/owner/name/big.csv"
FILES = {"lists/tags zh.csv": b"sky,0,5,\n", "big.csv": noise(2_000_000)}


@pytest.fixture
def source(hub: HubServer) -> str:
    """The commit of a dataset with a small file, which lies at the Hub, and a large one, which lies in its storage."""
    return hub.add("owner/name").commit(FILES)


def prepare(tmp_path: Path, settings: Settings, address: str = ADDRESS) -> PrepareReport:
    (tmp_path / "out").mkdir(exist_ok=True)
    return prepare_corpus([address], tmp_path / "out/corpus.jsonl", PrepareOptions(settings=settings))


def received(settings: Settings, folder: Path, address: str = BIG, **more: Any) -> bytes:
    folder.mkdir(exist_ok=True)
    return fetch(address, folder, settings, **{"retry": QUICK, **more}).read_bytes()


def authorized(hub: HubServer) -> set[str]:
    """The hosts that saw a token."""
    return {request.host for request in hub.requests if "authorization" in request.headers}


def test_address_of_a_file() -> None:
    found = parse_address("hf://datasets/a/b@v1/c/d.csv")
    assert (str(found.repository), found.revision, found.name) == ("datasets/a/b", "v1", "c/d.csv")
    assert parse_address(ADDRESS).revision == "main"
    bad = [
        "hf://a/b/c.csv",
        "hf://datasets/a/b",
        "hf://models/a/b/c",
        "hf://datasets/a/b/../../c",
        "hf://datasets/a/b@../c",
    ]
    for address in [*bad, "hf://datasets/a/b/con", "hf://datasets/a b/c/d", "hf://datasets/a/b/c\x00"]:
        with pytest.raises(InputError):
            parse_address(address)


def test_a_mirror_that_fails_is_followed_by_the_next(hub, source, settings, tmp_path):
    with HubServer() as other:
        other.repositories = hub.repositories
        other.fault("tags zh", status=404)
        report = prepare(tmp_path, replace(settings, endpoints=(f"{hub.url}/nothing", other.url, hub.url)))
    assert report.sources[0].name == ADDRESS
    assert [record.tag for record in read_corpus(tmp_path / "out/corpus.jsonl")] == ["sky"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["corpus.jsonl"]


def test_a_branch_and_a_commit(hub, source, settings, tmp_path):
    hub.add("owner/name").commit({"lists/tags zh.csv": b"sea,0,5,\n"})
    for revision, tag in (("main", "sea"), (source, "sky")):
        prepare(tmp_path, settings, f"hf://datasets/owner/name@{revision}/lists/tags zh.csv")
        assert [record.tag for record in read_corpus(tmp_path / "out/corpus.jsonl")] == [tag]


def test_no_endpoint_delivers(hub, source, settings, tmp_path):
    with pytest.raises(HubError, match="404") as caught:
        prepare(tmp_path, replace(settings, endpoints=(f"{hub.url}/nothing",)))
    assert "HF_ENDPOINT" in caught.value.hint
    assert len(str(caught.value).splitlines()) == 1
    assert list((tmp_path / "out").iterdir()) == []


def test_offline_fetches_nothing(hub, source, settings, tmp_path):
    with pytest.raises(HubError, match="offline"):
        prepare(tmp_path, replace(settings, offline=True))
    assert hub.requests == []


@pytest.mark.parametrize("address", [ADDRESS, BIG])
def test_wrong_content_is_never_taken(hub, source, settings, tmp_path, address):
    """The small file has Git's hash, the large one SHA-256."""
    hub.fault("tags zh" if address == ADDRESS else STORAGE, flip=5)
    with pytest.raises(HubError, match="hash is not the expected one"):
        received(settings, tmp_path / "work", address)
    assert list((tmp_path / "work").iterdir()) == []
    hub.faults.clear()
    assert received(settings, tmp_path / "work", address) == FILES[parse_address(address).name]


def test_what_promises_no_hash_is_refused(hub, source, settings, tmp_path):
    hub.fault("big.csv", method="HEAD", strip=("X-Linked-Etag",))
    with pytest.raises(HubError, match="without the size and hash"):
        received(settings, tmp_path / "work")
    assert hub.bytes_sent() == 0


def test_more_bytes_than_promised_end_it(hub, source, settings, tmp_path):
    blob = hub.repositories.by_name["dataset", "owner/name"].commits[source]["big.csv"]
    hub.fault(STORAGE, status=200, body=blob.read() + b"x" * 3_000_000)
    with pytest.raises(HubError, match="more bytes than the file has"):
        received(settings, tmp_path / "work")


def test_a_broken_download_is_continued_by_the_next_run(hub, source, settings, tmp_path):
    hub.fault(STORAGE, cut=1_200_000, times=1)
    hub.fault(STORAGE, status=500)
    with pytest.raises(HubError):
        received(settings, tmp_path / "work")
    hub.faults.clear()
    hub.requests.clear()
    assert received(settings, tmp_path / "work") == FILES["big.csv"]
    asked = [request.headers.get("range") for request in hub.requests if request.path.startswith(STORAGE)]
    assert asked == ["bytes=1200000-"]
    left = [path.name for path in (settings.home / "sources").rglob("*") if path.is_file()]
    assert left == ["lock"]


def test_a_silent_server_is_left(hub, source, settings, tmp_path):
    hub.fault(STORAGE, stall=600.0)
    with pytest.raises(HubError, match=r"no data for 0\.5 s"):
        received(settings, tmp_path / "work", retry=HASTY)


def test_the_progress_names_the_file_and_can_stop_it(hub, source, settings, tmp_path):
    steps: list[Step] = []
    received(settings, tmp_path / "work", progress=steps.append)
    assert steps[-1].name == "downloading: big.csv" and steps[-1].done == steps[-1].total == 2_000_000

    def stop(step: Step) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        received(settings, tmp_path / "work", progress=stop)


def test_no_stranger_sees_the_token(hub, source, settings, tmp_path):
    with_token = replace(settings, token="hf_secret")
    assert received(with_token, tmp_path / "work") == FILES["big.csv"]
    assert authorized(hub) == set()
    received(replace(with_token, token_endpoints=(hub.url,)), tmp_path / "work")
    assert authorized(hub) == {hub.url.removeprefix("http://")}  # and not the storage, where it redirects
    assert any(request.path.startswith(STORAGE) for request in hub.requests)
