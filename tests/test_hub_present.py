"""What stands here already: it is not fetched, nothing heavy is loaded for it, and what the user built stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from hub_versions import BIG, CONTENTS, QUICK, REPOSITORY, environment, fetch, noise, read_contents, write_version

from danbooru_index.cli import main
from danbooru_index.errors import HubError, InputError
from danbooru_index.hub import FetchOptions, fetch_index, with_flags
from danbooru_index.index.versions import current_version

pytest_plugins = ["hub_fixtures"]


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


def build_here(folder, name="own"):
    """A version as a build leaves it, made the current one on 2026-03-05."""
    version = write_version(folder / "versions" / name, {"tags/corpus.jsonl": b"mine"})
    os.utime(version / "manifest.json", (1772712000, 1772712000))
    (folder / "CURRENT").write_text(f"{name}\n")
    return version


def test_an_index_that_was_built_here_is_replaced_only_when_told_to(published, settings, folder, tmp_path, capsys):
    own = build_here(folder)
    command = ["fetch", REPOSITORY, "--endpoint", published.url, "--db", str(folder)]
    for flags in ([], ["--update"], ["--verify"]):
        assert main([*command, *flags]) == 1
        assert capsys.readouterr().err.splitlines() == [
            f"error: {folder} holds an index that was built here, and a fetch could not bring it back "
            "(3 tags, finished on 2026-03-05).",
            "hint: Nothing was changed. Fetch into another folder with --db OTHER, or --replace puts the fetched one in its place.",
        ]
    assert published.requests == []
    assert (current_version(folder), read_contents(own)) == (own, {"tags/corpus.jsonl": b"mine"})
    assert main([*command[:-1], str(tmp_path / "other")]) == 0
    assert main([*command, "--replace"]) == 0
    assert read_contents(current_version(folder)) == CONTENTS
    assert not own.exists()
    assert main(command) == 0  # the one that was fetched needs no leave to be replaced
    assert main([*command, "--update"]) == 0


def test_what_cannot_be_used_but_was_built_here_stays_too(published, settings, folder):
    own = build_here(folder)
    (folder / "CURRENT").write_text("gone\n")
    with pytest.raises(InputError, match=r"\(3 tags, finished on"):
        fetch(settings, folder)
    (folder / "CURRENT").write_text("own\n")
    (own / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match=r"\(not usable as it is: .* is not a manifest of a danbooru-index\.\)"):
        fetch(settings, folder)
    # A folder that is an index itself hides every version in it.
    write_version(folder, {"tags/corpus.jsonl": b"mine"})
    with pytest.raises(InputError) as refused:
        fetch(settings, folder, FetchOptions(replace=True))
    assert refused.value.hint.endswith("or move this one away first.")
    assert published.requests == []


def test_an_index_that_is_built_during_the_download_stays(published, settings, folder):
    def progress(step):
        if step.done and not (folder / "CURRENT").exists():
            build_here(folder)

    with pytest.raises(InputError, match="was built here"):
        fetch_index(settings, folder, progress, retry=QUICK)
    assert current_version(folder).name == "own"
    published.requests.clear()
    assert fetch(settings, folder, FetchOptions(replace=True)).status == "fetched"
    assert published.bytes_sent() < 10_000  # the manifest: the files were kept
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
