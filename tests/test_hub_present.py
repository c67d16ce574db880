"""What stands here already: it is not fetched, nothing heavy is loaded for it, and what the user built stays."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from hub_versions import BIG, CONTENTS, QUICK, REPOSITORY, environment, noise, read_contents, write_version

from danbooru_index.errors import HubError
from danbooru_index.hub import FetchOptions, fetch_index, with_flags
from danbooru_index.hub.fetch import DEFAULT_OPTIONS, FetchReport
from danbooru_index.versions import current_version

pytest_plugins = ["hub_fixtures"]


def fetch(settings, folder, options=DEFAULT_OPTIONS):
    return fetch_index(settings, folder, options=options, patience=QUICK)


def test_a_command_that_has_nothing_to_fetch_loads_neither_numpy_nor_a_client(published, settings, tmp_path):
    """These imports were nine tenths of its time."""
    fetch(settings, tmp_path / "index")
    published.requests.clear()
    program = (
        "import sys\n"
        "from danbooru_index.cli import main\n"
        f"code = main(['fetch', {REPOSITORY!r}, '--json'])\n"
        "heavy = {'numpy', 'httpx', 'chromadb', 'huggingface_hub', 'psutil', 'tqdm', 'filelock'}\n"
        "print(code, sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], env=environment(tmp_path), capture_output=True, text=True, timeout=60
    )
    report, rest = found.stdout.splitlines()
    assert (json.loads(report)["status"], rest, found.stderr) == ("present", "0 []", "")
    assert published.requests == []


def test_an_index_that_was_built_here_stays_unless_a_fetch_asks_for_another(published, settings, folder, tmp_path):
    own = write_version(tmp_path / "home/index/versions/own", {"tags/corpus.jsonl": b"mine"})
    (folder / "CURRENT").write_text("own\n")
    keep = FetchOptions(keep_own=True)
    assert fetch(settings, folder, keep) == FetchReport(own, "present", None)
    assert published.requests == []
    (own / "tags/corpus.jsonl").write_bytes(b"less than it was")
    assert fetch(settings, folder, keep).status == "fetched"  # a damaged one is none
    (folder / "CURRENT").write_text("own2\n")
    write_version(folder / "versions/own2", {"tags/corpus.jsonl": b"mine"})
    assert fetch(settings, folder).status == "present"  # the one fetched before is current again
    assert read_contents(current_version(folder)) == CONTENTS


def test_offline_too_the_hashes_are_checked_when_asked(published, settings, folder):
    offline = replace(settings, offline=True)
    version = fetch(settings, folder).folder
    verify = FetchOptions(verify=True)
    assert fetch(offline, folder, verify).status == "offline"
    (version / BIG).write_bytes(noise(len(CONTENTS[BIG]), 9))
    assert fetch(offline, folder).status == "offline"  # by its sizes it is whole
    with pytest.raises(HubError, match="no whole index"):
        fetch(offline, folder, verify)


def test_a_flag_may_hold_several_endpoints(settings):
    found = with_flags(settings, None, None, ("http://a.example, http://b.example/", "http://c.example"))
    assert found.endpoints == ("http://a.example", "http://b.example/", "http://c.example")
    assert with_flags(settings, None, None, ()) == settings
