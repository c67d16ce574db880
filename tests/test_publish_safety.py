"""What publishing gives away, and what a published index can do: no login goes where it does not belong, no pickle is loaded."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from hub_versions import QUICK, environment
from publishing import FACTS, REPOSITORY, upload

from danbooru_index.hub import FetchOptions, fetch_index
from danbooru_index.hub.publish import Target, plan_publish, publish

pytest_plugins = ["hub_fixtures"]
pytestmark = pytest.mark.usefixtures("no_saved_login")


def test_no_pickle_is_loaded_by_python(hub, settings, folder, small_folder, tmp_path):
    """A repository whose pickle would run a program: fetched and searched, it runs nothing."""
    marker = tmp_path / "ran"

    class Evil:
        def __reduce__(self):
            return (os.system, (f"echo x > '{marker}'",))

    plan = plan_publish(small_folder, REPOSITORY, FACTS)
    manifest = json.loads(plan.files["manifest.json"])
    evil = pickle.dumps(Evil())
    names = [*(name for name in plan.files if name.endswith(".pickle")), "tags/keys.npy", "dense/projection.npy"]
    assert len(names) > 2
    for name in names:
        contents = {key: path.read_bytes() if isinstance(path, Path) else path for key, path in plan.files.items()}
        changed = {
            **manifest,
            "files": {**manifest["files"], name: {"size": len(evil), "sha256": sha256(evil).hexdigest()}},
        }
        contents |= {name: evil, "manifest.json": json.dumps(changed).encode()}
        hub.add("evil/one").commit(contents)
        fetch_index(replace(settings, repository="evil/one"), folder, options=FetchOptions(update=True), retry=QUICK)
        command = [sys.executable, "-m", "danbooru_index", "search", "双马尾", "--db", str(folder)]
        subprocess.run(command, env=environment(tmp_path), capture_output=True, timeout=60)
        assert not marker.exists(), name


def test_a_login_is_not_sent_to_an_endpoint_that_nobody_trusted(hub, settings, small_folder, monkeypatch, tmp_path):
    """Neither HF_TOKEN nor a saved login, in no request, to the endpoint or to a host that it names."""
    from huggingface_hub import constants

    saved = tmp_path / "theirs/saved-token"
    saved.parent.mkdir(parents=True, exist_ok=True)
    saved.write_text("hf_saved_secret")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(saved))
    plan = plan_publish(small_folder, REPOSITORY, FACTS)
    assert any(size >= 100_000 for _, size, _ in plan.described())  # large files go another way
    for environment_token in ("hf_environment_secret", None):
        if environment_token is None:
            monkeypatch.delenv("HF_TOKEN")
        else:
            monkeypatch.setenv("HF_TOKEN", environment_token)
        hub.requests.clear()
        publish(plan, replace(settings, token=environment_token), Target(hub.url, revision="main"), QUICK)
        assert {r.host for r in hub.requests} >= {hub.url.partition("//")[2]}
        assert [r.path for r in hub.requests if "secret" in repr(r.headers)] == []
    assert constants.HF_HUB_DISABLE_XET is False and constants.HF_HUB_DISABLE_IMPLICIT_TOKEN is False


def test_a_trusted_endpoint_does_not_take_the_token_elsewhere(hub, settings, small_folder):
    """Its answers name the host where large files are stored and verified; the token stays at the endpoint all the same."""
    from huggingface_hub import _commit_api, lfs

    upload(hub, settings, plan_publish(small_folder, REPOSITORY, FACTS))
    elsewhere = [r for r in hub.requests if r.host == hub.storage_url.partition("//")[2]]
    assert {r.method for r in elsewhere} == {"PUT"}
    assert [r.path for r in elsewhere if "authorization" in r.headers] == []
    assert any("authorization" in r.headers for r in hub.requests)
    assert _commit_api.lfs_upload is lfs.lfs_upload
