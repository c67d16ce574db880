"""Fetching an index from a server that speaks the Hub's protocol: the whole of it, nothing twice, and never a wrong byte."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import replace

import pytest
from hub_versions import BIG, CONTENTS, QUICK, REPOSITORY, environment, fetch, read_contents, write_version

from danbooru_index.encoders import EncoderIdentity
from danbooru_index.errors import HubError, IndexMismatchError, InputError
from danbooru_index.hub import FetchOptions, check_index, ensure_index
from danbooru_index.index.versions import current_version
from danbooru_index.locate import locate

pytest_plugins = ["hub_fixtures"]

TOTAL = sum(len(data) for data in {hashlib.sha256(d).digest(): d for d in CONTENTS.values()}.values())
UPDATE = FetchOptions(update=True)
VERIFY = FetchOptions(verify=True)


def test_whole_index(published, settings, folder):
    report = fetch(settings, folder)
    assert report.status == "fetched"
    assert report.received == TOTAL  # the file that stands twice is fetched once
    assert current_version(folder) == report.folder
    assert read_contents(report.folder) == CONTENTS
    assert report.source.commit == published.add(REPOSITORY).branches["main"]
    assert report.source.endpoint == published.url
    assert sorted(path.name for path in (folder / ".fetch").iterdir()) == ["lock"]


def test_nothing_when_all_is_there(published, settings, folder):
    first = fetch(settings, folder)
    published.requests.clear()
    again = fetch(settings, folder)
    assert (again.status, again.folder, again.received) == ("present", first.folder, 0)
    assert published.requests == []
    assert fetch(settings, folder, UPDATE) == again
    asked = [(r.method, r.path) for r in published.requests]
    assert asked == [("HEAD", f"/datasets/{REPOSITORY}/resolve/main/manifest.json")]


def test_ensure_index_asks_nothing_when_there_is_one(published, settings, folder):
    version = ensure_index(settings, folder)
    published.requests.clear()
    assert ensure_index(settings, folder) == version
    assert published.requests == []


@pytest.mark.parametrize("name", [BIG, "tags/名前.npy"])
def test_a_damaged_file_is_mended_alone(published, settings, folder, name):
    first = fetch(settings, folder)
    data = bytearray(CONTENTS[name])
    data[7] ^= 1
    (first.folder / name).write_bytes(data)
    assert fetch(settings, folder).status == "present"  # sizes fit, and hashes are not looked at
    mended = fetch(settings, folder, VERIFY)
    assert (mended.status, mended.received) == ("fetched", len(data))
    assert read_contents(mended.folder) == CONTENTS


def test_a_missing_file_is_mended_without_verify(published, settings, folder):
    (fetch(settings, folder).folder / BIG).unlink()
    mended = fetch(settings, folder)
    assert (mended.status, mended.received) == ("fetched", len(CONTENTS[BIG]))
    assert read_contents(current_version(folder)) == CONTENTS


def test_offline(published, settings, folder):
    offline = replace(settings, offline=True)
    with pytest.raises(HubError, match="Offline") as caught:
        fetch(offline, folder)
    assert all(way in caught.value.hint for way in ("HF_ENDPOINT", "by hand", "build"))
    with pytest.raises(HubError, match="Offline"):
        check_index(offline, folder)
    assert published.requests == []
    version = fetch(settings, folder).folder
    published.requests.clear()
    report = fetch(offline, folder)
    assert (report.status, report.folder) == ("offline", version)
    assert ensure_index(offline, folder) == version
    assert published.requests == []


def test_unreachable_is_silent_with_a_local_index_unless_asked(published, settings, folder):
    version = fetch(settings, folder).folder
    published.fault(".", method="HEAD", status=503)
    assert fetch(settings, folder).folder == version
    with pytest.raises(HubError, match="HTTP 503"):
        fetch(settings, folder, UPDATE)
    with pytest.raises(HubError, match="HTTP 503"):
        check_index(settings, folder, QUICK)
    assert current_version(folder) == version


def test_other_encoder_is_refused_before_the_download(hub, settings, folder, tmp_path):
    for identity, words in (
        (EncoderIdentity("use-multilingual", "9.9", 512), "9.9"),
        (EncoderIdentity("x/y", "1", 4), "x/y"),
    ):
        hub.add(REPOSITORY).commit_folder(write_version(tmp_path / words.replace("/", ""), CONTENTS, identity))
        with pytest.raises(IndexMismatchError, match=words) as caught:
            fetch(settings, folder)
        assert caught.value.hint.startswith("Nothing was downloaded.")
    assert hub.bytes_sent(r"(?<!manifest\.json)$") == 0


def test_other_schema_is_refused_before_the_download(published, settings, folder, tmp_path):
    manifest = tmp_path / "built/manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text("utf-8")), "schema": 99}), "utf-8")
    published.add(REPOSITORY).commit_folder(tmp_path / "built")
    with pytest.raises(IndexMismatchError, match="99"):
        fetch(settings, folder)
    assert published.bytes_sent() == 0


def test_missing_things_are_named(published, settings, folder):
    for changes, words in (
        ({"repository": "test/other"}, "HTTP 401 Unauthorized: RepoNotFound"),
        ({"revision": "v9"}, "HTTP 404 Not Found: RevisionNotFound"),
        ({"revision": "0" * 40}, "HTTP 404 Not Found: RevisionNotFound"),
    ):
        with pytest.raises(HubError, match=words) as caught:
            fetch(replace(settings, **changes), folder)
        assert published.url in str(caught.value)
    with pytest.raises(InputError):
        fetch(replace(settings, repository="../x"), folder)


def test_endpoint_set_after_huggingface_hub_was_imported(published, tmp_path):
    """huggingface_hub reads HF_ENDPOINT once, at its import; we read it when it is needed."""
    program = (
        "import os, sys, huggingface_hub.constants\n"
        f"os.environ['HF_ENDPOINT'] = {published.url!r}\n"
        "assert huggingface_hub.constants.ENDPOINT == 'https://huggingface.co'\n"
        "from danbooru_index.cli import main\n"
        f"sys.exit(main(['fetch', {REPOSITORY!r}, '--json']))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], env=environment(tmp_path), capture_output=True, text=True, timeout=60
    )
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["source"]["endpoint"] == published.url


def test_command_line(published, tmp_path):
    env = {**environment(tmp_path), "HF_ENDPOINT": f"http://127.0.0.1:9,{published.url}/"}

    def run(*arguments, **more):
        command = [sys.executable, "-m", "danbooru_index", "fetch", *arguments]
        return subprocess.run(command, env={**env, **more}, capture_output=True, text=True, timeout=60)

    found = run(REPOSITORY, "--check", "--json")
    assert (found.returncode, json.loads(found.stdout)["newer"]) == (0, True)
    found = run(REPOSITORY)
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith(f"Fetched datasets/{REPOSITORY} at ")
    assert "downloading" in found.stderr
    found = run(REPOSITORY, HF_HUB_OFFLINE="1")
    assert found.stdout.startswith("Offline: ")
    assert found.stderr == ""
    found = run("no/thing", "--db", str(tmp_path / "other"))
    assert found.returncode == 1
    assert "http://127.0.0.1:9: ConnectError" in found.stderr
    assert f"{published.url}: HTTP 401" in found.stderr
    assert found.stderr.splitlines()[-1].startswith("hint: You can (1) use another endpoint")


def test_the_server_is_what_huggingface_hub_speaks(published, tmp_path, monkeypatch):
    """The test server is not ours alone: the real client downloads the same files from it."""
    from huggingface_hub import constants, snapshot_download

    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    target = tmp_path / "theirs"
    ours = {"repo_type": "dataset", "endpoint": published.url, "token": False}
    snapshot_download(REPOSITORY, local_dir=target, cache_dir=tmp_path / "cache", **ours)
    found = {name: (target / name).read_bytes() for name in CONTENTS}
    assert found == CONTENTS


def test_without_a_repository_nobody_is_asked(hub, settings, folder):
    nobody = replace(settings, repository="")
    for ask in (lambda: fetch(nobody, folder), lambda: check_index(nobody, folder)):
        with pytest.raises(
            HubError, match="No repository of a prebuilt index is named, and none is published yet"
        ) as no:
            ask()
        assert "danbooru-index fetch OWNER/NAME" in no.value.hint and "config.toml" in no.value.hint
    located = locate(replace(nobody, auto_fetch=True))
    reason = "starter index (auto_fetch is set, but no repository)"
    assert (located.folder, located.reason) == (settings.home / "starter", reason)
    assert hub.requests == [] and not folder.exists()


def test_the_index_is_located_by_fetching_it_only_when_a_setting_says_so(hub, settings, folder, small_folder):
    hub.add(REPOSITORY).commit_folder(current_version(small_folder))
    asked = replace(settings, auto_fetch=True)
    located = locate(asked)
    assert (located.folder, located.reason) == (folder, f"index {folder}, fetched from {REPOSITORY}")
    hub.requests.clear()
    assert locate(asked).reason == f"index {folder}"
    assert hub.requests == []
    elsewhere = replace(asked, home=settings.home / "other", offline=True)
    with pytest.raises(HubError, match="Offline"):
        locate(elsewhere)
