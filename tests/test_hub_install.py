"""install.py as the hosts run it: by its path, from another folder, at every start, online or not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hub_versions import CONTENTS, REPOSITORY, environment, read_contents

from danbooru_index.index.versions import current_version

pytest_plugins = ["hub_fixtures"]

ROOT = Path(__file__).parents[1]


@pytest.fixture(params=["custom_nodes", "extensions"])
def pack(request, tmp_path) -> Path:
    """A copy of the pack inside a host, as either host has it."""
    host = tmp_path / "host with spaces"
    target = host / request.param / "danbooru-index"
    ignored = shutil.ignore_patterns("__pycache__", "starter")
    shutil.copytree(ROOT / "danbooru_index", target / "danbooru_index", ignore=ignored)
    for name in ("install.py", "requirements.txt"):
        shutil.copy(ROOT / name, target / name)
    if request.param == "extensions":
        shutil.copytree(ROOT / "danbooru_index_webui", target / "danbooru_index_webui", ignore=ignored)
        (host / "launch.py").write_text("raise AssertionError('the host is not to be imported')")
        (host / "modules").mkdir()
        paths = f"data_path = {str(host)!r}\nmodels_path = {str(host / 'models')!r}\n"
        (host / "modules/paths_internal.py").write_text(paths)
    return target


def run(pack: Path, *flags: str, **more: str) -> subprocess.CompletedProcess:
    """Run it as the hosts do: from the host's root, which the WebUI also puts on the path."""
    kept = environment(pack)
    del kept["DANBOORU_INDEX_HOME"]
    host = pack.parent.parent
    env = {**kept, "PYTHONPATH": str(host) if pack.parent.name == "extensions" else "", **more}
    command = [sys.executable, *flags, str(pack / "install.py")]
    return subprocess.run(command, env=env, cwd=host, capture_output=True, text=True, timeout=120)


def test_says_what_mends_and_installs_nothing(pack):
    before = sorted(str(path) for path in pack.parent.parent.rglob("*") if "__pycache__" not in str(path))
    found = run(pack)
    assert (found.returncode, found.stderr) == (0, "")
    home = pack.parent.parent / "models/danbooru_index/index"
    assert f"no index in {home}" in found.stdout and "No full one is published yet" in found.stdout
    assert f'-m danbooru_index fetch OWNER/NAME --db "{home}"' in found.stdout
    named = run(pack, DANBOORU_INDEX_REPO=REPOSITORY).stdout
    assert f"To download a full one of {REPOSITORY}" in named and f'fetch --db "{home}"' in named
    assert "missing packages" not in found.stdout
    assert sorted(str(path) for path in pack.parent.parent.rglob("*") if "__pycache__" not in str(path)) == before


def test_needs_nothing_but_the_standard_library(pack):
    """Without site-packages: in ComfyUI everything is missing and said so; a WebUI is left alone."""
    found = run(pack, "-S")
    assert (found.returncode, found.stderr) == (0, "")
    said = "missing packages: chromadb" in found.stdout and "-m pip install -r" in found.stdout
    assert said == (pack.parent.name == "custom_nodes")


def test_silent_and_quick_when_nothing_is_missing(pack, published):
    fetched = run(pack, DANBOORU_INDEX_AUTO_FETCH="1", HF_ENDPOINT=published.url, DANBOORU_INDEX_REPO=REPOSITORY)
    assert fetched.returncode == 0, fetched.stderr
    assert "auto_fetch is set" in fetched.stdout
    version = current_version(pack.parent.parent / "models/danbooru_index/index")
    assert read_contents(version) == CONTENTS
    published.requests.clear()
    before = os.times()
    again = run(pack, DANBOORU_INDEX_AUTO_FETCH="1", HF_ENDPOINT=published.url, DANBOORU_INDEX_REPO=REPOSITORY)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    after = os.times()  # the processor's time: the clock is the machine's
    assert after.children_user + after.children_system - before.children_user - before.children_system < 5.0
    assert published.requests == []


def test_exit_0_when_offline_or_the_mirror_is_dead(pack):
    offline = run(pack, DANBOORU_INDEX_AUTO_FETCH="1", HF_HUB_OFFLINE="1")
    assert (offline.returncode, offline.stderr) == (0, "")
    assert "starter index" in offline.stdout
    nowhere = run(pack, DANBOORU_INDEX_AUTO_FETCH="1")
    assert "No full one is published yet" in nowhere.stdout and "downloading" not in nowhere.stdout
    dead = run(pack, DANBOORU_INDEX_AUTO_FETCH="1", HF_ENDPOINT="http://127.0.0.1:9", DANBOORU_INDEX_REPO=REPOSITORY)
    assert (dead.returncode, dead.stderr) == (0, "")
    assert "http://127.0.0.1:9: ConnectError" in dead.stdout
    assert "To continue later" in dead.stdout


def test_broken_settings_do_not_stop_the_host(pack):
    home = pack.parent.parent / "models/danbooru_index"
    home.mkdir(parents=True)
    (home / "config.toml").write_text("auto_fetch = maybe")
    found = run(pack)
    assert (found.returncode, found.stderr) == (0, "")
    assert "config.toml" in found.stdout


def test_the_folder_is_the_one_that_the_nodes_use():
    text = (ROOT / "nodes/host.py").read_text(encoding="utf-8")
    assert 'MODELS_FOLDER = "danbooru_index"' in text
    assert os.access(ROOT / "install.py", os.R_OK)
