"""When the Load node downloads: the adapter's own code over the real engine and server, beside a host of a few lines."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hub_versions import CONTENTS, REPOSITORY, environment, write_version

pytest_plugins = ["hub_fixtures"]
ROOT = Path(__file__).resolve().parent.parent
HOST = """
import importlib, importlib.util, json, sys, types
home, root, handles = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
names = ("comfy", "comfy.model_management", "comfy.utils", "folder_paths")
host = {name: types.ModuleType(name) for name in names}
sys.modules.update(host)
host["comfy"].model_management, host["comfy"].utils = host["comfy.model_management"], host["comfy.utils"]
host["comfy.model_management"].throw_exception_if_processing_interrupted = lambda: None
host["comfy.utils"].ProgressBar = lambda total: types.SimpleNamespace(update_absolute=lambda done, total: None)
host["folder_paths"].models_dir = home
host["folder_paths"].add_model_folder_path = lambda *_: None
host["folder_paths"].get_folder_paths = lambda name: [home]
spec = importlib.util.spec_from_file_location("pack", f"{root}/__init__.py", submodule_search_locations=[root])
sys.modules["pack"] = importlib.util.module_from_spec(spec)
nodes = types.ModuleType("pack.nodes")
nodes.__path__ = [f"{root}/nodes"]
sys.modules["pack.nodes"] = nodes
service = importlib.import_module("pack.nodes.service")
"""
FIND = """
folder, reason = service._find(service.IndexHandle(**handles), lambda step: None, lambda: None)
versions = importlib.import_module("pack.danbooru_index.index.versions")
print(json.dumps([str(folder), versions.current_version(folder).name, reason]))
"""
# One search waits for a download that stands still; searches that need nothing made, and the close of one, do not.
BESIDE = """
import threading, time
slow, quick = (service.IndexHandle(**handle) for handle in handles)
download = threading.Thread(target=lambda: service.use_index(slow, lambda step: None, lambda: None).__enter__(), daemon=True)
download.start()
while not any(lock.locked() for lock in service._service.making.values()):
    time.sleep(0.01)
names = []
def search():
    with service.use_index(quick, lambda step: None, lambda: None) as (index, _):
        names.append(index.manifest.rows)
threads = [threading.Thread(target=search, daemon=True) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(100)
# Who needs the same download waits, and can give up.
def stop():
    raise KeyboardInterrupt
try:
    with service.use_index(slow, lambda step: None, stop):
        gave_up = False
except KeyboardInterrupt:
    gave_up = True
print(json.dumps([names, gave_up, download.is_alive()]))
"""


def run(home: Path, handle: object, program: str = FIND, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", HOST + program, str(home), str(ROOT), json.dumps(handle)]
    kept = {name: value for name, value in environment(home).items() if name != "PYTHONPATH"}
    env = kept | {f"DANBOORU_INDEX_{name.upper()}": value for name, value in settings.items()}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=500, cwd=home)


def find(home: Path, endpoint: str, **handle: str) -> list[str]:
    """The folder and version that a node would search with these inputs, and why; the user's settings allow all of them."""
    allowed = {"repo": REPOSITORY, "allowed_endpoints": endpoint, "allowed_folders": str(home.parent / "named")}
    found = run(home, {"repository": REPOSITORY, "endpoint": endpoint, **handle}, **allowed)
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def build_here(folder: Path) -> None:
    write_version(folder / "versions/own", {"tags/corpus.jsonl": b"mine"})
    (folder / "CURRENT").write_text("own\n")


def test_if_missing_fetches_once_into_the_folder_that_is_named(published, home, tmp_path):
    named = str(tmp_path / "named")
    for folder, text in ((home / "index", ""), (tmp_path / "named", named)):
        found = find(home, published.url, download="if missing", folder=text)
        assert found[0] == str(folder) and found[1].startswith("abababababab-")
        published.requests.clear()
        assert find(home, published.url, download="if missing", folder=text) == found
        assert published.requests == []


@pytest.mark.parametrize("download", ["if missing", "update"])
def test_an_index_that_the_user_built_stays_and_the_node_says_so(published, home, download):
    build_here(home / "index")
    reason = f"index {home / 'index'} (built here and kept: no download takes its place)"
    assert find(home, published.url, download=download) == [str(home / "index"), "own", reason]
    assert published.requests == []


def test_without_a_repository_the_starter_is_used_and_the_node_says_how_to_name_one(published, home):
    allowed = {"allowed_endpoints": published.url}
    handle = {"endpoint": published.url, "download": "if missing"}
    folder, _, reason = json.loads(run(home, handle, **allowed).stdout)
    assert folder == str(home / "starter") and "no prebuilt index is published yet" in reason
    assert 'repository = "OWNER/NAME" in config.toml' in reason
    for asked in ({"download": "update"}, {"folder": str(home / "named")}):
        failed = run(home, {**handle, **asked}, **allowed)
        assert "No repository of a prebuilt index is named, and none is published yet." in failed.stderr
    assert published.requests == []


def test_update_takes_a_newer_one(published, home, tmp_path):
    first = find(home, published.url, download="update")
    assert find(home, published.url, download="update") == first
    published.add(REPOSITORY).commit_folder(write_version(tmp_path / "newer", {"tags/corpus.jsonl": b"newer"}))
    assert find(home, published.url, download="if missing") == first
    assert find(home, published.url, download="update")[1] != first[1]


def test_never_asks_for_nothing(published, home):
    build_here(home / "index")
    assert find(home, published.url, download="never") == [str(home / "index"), "own", f"index {home / 'index'}"]
    assert published.requests == []


@pytest.mark.parametrize("download", ["if missing", "update"])
def test_a_source_that_the_user_does_not_name_is_not_asked(published, home, tmp_path, download):
    """Neither the endpoint nor the repository nor the folder of a workflow is its own to choose."""
    build_here(home / "index")
    endpoint, named = published.url, str(tmp_path / "pyenv")
    for handle, allowed, said in (
        ({"repository": "evil/index"}, {"allowed_endpoints": endpoint}, "the repository evil/index"),
        ({"repository": "evil/index"}, {"allowed_repositories": "evil/index"}, f"the endpoint {endpoint}"),
        ({"folder": named}, {"allowed_endpoints": endpoint}, f"the folder {named}"),
        ({"folder": "//evil/share"}, {"allowed_endpoints": endpoint}, "the folder //evil/share"),
    ):
        found = run(home, {"endpoint": endpoint, "download": download, **handle}, **allowed)
        assert f"This workflow names {said}, which is not in your settings" in found.stderr
    assert published.requests == []
    assert not (tmp_path / "pyenv").exists()


def test_another_repository_has_a_folder_of_its_own(published, home, tmp_path):
    """The main index stays what it is for every workflow that names no repository."""
    ours = find(home, published.url, download="if missing")
    published.add("other/index").commit_folder(write_version(tmp_path / "theirs", {"tags/corpus.jsonl": b"theirs"}))
    allowed = {"repo": REPOSITORY, "allowed_endpoints": published.url, "allowed_repositories": "other/index"}
    theirs = {"repository": "other/index", "endpoint": published.url}
    for download in ("update", "if missing", "never"):
        found = run(home, {**theirs, "download": download}, **allowed)
        assert json.loads(found.stdout)[0] == str(home / "index-other--index"), found.stderr
    assert find(home, published.url, download="never") == ours
    assert find(home, published.url, download="if missing") == ours


def test_no_search_waits_for_the_download_of_another(published, home, small_folder, tmp_path):
    shutil.copytree(small_folder, home / "index")
    published.add("other/index").commit_folder(write_version(tmp_path / "theirs", CONTENTS))
    published.fault("/storage/", stall=600)
    theirs = {"repository": "other/index", "endpoint": published.url, "download": "if missing"}
    allowed = {"allowed_endpoints": published.url, "allowed_repositories": "other/index"}
    done = run(home, [theirs, {}], BESIDE, **allowed)
    assert done.returncode == 0, done.stderr
    rows, gave_up, still = json.loads(done.stdout)
    assert rows == [17, 17, 17] and gave_up and still
