"""The service over HTTP: a real server, real sockets."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from serving import SEARCH, Running, serving, still_answers

from danbooru_index.cli import main

KEY = "a-key-of-the-tests"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("serve") / "home"


@pytest.fixture(scope="module")
def server(small_folder: Path, home: Path) -> Iterator[Running]:
    """One worker that is quick to lose patience."""
    with serving(small_folder, home, arrive=2.0, take=2.0, idle=2.0) as running:
        yield running


def test_it_answers_what_the_command_prints(
    server: Running, small_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = server.post(SEARCH, {"text": "穿水手服的双马尾女孩", "limit": 4})
    assert main(["search", "穿水手服的双马尾女孩", "-k", "4", "--db", str(small_folder), "--json"]) == 0
    assert said.json() == json.loads(capsys.readouterr().out)
    assert "server" not in said.headers


def test_the_page_and_the_description_are_there_and_nothing_else_of_the_disk(server: Running) -> None:
    page = server.get("/")
    assert page.status_code == 200 and "default-src 'none'" in page.headers["content-security-policy"]
    assert server.get("/page/main.js").headers["content-type"].startswith("text/javascript")
    assert SEARCH in server.get("/openapi.json").json()["paths"]
    for path in (
        "/page/../app.py",
        "/page/%2e%2e/app.py",
        "/page/__init__.py",
        "/page/",
        "/page//etc/passwd",
        "/nothing",
    ):
        raw = f"GET {path} HTTP/1.1\r\nHost: {server.host}\r\nConnection: close\r\n\r\n".encode()
        assert raw_answer(server, raw).startswith(b"HTTP/1.1 404"), path


def raw_answer(server: Running, data: bytes, timeout: float = 120) -> bytes:
    """Everything that the server sends until it closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=timeout) as connection:
        connection.sendall(data)
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except ConnectionResetError:
            pass
        return received


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "", "[::1"]
)
def test_a_name_that_is_not_ours_is_refused(server: Running, host: str) -> None:
    answer = server.post(SEARCH, {"text": "x"}, headers={"Host": host})
    assert answer.status_code in (400, 421)
    if host:
        assert server.get("/", headers={"Host": host}).status_code in (400, 421)


def test_pages_of_other_sites_are_refused_and_our_own_are_not(server: Running) -> None:
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        assert server.post(SEARCH, {"text": "x"}, headers={"Origin": origin}).status_code == 403
    assert server.post(SEARCH, {"text": "x"}, headers={"Origin": server.address}).status_code == 200
    assert server.get("/api/health", headers={"Host": f"localhost:{server.port}"}).status_code == 200


def test_huge_bodies_are_refused_announced_or_not(server: Running) -> None:
    announced = b"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 9999999999\r\n\r\n"
    answer = raw_answer(server, announced % (SEARCH.encode(), server.host.encode()))
    assert answer.startswith(b"HTTP/1.1 413") and b"connection: close" in answer.lower()

    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield b"x" * 4096

    try:
        status = httpx.post(server.address + SEARCH, content=endless(), timeout=20, trust_env=False).status_code
    except httpx.WriteError:
        status = 413  # it was refused before all was sent
    assert status == 413
    assert still_answers(server)


def test_slow_clients_do_not_hold_the_server(server: Running) -> None:
    head = (
        f"POST {SEARCH} HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n"
    )
    with ThreadPoolExecutor(3) as pool:
        nothing = pool.submit(raw_answer, server, b"")
        half_a_head = pool.submit(raw_answer, server, head[:40].encode())
        half_a_body = pool.submit(raw_answer, server, head.encode() + b'{"text": ')
        assert still_answers(server)
        assert nothing.result() == half_a_head.result() == b""
        assert half_a_body.result().startswith(b"HTTP/1.1 408")
    # A second request on a connection that goes on has no more time than the first.
    whole = f"GET /api/health HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode()
    assert raw_answer(server, whole + head[:30].encode()).count(b"HTTP/1.1 200") == 1


def test_a_client_that_does_not_take_its_answers_is_left(server: Running) -> None:
    body = b'{"text": "hair", "limit": 1000, "nsfw": "include", "explain": true}'
    head = f"POST {SEARCH} HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        connection.connect(("127.0.0.1", server.port))
        connection.settimeout(10)
        connection.sendall((head.encode() + body) * 3)
        assert still_answers(server)


def test_nonsense_is_refused(server: Running) -> None:
    for data in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"A" * 200_000):
        assert raw_answer(server, data).startswith((b"HTTP/1.1 4", b"")), data[:20]
    assert still_answers(server)


def test_a_key_is_needed_where_there_is_one(small_folder: Path, home: Path) -> None:
    with serving(small_folder, home, key=KEY) as running:
        assert running.get("/").status_code == 200  # the page asks for the key
        assert running.post(SEARCH, {"text": "x"}).status_code == 401
        right = {"Authorization": f"Bearer {KEY}"}
        assert running.post(SEARCH, {"text": "x"}, headers=right).status_code == 200
        refused = running.post("/api/search", {"query": "x"}, headers={"Authorization": "Bearer wrong"})
        assert (refused.status_code, refused.json()) == (401, {"detail": "invalid_api_key"})
        wrong = {"Authorization": "Bearer no"}
        with ThreadPoolExecutor(20) as pool:
            answers = pool.map(lambda _: running.post(SEARCH, {"text": "x"}, headers=wrong), range(40))
            assert {429} <= {answer.status_code for answer in answers} <= {401, 429}
        assert KEY not in "\n".join(running.lines)


def test_many_requests_of_one_client_are_refused(small_folder: Path, home: Path) -> None:
    with serving(small_folder, home, rate=0.05) as running:
        answers = [running.post(SEARCH, {"text": "x"}) for _ in range(6)]
        late = [answer for answer in answers if answer.status_code == 429]
        assert late and int(late[0].headers["retry-after"]) >= 1 and late[0].json()["code"] == "rate"


def test_a_busy_server_says_so_and_goes_on(small_folder: Path, home: Path) -> None:
    with serving(small_folder, home, waiting=1) as running:
        body = {"text": "一个银色长发的女孩，没有眼镜，在雨中撑着伞。" * 200}
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: running.post("/danbooru-index/v1/expand", body), range(8)))
        assert {answer.status_code for answer in answers} == {200, 503}
        assert all(answer.headers["retry-after"] for answer in answers if answer.status_code == 503)
        assert still_answers(running)


def test_what_cannot_be_served_is_two_lines(
    small_folder: Path, capsys: pytest.CaptureFixture[str], server: Running
) -> None:
    for arguments, words in (
        (["--host", "0.0.0.0"], "there is no key"),
        (["--key", "short"], "key cannot be used"),
        (["--port", "70000"], "port"),
        (["--port", str(server.port)], "cannot be used"),
    ):
        assert main(["serve", "--db", str(small_folder), *arguments]) == 1
        said = capsys.readouterr().err
        assert words in said and "hint:" in said and "short" not in said
