"""Servers that mean harm, or are very ill: packed answers, answers that never end, redirects into the house."""

from __future__ import annotations

import gzip
import itertools
import threading
import time
from dataclasses import replace

import pytest
from hub_raw import raw_server, send
from hub_versions import CONTENTS, QUICK, REPOSITORY, read_contents

from danbooru_index.errors import HubError
from danbooru_index.hub import fetch_index
from danbooru_index.transport import connections
from danbooru_index.transport.answers import EndpointError
from danbooru_index.transport.download import HubClient
from danbooru_index.transport.listing import ExpectedFile
from danbooru_index.transport.parts import PartFile

pytest_plugins = ["hub_fixtures"]
HURRIED = replace(QUICK, answer=1.0)


def fetch(settings, folder, retry=QUICK):
    return fetch_index(settings, folder, retry=retry)


@pytest.mark.parametrize("layers", [2, 3])
def test_an_answer_packed_twice_is_refused_unread(published, settings, folder, layers):
    body, headers = bytes(50_000_000), {"Content-Encoding": ", ".join(["gzip"] * layers)}
    for _ in range(layers):
        body = gzip.compress(body)
    assert len(body) < 1000
    for pattern in ("manifest.json", "corpus"):
        fault = published.fault(pattern, status=200, body=body, headers=headers)
        with pytest.raises(HubError, match=r"packed as 'gzip, gzip"):
            fetch(settings, folder)
        fault.times = 0


def test_an_answer_packed_once_is_unpacked_no_further_than_its_limit(published, settings, folder):
    # 64 MiB of zeros are 64 kB packed: the limit is held while they are unpacked.
    body = gzip.compress(bytes(64 << 20))
    published.fault("manifest.json", status=200, body=body, headers={"Content-Encoding": "gzip"})
    with pytest.raises(HubError, match="sent more than 16,777,216 bytes"):
        fetch(settings, folder)


@pytest.mark.parametrize("body", [b"no gzip at all", gzip.compress(b"x" * 1000)[:-9]])
def test_a_damaged_packing_is_named(published, settings, folder, body):
    published.fault("manifest.json", status=200, body=body, headers={"Content-Encoding": "gzip"})
    with pytest.raises(HubError, match=r"damaged answer|cut short"):
        fetch(settings, folder)


def test_headers_that_drip_end(settings, folder, published):
    def drip(head, path, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in itertools.count():
            connection.sendall(f"X-{number}: y\r\n".encode())
            time.sleep(0.1)

    with raw_server(drip) as slow:
        report = fetch(replace(settings, endpoints=(slow, published.url)), folder, HURRIED)
    assert read_contents(report.folder) == CONTENTS  # or never: the headers have no end


@pytest.mark.parametrize("length", ["Content-Length: 1000000", "Connection: close"])
def test_a_small_answer_that_drips_ends(settings, folder, published, length):
    commit = published.add(REPOSITORY).branches["main"]

    def drip(head, path, connection):
        if head.startswith("HEAD"):
            return send(connection, b"", f"X-Repo-Commit: {commit}")
        connection.sendall(f"HTTP/1.1 200 OK\r\n{length}\r\n\r\n".encode())
        while True:
            connection.sendall(b" ")
            time.sleep(0.1)

    with raw_server(drip) as slow, pytest.raises(HubError, match="took more than 1 s to answer"):
        fetch(replace(settings, endpoints=(slow,)), folder, HURRIED)  # or never: the body has no end


def test_an_answer_that_is_cut_by_the_limit_is_not_taken_for_a_whole_one(tmp_path):
    closed = threading.Event()

    def half(head, path, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf")
        closed.wait(600)

    with raw_server(half) as endpoint:
        client = HubClient(lambda endpoint: None, HURRIED)
        with pytest.raises(EndpointError, match="took more than 1 s"):
            client.get(endpoint, "/x", 1000)
    closed.set()


def test_a_server_that_begins_again_and_again_ends(tmp_path):
    size, asked = 3 << 20, []

    def loop(head, path, connection):
        asked.append(path)
        body = bytes((2 << 20) if len(asked) % 2 else 10)
        send(connection, body, length=size)

    with raw_server(loop) as endpoint, PartFile(tmp_path / "part", ExpectedFile(size, "0" * 64)) as part:
        client = HubClient(lambda endpoint: None, QUICK)
        with pytest.raises(EndpointError, match=r"early|complete message body"):
            client.complete(endpoint, "/x", part, lambda change: None)
    assert len(asked) <= 2 * QUICK.attempts


def test_a_server_that_sends_a_little_more_each_time_is_bounded(tmp_path):
    size, asked = 40 << 20, []

    def loop(head, path, connection):
        asked.append(path)
        send(connection, bytes((1 + len(asked)) << 20), length=size)

    with raw_server(loop) as endpoint, PartFile(tmp_path / "part", ExpectedFile(size, "0" * 64)) as part:
        client = HubClient(lambda endpoint: None, QUICK)
        with pytest.raises(EndpointError, match="has sent"):
            client.complete(endpoint, "/x", part, lambda change: None)
    assert sum((1 + number) << 20 for number in range(1, len(asked))) < 3 * size


@pytest.mark.parametrize("commit", ["\x1b]0;owned\x07", "a" * 60_000, "main", "A" * 40, "a" * 39])
def test_what_cannot_be_a_commit_is_refused(settings, folder, commit):
    def name(head, path, connection):
        send(connection, b"", f"X-Repo-Commit: {commit}")

    with raw_server(name) as endpoint, pytest.raises(HubError) as caught:
        fetch(replace(settings, endpoints=(endpoint,)), folder)
    assert "\x1b" not in str(caught.value) and len(str(caught.value)) < 1000
    assert not (folder / "versions").exists()


def test_a_redirect_into_a_private_network_is_refused_before_anything_is_said(published, settings, folder, monkeypatch):
    """127.0.0.1 stands for the world here, and 127.0.0.2 for the router at home."""
    monkeypatch.setattr(connections, "is_inner", lambda address: address == "127.0.0.2")
    said = []
    with raw_server(lambda head, path, connection: said.append(head), host="127.0.0.2") as router:
        for method, pattern in (("HEAD", "manifest.json"), ("GET", "corpus")):
            fault = published.fault(pattern, method=method, status=302, headers={"Location": f"{router}/reboot?now=1"})
            with pytest.raises(HubError, match=r"redirects to 127\.0\.0\.2, which is an address of a private network"):
                fetch(settings, folder)
            fault.times = 0
        assert said == []
        # An endpoint at home may send to its neighbour.
        monkeypatch.setattr(connections, "is_inner", lambda address: True)
        assert read_contents(fetch(settings, folder).folder) == CONTENTS


@pytest.mark.parametrize(
    ("address", "inner"),
    [
        *[(a, True) for a in ("127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "::1", "fe80::1%eth0")],
        *[(a, True) for a in ("::ffff:192.168.0.1", "fd12::1", "0.0.0.0", "100.100.1.1", "172.31.0.1")],
        *[(a, False) for a in ("8.8.8.8", "172.32.0.1", "198.18.0.7", "2606:4700::1", "::ffff:8.8.8.8", "name")],
    ],
)
def test_private_addresses(address, inner):
    assert connections.is_inner(address) is inner
