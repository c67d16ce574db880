"""Which commit of which repository is fetched: pinned, newer, changed midway, of a branch, another, and back again."""

from __future__ import annotations

from dataclasses import replace

from hub_versions import BIG, CONTENTS, QUICK, REPOSITORY, fetch, noise, read_contents, write_version

from danbooru_index.hub import FetchOptions, check_index
from danbooru_index.index.versions import current_version, mark_current

pytest_plugins = ["hub_fixtures"]

UPDATE = FetchOptions(update=True)


def test_a_pinned_commit_that_is_there_is_not_asked_for(published, settings, folder):
    pinned = replace(settings, revision=published.add(REPOSITORY).branches["main"])
    fetch(pinned, folder)
    published.requests.clear()
    assert fetch(pinned, folder).status == "present"
    assert published.requests == []


def test_a_new_revision_brings_only_what_changed(published, settings, folder, tmp_path):
    first = fetch(settings, folder)
    changed = {**CONTENTS, "tags/corpus.jsonl": noise(410_000, 9)}
    published.add(REPOSITORY).commit_folder(write_version(tmp_path / "newer", changed))
    assert check_index(settings, folder, QUICK).newer
    _, mark = mark_current(folder)
    assert fetch(settings, folder) == replace(first, status="present", received=0)  # nothing new by surprise
    second = fetch(settings, folder, UPDATE)
    assert second.received == 410_000
    assert read_contents(second.folder) == changed
    assert read_contents(first.folder) == CONTENTS  # somebody still reads the old one
    mark.release()
    assert not check_index(settings, folder, QUICK).newer


def test_a_new_readme_alone_moves_nothing(published, settings, folder, tmp_path):
    first = fetch(settings, folder)
    (tmp_path / "built/README.md").write_text("new")
    commit = published.add(REPOSITORY).commit_folder(tmp_path / "built")
    published.requests.clear()
    again = fetch(settings, folder, UPDATE)
    assert (again.status, again.folder, again.source.commit) == ("present", first.folder, commit)
    assert published.bytes_sent() == 0


def test_revision_that_changes_midway_is_not_mixed(published, settings, folder, tmp_path):
    """The commit is fixed by the first answer; what the branch does later does not matter."""
    newer = write_version(tmp_path / "newer", {**CONTENTS, BIG: noise(3_000_000, 8)})
    commit = published.add(REPOSITORY).branches["main"]

    def progress(_):
        if published.add(REPOSITORY).branches["main"] == commit:
            published.add(REPOSITORY).commit_folder(newer)

    published.fault(".", rate=20e6)
    report = fetch(settings, folder, progress=progress)
    assert report.source.commit == commit
    assert read_contents(report.folder) == CONTENTS
    assert published.add(REPOSITORY).branches["main"] != commit


def test_check_downloads_nothing(published, settings, folder):
    report = check_index(settings, folder, QUICK)
    assert (report.installed, report.newer, report.endpoint) == (None, True, published.url)
    assert [r.method for r in published.requests] == ["HEAD"]
    assert not folder.exists()


def test_models_and_branches(hub, settings, folder, tmp_path):
    hub.add("a/b", "model").commit_folder(write_version(tmp_path / "built", CONTENTS), branch="v2/beta")
    report = fetch(replace(settings, repository="models/a/b", revision="v2/beta"), folder)
    assert report.source.repository == "models/a/b"
    assert read_contents(report.folder) == CONTENTS


def test_another_repository_or_revision_is_another_index(published, settings, folder, tmp_path):
    fetch(settings, folder)
    other = {**CONTENTS, "tags/corpus.jsonl": b"other"}
    published.add("test/other").commit_folder(write_version(tmp_path / "other", other), branch="v2")
    report = fetch(replace(settings, repository="test/other", revision="v2"), folder)
    assert (report.status, report.received) == ("fetched", 5)
    assert read_contents(current_version(folder)) == other
    assert [path.name for path in (folder / "versions").iterdir()] == [report.folder.name]  # nobody read the first


def test_back_to_a_version_that_still_stands_there(published, settings, folder, tmp_path):
    first = fetch(settings, folder)
    published.add("test/other").commit_folder(write_version(tmp_path / "other", {"tags/corpus.jsonl": b"other"}))
    _, mark = mark_current(folder)
    fetch(replace(settings, repository="test/other"), folder)
    back = fetch(settings, folder)
    assert (back.status, back.folder, back.received) == ("present", first.folder, 0)
    assert current_version(folder) == first.folder
    mark.release()
