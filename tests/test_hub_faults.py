"""Everything that a network and a mirror do wrong: mended where it can be, named where it cannot, never half an index."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from urllib.parse import quote

import pytest
from hub_server import STORAGE, HubServer
from hub_versions import BIG, CONTENTS, HASTY, QUICK, REPOSITORY, noise, read_contents, write_version

from danbooru_index.errors import HubError
from danbooru_index.hub import fetch_index
from danbooru_index.transport.download import RetryPolicy

pytest_plugins = ["hub_fixtures"]

BIG_PIECE = 1_500_000


def fetch(settings, folder, retry: RetryPolicy = QUICK, **options):
    return fetch_index(settings, folder, retry=retry, **options)


def assert_nothing_installed(folder):
    assert not (folder / "CURRENT").exists()
    assert not (folder / "versions").exists()


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("pattern", [STORAGE, "manifest.json"])
def test_passing_trouble_is_waited_out(published, settings, folder, status, pattern):
    published.fault(pattern, status=status, times=2, headers={"Retry-After": "0"})
    assert read_contents(fetch(settings, folder).folder) == CONTENTS


def test_retry_after_is_obeyed(published, settings, folder):
    published.fault(STORAGE, status=429, times=1, headers={"Retry-After": "1"})
    started = time.monotonic()
    fetch(settings, folder, replace(QUICK, longest_pause=300.0))
    assert 1.0 <= time.monotonic() - started < 200.0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 500, 503])
def test_lasting_trouble_is_named(published, settings, folder, status):
    published.fault("resolve/.*corpus", status=status, headers={"X-Error-Message": "the mirror's\x1b own words"})
    with pytest.raises(HubError, match=f"tags/corpus.jsonl of datasets/{REPOSITORY} .*HTTP {status}") as caught:
        fetch(settings, folder)
    assert "the mirror's  own words" in str(caught.value) or "own words" in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert published.url in str(caught.value)
    assert_nothing_installed(folder)


def test_an_expired_storage_address_is_asked_for_again(published, settings, folder):
    published.fault(STORAGE, status=403, times=1)
    assert read_contents(fetch(settings, folder).folder) == CONTENTS


@pytest.mark.parametrize("cut", [0, 1, 65_536, BIG_PIECE, len(CONTENTS[BIG]) - 1])
def test_a_cut_connection_is_continued(published, settings, folder, cut):
    published.fault(digest_of(BIG), cut=cut, times=1)
    report = fetch(settings, folder)
    assert read_contents(report.folder) == CONTENTS
    starts = [r.headers.get("range") for r in published.requests if r.path.endswith(digest_of(BIG))]
    assert starts == [None, f"bytes={cut}-" if cut else None]
    assert report.received == sum(len(data) for name, data in CONTENTS.items() if name != "chroma/copy.bin")


def test_a_line_that_is_cut_again_and_again_still_gets_there(hub, settings, folder, tmp_path):
    """More cuts than tries: what counts is whether something came."""
    hub.add(REPOSITORY).commit_folder(write_version(tmp_path / "built", {BIG: noise(12_000_000)}))
    hub.fault(STORAGE, cut=BIG_PIECE, times=7)
    assert fetch(settings, folder).received == 12_000_000
    assert hub.bytes_sent() == 12_000_000


def test_a_dropped_connection(published, settings, folder):
    published.fault(STORAGE, drop=True, times=2)
    published.fault("manifest.json", method="HEAD", drop=True, times=1)
    assert read_contents(fetch(settings, folder).folder) == CONTENTS


def test_a_stall_is_cut_and_continued(published, settings, folder):
    published.fault(digest_of(BIG), stall=600.0, times=1)
    assert read_contents(fetch(settings, folder, HASTY).folder) == CONTENTS
    assert published.bytes_sent(digest_of(BIG)) == len(CONTENTS[BIG])


def test_a_stall_that_stays_is_named(published, settings, folder):
    published.fault("manifest.json", method="HEAD", stall=600.0)
    with pytest.raises(HubError, match=re.escape(f"{published.url}: no data for 0.5 s")):
        fetch(settings, folder, HASTY)


def test_an_endpoint_that_hangs_up_is_named(published, settings, folder):
    published.fault("manifest.json", drop=True)
    with pytest.raises(HubError, match="RemoteProtocolError"):
        fetch(settings, folder)


def test_a_line_that_drips_is_given_up(published, settings, folder):
    published.fault(digest_of(BIG), rate=500_000)
    with pytest.raises(HubError, match=r"sent only [\d,]+ bytes in \d+ s"):
        fetch(settings, folder, replace(QUICK, slow_window=0.3, slow_rate=50_000_000))


def test_a_slow_line_is_fine(published, settings, folder):
    published.fault(STORAGE, rate=4_000_000)
    assert read_contents(fetch(settings, folder).folder) == CONTENTS


def test_range_that_is_ignored_begins_anew(published, settings, folder):
    published.fault(digest_of(BIG), cut=BIG_PIECE, times=1)
    published.fault(digest_of(BIG), ignore_range=True)
    assert read_contents(fetch(settings, folder).folder) == CONTENTS
    assert published.bytes_sent(digest_of(BIG)) == BIG_PIECE + len(CONTENTS[BIG])


def test_range_that_is_refused_begins_anew(published, settings, folder):
    published.fault(digest_of(BIG), cut=BIG_PIECE, times=1)
    published.fault(digest_of(BIG), status=416, times=1)
    assert read_contents(fetch(settings, folder).folder) == CONTENTS


def test_compressed_on_the_way(published, settings, folder):
    published.fault(".", gzip=True)
    assert read_contents(fetch(settings, folder).folder) == CONTENTS


@pytest.mark.parametrize("trouble", [{"strip": ("Content-Length", "ETag", "Accept-Ranges")}, {"no_length": True}])
def test_headers_that_a_mirror_lost(published, settings, folder, trouble):
    published.fault(STORAGE, no_length=True, **{k: v for k, v in trouble.items() if k != "no_length"})
    published.fault("resolve", method="GET", strip=("X-Linked-Size", "X-Linked-Etag", "X-Repo-Commit", "ETag"))
    assert read_contents(fetch(settings, folder).folder) == CONTENTS


def test_a_mirror_without_commits_is_named(published, settings, folder):
    published.fault("manifest.json", method="HEAD", strip=("X-Repo-Commit",))
    with pytest.raises(HubError, match="without X-Repo-Commit"):
        fetch(settings, folder)


def test_a_login_page_is_not_a_manifest(published, settings, folder):
    published.fault("manifest.json", status=200, body=b"<html>please log in</html>")
    with pytest.raises(HubError, match=r"manifest\.json .* cannot be used"):
        fetch(settings, folder)
    assert_nothing_installed(folder)


@pytest.mark.parametrize(
    "trouble",
    [{"flip": 0}, {"flip": 2_999_999}, {"truncate": 1_000}, {"truncate": 0}, {"no_length": True, "truncate": 5}],
)
def test_wrong_content_is_never_kept(published, settings, folder, trouble):
    published.fault(digest_of(BIG), **trouble)
    with pytest.raises(HubError, match=r"vectors\.i8.*(hash is not|ended [\d,]+ bytes early)"):
        fetch(settings, folder)
    assert_nothing_installed(folder)
    published.faults.clear()
    assert read_contents(fetch(settings, folder).folder) == CONTENTS


def test_more_bytes_than_promised(hub, settings, folder, tmp_path):
    built = write_version(tmp_path / "built", CONTENTS)
    (built / "tags/corpus.jsonl").write_bytes(CONTENTS["tags/corpus.jsonl"] + b"more" * 1_000_000)
    hub.add(REPOSITORY).commit_folder(built)
    with pytest.raises(HubError, match="more bytes than the file has"):
        fetch(settings, folder)
    assert not list((folder / ".fetch/tree").glob("tags/corpus.jsonl"))


def test_wrong_content_goes_to_the_next_endpoint(published, settings, folder, tmp_path):
    """A mirror that cached a bad block serves it for ever; another one does not."""
    with HubServer() as mirror:
        mirror.repositories = published.repositories
        mirror.fault(STORAGE, flip=100)
        report = fetch(replace(settings, endpoints=(mirror.url, published.url)), folder)
    assert read_contents(report.folder) == CONTENTS
    assert report.source.endpoint == mirror.url  # the manifest was right there
    assert mirror.bytes_sent() > 0 < published.bytes_sent()


def test_a_part_of_one_endpoint_is_continued_at_the_next(published, settings, folder):
    with HubServer() as mirror:
        mirror.repositories = published.repositories
        mirror.fault(digest_of(BIG), cut=BIG_PIECE, times=1)
        mirror.fault(digest_of(BIG), status=404)
        report = fetch(replace(settings, endpoints=(mirror.url, published.url)), folder)
    assert read_contents(report.folder) == CONTENTS
    ranges = [r.headers.get("range") for r in published.requests if r.path.endswith(digest_of(BIG))]
    assert ranges == [f"bytes={BIG_PIECE}-"]


def test_the_first_endpoint_that_answers_is_used_and_all_are_named(published, settings, folder):
    dead = "http://127.0.0.1:9"
    with HubServer() as empty:
        order = (dead, empty.url, published.url)
        report = fetch(replace(settings, endpoints=order), folder)
        assert report.source.endpoint == published.url
        with pytest.raises(HubError) as caught:
            fetch(replace(settings, endpoints=order, repository="no/thing"), folder)
    said = str(caught.value)
    assert f"{dead}: ConnectError" in said
    assert f"{empty.url}: HTTP 401 Unauthorized: RepoNotFound" in said
    assert f"{published.url}: HTTP 401 Unauthorized: RepoNotFound" in said


def test_redirects_that_lead_nowhere(published, settings, folder):
    here = {"Location": f"/datasets/{REPOSITORY}/resolve/main/manifest.json"}
    loop = published.fault("manifest.json", method="HEAD", status=302, headers=here)
    with pytest.raises(HubError, match="redirected more than 5 times"):
        fetch(settings, folder)
    loop.headers = {"Location": "http://127.0.0.1:9/x"}
    with pytest.raises(HubError, match=r"ConnectError.*from 127\.0\.0\.1, where it redirects"):
        fetch(settings, folder)
    for location in ("file:///etc/passwd", "ftp://x/y", "http://[", "//"):
        loop.headers = {"Location": location}
        with pytest.raises(HubError, match=published.url):
            fetch(settings, folder)


def test_a_mirror_that_sends_to_another_hub(published, settings, folder):
    """308 to a full Hub elsewhere, commit named only there."""
    with HubServer() as mirror:
        for method in ("HEAD", "GET"):
            for name in ("manifest.json", *CONTENTS):
                path = f"/datasets/{REPOSITORY}/resolve/"
                for revision in ("main", published.add(REPOSITORY).branches["main"]):
                    target = {"Location": f"{published.url}{path}{revision}/{quote(name)}"}
                    mirror.fault(f"{path}{revision}/{name}$", method=method, status=308, headers=target)
        report = fetch(replace(settings, endpoints=(mirror.url,)), folder)
    assert read_contents(report.folder) == CONTENTS


def digest_of(name: str) -> str:
    import hashlib

    return hashlib.sha256(CONTENTS[name]).hexdigest()
