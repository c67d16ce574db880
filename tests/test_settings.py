"""Settings: the environment wins over the file, the file over the default, and each says where it was found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from danbooru_index.settings import DEFAULT_ENDPOINT, for_child_processes, load_settings


def test_every_setting_says_where_it_was_found(tmp_path: Path) -> None:
    lines = ('device = "cpu"', 'model = ""', "queue_builds = true", 'allowed_endpoints = ["https://b.example"]')
    (tmp_path / "config.toml").write_text("\n".join(lines), encoding="utf-8")
    environ = {"DANBOORU_INDEX_DEVICE": "cuda", "HF_ENDPOINT": " , ", "DANBOORU_INDEX_ALLOWED_FOLDERS": "/here"}
    found = load_settings(tmp_path, environ)
    assert (found.device, found.sources["device"]) == ("cuda", "environment")
    assert (found.endpoints, found.sources["endpoint"]) == ((DEFAULT_ENDPOINT,), "default")
    assert (found.model, found.sources["model"]) == ("use-multilingual", "default")
    assert (found.queue_builds, found.sources["queue_builds"]) == (True, "config.toml")
    assert (found.allowed_endpoints, found.sources["allowed_endpoints"]) == (("https://b.example",), "config.toml")
    assert (found.allowed_folders, found.sources["allowed_folders"]) == ((Path("/here"),), "environment")


def test_a_file_of_weights_is_looked_for_beside_the_settings_that_name_it(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('weights = "w.json"', encoding="utf-8")
    assert load_settings(tmp_path, {}).weights == tmp_path / "w.json"
    assert load_settings(tmp_path, {"DANBOORU_INDEX_WEIGHTS": "w.json"}).weights == Path("w.json")


def test_what_the_user_has_set_stands_for_child_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANBOORU_TEST_SET", "mine")
    monkeypatch.delenv("DANBOORU_TEST_UNSET", raising=False)
    for_child_processes({"DANBOORU_TEST_SET": "ours", "DANBOORU_TEST_UNSET": "ours"})
    assert (os.environ["DANBOORU_TEST_SET"], os.environ.pop("DANBOORU_TEST_UNSET")) == ("mine", "ours")
