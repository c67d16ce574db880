"""Model files: what is refused before loading, whose vectors a folder makes, and how a fetch fails."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
from dataclasses import replace

import pytest
from hub_server import HubServer
from tiny_m3 import TINY, make_checkpoint

from danbooru_index.encoders import BGE_M3, model_files, open_encoder
from danbooru_index.encoders.model_files import find_folder, identity_of
from danbooru_index.errors import EncoderError, HubError
from danbooru_index.settings import load_settings

pytest_plugins = ["m3_fixtures"]
pytestmark = pytest.mark.torch
pytest.importorskip("torch")


@pytest.fixture
def folder(tiny_folder, tmp_path):
    return shutil.copytree(tiny_folder, tmp_path / "model")


@pytest.mark.parametrize("name", ["colbert_linear.pt", "sparse_linear.pt", "tokenizer.json", "config.json"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(EncoderError, match=name) as caught:
        open_encoder(str(folder), device="cpu")
    assert "colbert_linear.pt" in caught.value.hint
    assert ("random" in str(caught.value)) == name.endswith(".pt")


def test_missing_weights(folder):
    (folder / "model.safetensors").unlink()
    with pytest.raises(EncoderError, match="no weights"):
        open_encoder(str(folder), device="cpu")


@pytest.mark.parametrize("keep", [4, 100, 10_000])
def test_truncated_safetensors(folder, keep):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(EncoderError, match=r"model\.safetensors"):
        open_encoder(str(folder), device="cpu")


def _as_pickle(folder, drop=""):
    import torch
    from safetensors.torch import load_file

    weights = {name: value for name, value in load_file(folder / "model.safetensors").items() if name != drop}
    torch.save(weights, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def test_pickled_weights(folder):
    _as_pickle(folder)
    assert open_encoder(str(folder), device="cpu").encode(["a"]).dense.shape == (1, 32)


def test_truncated_pickle(folder):
    _as_pickle(folder)
    path = folder / "pytorch_model.bin"
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(EncoderError, match=r"pytorch_model\.bin"):
        open_encoder(str(folder), device="cpu").encode(["a"])


@pytest.mark.parametrize("kind", ["pickle", "safetensors"])
def test_absent_layers_are_not_made_up(folder, kind):
    name = "encoder.layer.1.output.dense.weight"
    if kind == "pickle":
        _as_pickle(folder, drop=name)
    else:
        from safetensors.torch import load_file, save_file

        path = folder / "model.safetensors"
        weights = load_file(path)
        del weights[name]
        save_file(weights, path)
    with pytest.raises(EncoderError, match=r"layer\.1\.output\.dense\.weight"):
        open_encoder(str(folder), device="cpu").encode(["a"])


def test_heads_of_another_size(folder):
    import torch

    torch.save(torch.nn.Linear(64, 64).state_dict(), folder / "colbert_linear.pt")
    with pytest.raises(EncoderError, match="cannot be loaded"):
        open_encoder(str(folder), device="cpu").encode(["a"])


def test_another_architecture(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "bert"}))
    with pytest.raises(EncoderError, match="bert"):
        open_encoder(str(folder), device="cpu")


def test_wrong_dimensions_under_the_known_name(folder, own_home):
    shutil.copytree(folder, own_home / "models" / "bge-m3")
    with pytest.raises(EncoderError, match="32 dimensions, not 1024"):
        open_encoder(BGE_M3, device="cpu").encode(["a"])


def test_another_tokenizer(folder):
    path = folder / "tokenizer.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"<pad>"', '"<fill>"'), encoding="utf-8")
    with pytest.raises(EncoderError, match="<pad>"):
        open_encoder(str(folder), device="cpu").encode(["a"])


def test_identity_follows_the_content(folder, tmp_path):
    same = identity_of(folder)
    assert identity_of(folder) == same
    assert same.name == folder.resolve().as_posix() and same.dimensions == 32
    other = identity_of(make_checkpoint(tmp_path / "other", TINY, seed=8))
    assert other.revision != same.revision


def test_pinned_identity_is_known_without_files():
    identity = open_encoder(BGE_M3).identity
    assert (identity.name, identity.dimensions, len(identity.revision)) == ("BAAI/bge-m3", 1024, 40)


def test_upstream_is_recognised_by_its_files(folder, monkeypatch):
    from danbooru_index.storage.files import sha256_of

    files = {
        name: ((folder / name).stat().st_size, sha256_of(folder / name))
        for name in ("colbert_linear.pt", "sparse_linear.pt", "tokenizer.json")
    }
    monkeypatch.setattr(model_files, "UPSTREAM", files)
    assert identity_of(folder) == open_encoder(BGE_M3).identity


def test_found_under_the_hosts_model_folders(folder, tmp_path):
    host = tmp_path / "ComfyUI" / "models" / "text_encoders"
    shutil.copytree(folder, host / "bge-m3")
    settings = replace(load_settings(), model_folders=(tmp_path / "absent", host))
    assert find_folder(settings) == host / "bge-m3"


def test_model_folders_from_the_environment(tmp_path):
    import os

    environ = {"DANBOORU_INDEX_HOME": str(tmp_path), "DANBOORU_INDEX_MODEL_FOLDERS": os.pathsep.join(["/a", "/b c"])}
    assert [path.as_posix() for path in load_settings(environ=environ).model_folders] == ["/a", "/b c"]


def test_offline_says_where_to_put_the_files(own_home):
    settings = replace(load_settings(), offline=True)
    with pytest.raises(HubError, match=r"(?i)offline") as caught:
        open_encoder(BGE_M3, device="cpu", settings=settings).encode(["a"])
    assert str(own_home / "models" / "bge-m3") in caught.value.full_text()


def test_fetched_from_the_endpoint_when_it_is_nowhere(own_home):
    """The hub's own tests cover what an endpoint may do wrong; here it only has to be asked for the pinned files."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(HubError, match=endpoint) as caught:
            open_encoder(BGE_M3, device="cpu", settings=replace(load_settings(), endpoints=(endpoint,))).encode(["a"])
        server.shutdown()
    assert "401" in str(caught.value) and caught.value.hint
    assert model_files.REVISION in asked[0]


def test_a_fetch_that_was_broken_off_is_not_taken_for_the_model(folder, own_home):
    target = shutil.copytree(folder, own_home / "models" / "bge-m3")
    assert find_folder(load_settings()) == target
    (target / "sparse_linear.pt").unlink()
    assert find_folder(load_settings()) is None


def test_the_pinned_files_are_asked_for_at_the_pinned_revision():
    with HubServer() as hub:
        hub.add(model_files.REPOSITORY, "model")
        with pytest.raises(HubError, match="HTTP 404 Not Found: RevisionNotFound"):
            model_files.ensure_folder(replace(load_settings(), endpoints=(hub.url,)))
        asked = {request.path for request in hub.requests}
    assert asked <= {f"/BAAI/bge-m3/resolve/{model_files.REVISION}/{name}" for name in model_files.UPSTREAM}
    assert find_folder(load_settings()) is None
