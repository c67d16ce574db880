"""A model's own files: only those that are named, verified by the Hub's hashes, and into a folder that may hold others."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hub_repositories import Blob
from hub_server import STORAGE, HubServer
from hub_versions import QUICK, noise

from danbooru_index.encoders import model_files
from danbooru_index.errors import HubError
from danbooru_index.hub import ModelSource, download_model_files
from danbooru_index.transport.listing import ExpectedFile

pytest_plugins = ["hub_fixtures"]

FILES = {"config.json": b'{"hidden": 32}', "model.bin": noise(2_000_000), "sub/tokenizer.json": noise(9_000, 1)}
REST = {"onnx/model.onnx": noise(500_000, 2), "README.md": b"long"}


@pytest.fixture
def source(hub) -> ModelSource:
    commit = hub.add("BAAI/tiny", "model").commit({**FILES, **REST})
    return ModelSource("models/BAAI/tiny", commit, dict.fromkeys(FILES))


def download(settings, source, folder, **more):
    return download_model_files(settings, source, folder, retry=QUICK, **more)


def contents(folder) -> dict[str, bytes]:
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: data for name, data in found.items() if not name.startswith(".fetch/")}


def test_only_what_is_named(hub, settings, source, tmp_path):
    folder = tmp_path / "models/bge-m3"
    (folder / "onnx-int8").mkdir(parents=True)
    (folder / "onnx-int8/model.onnx").write_bytes(b"ours")
    assert download(settings, source, folder) == folder
    assert contents(folder) == {**FILES, "onnx-int8/model.onnx": b"ours"}
    hub.requests.clear()
    download(settings, source, folder)
    download(replace(settings, offline=True), source, folder)
    assert hub.requests == []


@pytest.mark.parametrize("name", ["config.json", "model.bin"])
def test_wrong_content_is_never_kept(hub, settings, source, tmp_path, name):
    """Small files have Git's hash in the list, large ones SHA-256."""
    hub.fault(name if name == "config.json" else STORAGE, flip=5)
    with pytest.raises(HubError, match="hash is not the expected one"):
        download(settings, source, tmp_path / "model")
    assert name not in contents(tmp_path / "model")
    hub.faults.clear()
    download(settings, source, tmp_path / "model")
    assert contents(tmp_path / "model") == FILES


def test_resume_and_next_endpoint(hub, settings, source, tmp_path):
    with HubServer() as mirror:
        mirror.repositories = hub.repositories
        mirror.fault(STORAGE, cut=1_200_000, times=1)
        mirror.fault(STORAGE, status=500)
        download(replace(settings, endpoints=(mirror.url, hub.url)), source, tmp_path / "model")
    assert contents(tmp_path / "model") == FILES
    assert [r.headers.get("range") for r in hub.requests if r.path.startswith(STORAGE)] == ["bytes=1200000-"]


def test_what_is_missing_is_named(hub, settings, source, tmp_path):
    with pytest.raises(HubError, match=r"models/BAAI/tiny at .* has no file 'nothing\.bin'"):
        download(settings, replace(source, files={"nothing.bin": None}), tmp_path / "model")
    with pytest.raises(HubError, match=r"Offline.*lacks config\.json, model\.bin, sub/tokenizer\.json") as caught:
        download(replace(settings, offline=True), source, tmp_path / "model")
    assert "models/BAAI/tiny" in caught.value.hint
    with pytest.raises(HubError, match="HTTP 401"):
        download(settings, replace(source, repository="models/no/thing"), tmp_path / "model")


def test_a_pinned_hash_is_stronger_than_the_list(hub, settings, source, tmp_path):
    """A mirror that replaces a file and its hash in the list is noticed."""
    pinned = {name: ExpectedFile(len(data), hashlib.sha256(data).hexdigest()) for name, data in FILES.items()}
    assert contents(download(settings, replace(source, files=pinned), tmp_path / "model")) == FILES
    assert not any("/tree/" in request.path for request in hub.requests)
    evil = hub.add("BAAI/tiny", "model").commit({**FILES, "model.bin": noise(2_000_000, 7)})
    with pytest.raises(HubError, match="hash is not the expected one"):
        download(settings, replace(source, revision=evil, files=pinned), tmp_path / "other")


def test_an_encoders_download_is_shown_and_can_be_stopped(hub, settings):
    """The progress of whoever opened the encoder hears of it; what it raises ends the download."""
    total = sum(size for size, _ in model_files.UPSTREAM.values())

    class Stop(BaseException):
        pass

    def progress(step):
        assert (step.name, step.unit, step.total) == ("downloading", "B", total)
        raise Stop

    repository = hub.add(model_files.REPOSITORY, "model")
    repository.commits[model_files.REVISION] = {name: Blob(bytes(50_000)) for name in model_files.UPSTREAM}
    hub.fault("resolve", rate=10_000)
    with pytest.raises(Stop):
        model_files.ensure_folder(settings, progress)
    assert model_files.find_folder(settings) is None
