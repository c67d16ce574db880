"""A repository is untrusted input: what it may name, what it may make us do, and who sees the token."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import subprocess
import sys
from dataclasses import replace

import httpx
import pytest
from hub_server import STORAGE, HubServer
from hub_versions import CONTENTS, QUICK, REPOSITORY, environment, read_contents, write_version
from hypothesis import given, strategies

from danbooru_index.encoders import EncoderIdentity
from danbooru_index.errors import DanbooruIndexError, HubError, IndexMismatchError, InputError
from danbooru_index.hub import fetch_index
from danbooru_index.hub.remote_manifest import read_remote_manifest
from danbooru_index.settings import load_settings
from danbooru_index.transport.endpoints import Repository, check_endpoint, check_revision
from danbooru_index.transport.listing import check_names, read_files, read_tree

pytest_plugins = ["hub_fixtures"]

TOKEN = "hf_secretSECRETsecret"
SHA = "a" * 64

BAD_NAMES = [
    "../x", "a/../../x", "/etc/passwd", "C:/x", "C:x", "a\\b", "..", ".", "", "a//b", "./a", "a/", "a/./b", "con", "NUL.txt",
    "a/COM1", "a.", "a ", " a", "a/ b", "a\nb", "a\0b", "x<y", "x|y", 'x"y', "x?", "x*", "\x7f", "~/x/..", "a" * 241,
    "COM\u00b9", "a/lpt\u00b3.txt", "conin$", "CONOUT$.x", "nul .txt",
]  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_leave_the_folder_or_cannot_be(name):
    with pytest.raises(ValueError, match="unsafe path"):
        check_names([name])


@pytest.mark.parametrize("names", [["a", "A"], ["é", "e\u0301"], ["a", "a/b"], ["x/Y/z", "X/y"]])
def test_names_that_collide_on_some_system(names):
    with pytest.raises(ValueError, match=r"two files are called|is a file and a folder"):
        check_names(names)


@given(strategies.lists(strategies.text(max_size=12)))
def test_names_that_pass_stay_inside(tmp_path_factory, names):
    try:
        check_names(names)
    except ValueError:
        return
    root = tmp_path_factory.getbasetemp()
    for name in names:
        assert os.path.normpath(root / name) == str(root / name)
        assert str(root / name).startswith(f"{root}{os.sep}")


KEYS = strategies.sampled_from(["files", "encoder", "schema", "format", "name", "rows", "options"])
JSON = strategies.recursive(
    strategies.none() | strategies.integers() | strategies.text() | strategies.booleans(),
    lambda inner: strategies.lists(inner) | strategies.dictionaries(KEYS, inner),
)


@given(JSON)
def test_no_json_breaks_the_parsers(value):
    data = json.dumps(value).encode()
    for parse in (lambda: read_remote_manifest(data, "x"), lambda: read_tree(data, ["a"], "x")):
        with pytest.raises(DanbooruIndexError):
            parse()


@pytest.mark.parametrize(
    "entry",
    [None, {}, {"size": -1, "sha256": SHA}, {"size": True, "sha256": SHA}, {"size": "3", "sha256": SHA}, {"size": 3.0, "sha256": SHA},
     {"size": 3, "sha256": "A" * 64}, {"size": 3, "sha256": "a" * 63}, {"size": 3, "sha256": 7}],
)  # fmt: skip
def test_entries_without_usable_size_or_hash(entry):
    with pytest.raises(ValueError, match="has no size and sha256"):
        read_files({"a": entry})


@pytest.mark.parametrize(
    "name",
    [
        *["../../evil.txt", "/tmp/evil.txt", "a/../../../evil.txt", "C:evil"],
        *["manifest.json", "source.json", "MANIFEST.JSON", "Encoder.json", "manifest.json/x"],
    ],
)
def test_a_manifest_that_reaches_out_is_refused(published, settings, folder, tmp_path, name):
    manifest = tmp_path / "built/manifest.json"
    value = json.loads(manifest.read_text("utf-8"))
    value["files"][name] = value["files"]["tags/corpus.jsonl"]
    manifest.write_text(json.dumps(value), "utf-8")
    published.add(REPOSITORY).commit_folder(tmp_path / "built")
    with pytest.raises(HubError, match=r"manifest\.json .* cannot be used") as caught:
        fetch_index(settings, folder, retry=QUICK)
    assert "Nothing was downloaded" in caught.value.hint
    assert published.bytes_sent() == 0
    assert not list(tmp_path.rglob("evil*"))


@pytest.mark.parametrize("name", ["\\\\evil.example\\share", "//evil.example/share", "\\/evil.example/share"])
def test_an_encoder_on_another_computer_is_never_looked_for(published, settings, folder, tmp_path, monkeypatch, name):
    """To Windows the question alone whether such a folder is there sends the user's login to that computer."""
    monkeypatch.setattr("danbooru_index.hub.fetch.open_encoder", lambda name: pytest.fail(f"it looked for {name}"))
    identity = EncoderIdentity(name, "1", 4)
    published.add(REPOSITORY).commit_folder(write_version(tmp_path / "evil", CONTENTS, identity))
    with pytest.raises(IndexMismatchError, match="on another computer"):
        fetch_index(settings, folder, retry=QUICK)
    assert published.bytes_sent() == 0


def test_a_huge_manifest_is_not_read_to_its_end(published, settings, folder):
    published.fault("manifest.json", status=200, body=b" " * (17 << 20))
    with pytest.raises(HubError, match="sent more than"):
        fetch_index(settings, folder, retry=QUICK)


def test_a_manifest_that_is_a_maze(published, settings, folder):
    published.fault("manifest.json", status=200, body=b"[" * 100_000)
    with pytest.raises(HubError, match="cannot be used"):
        fetch_index(settings, folder, retry=QUICK)


def test_files_are_plain_files(published, settings, folder):
    version = fetch_index(settings, folder, retry=QUICK).folder
    for path in version.rglob("*"):
        assert not path.is_symlink()
        if path.is_file() and os.name == "posix":
            assert path.stat().st_mode & 0o111 == 0


@pytest.mark.parametrize(
    "url",
    ["ftp://x", "file:///etc", "huggingface.co", "", "http://", "http://[", "http://x y", "https://user:pw@x", "http://x?q", "http://x#f", "http://x:99999",
     "javascript:1", "http://x\n/"],
)  # fmt: skip
def test_endpoints_are_http_and_carry_no_secrets(url):
    with pytest.raises(InputError) as caught:
        check_endpoint(url)
    assert "pw" not in caught.value.full_text()


def test_endpoints_that_are_fine():
    assert check_endpoint(" https://hf-mirror.com/ ") == "https://hf-mirror.com"
    assert check_endpoint("http://10.0.0.1:8080/api/hf/") == "http://10.0.0.1:8080/api/hf"


@pytest.mark.parametrize(
    "text", ["", "a", "a/b/c", "../b", "a/..", "a/b?x", "a b/c", "datasets/a", "spaces/a/b", "a/b--c", "/a/b", "ａ/b"]
)
def test_repositories_that_are_none(text):
    with pytest.raises(InputError):
        Repository.parse(text)


@pytest.mark.parametrize("text", ["", "-x", "../x", "a b", "a?b", "a/../b"])
def test_revisions_that_are_none(text):
    with pytest.raises(InputError):
        check_revision(text)


def test_the_token_goes_to_nobody_by_itself(published, settings, folder):
    fetch_index(replace(settings, token=TOKEN), folder, retry=QUICK)
    assert [r for r in published.requests if "authorization" in r.headers] == []


def test_the_token_goes_to_the_endpoint_that_may_see_it_and_not_on(published, settings, folder):
    with HubServer() as other:
        other.repositories = published.repositories
        endpoints = (other.url, published.url)
        other.fault(STORAGE, flip=3)
        trusted = replace(settings, token=TOKEN, endpoints=endpoints, token_endpoints=(published.url,))
        fetch_index(trusted, folder, retry=QUICK)
        assert [r for r in other.requests if "authorization" in r.headers] == []
    seen = {(r.path.startswith(STORAGE), r.headers.get("authorization")) for r in published.requests}
    assert seen == {(False, f"Bearer {TOKEN}"), (True, None)}  # the storage is another host


def test_the_token_is_never_shown(published, tmp_path, settings):
    assert TOKEN not in repr(replace(settings, token=TOKEN))
    env = {
        **environment(tmp_path),
        "HF_TOKEN": TOKEN,
        "DANBOORU_INDEX_TOKEN_ENDPOINTS": published.url,
        "HF_ENDPOINT": published.url,
    }
    published.fault("corpus", status=403)
    command = [sys.executable, "-X", "dev", "-m", "danbooru_index", "--debug", "fetch", REPOSITORY]
    found = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert found.returncode == 1
    assert any(r.headers.get("authorization") == f"Bearer {TOKEN}" for r in published.requests)
    assert "HTTP 403" in found.stderr
    assert TOKEN not in found.stdout + found.stderr
    with pytest.raises(InputError) as caught:
        load_settings(tmp_path, {"HF_TOKEN": f"{TOKEN}\nX-Evil: 1"})
    assert TOKEN not in caught.value.full_text()


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1080", 'pip install "httpx[socks]"'),
        ("HTTPS_PROXY", "foo://user:hf_secretSECRETsecret@proxy.example", "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY"),
        ("HTTPS_PROXY", "http://[::1", "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY"),
        ("SSL_CERT_FILE", "/no/such/file.pem", "SSL_CERT_FILE"),
    ],
)
def test_a_proxy_or_certificate_that_cannot_be_used_is_named(tmp_path, variable, value, said):
    """Many users reach a mirror through a SOCKS proxy alone, and httpx comes without what it needs for one."""
    if value.startswith("socks") and importlib.util.find_spec("socksio"):
        pytest.skip("socksio is installed")
    proxies = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "SSL_CERT_FILE")
    env = {name: text for name, text in environment(tmp_path).items() if name.upper() not in proxies}
    command = [sys.executable, "-m", "danbooru_index", "fetch", "some/index", "--endpoint", "https://127.0.0.1:9"]
    found = subprocess.run(command, env={**env, variable: value}, capture_output=True, text=True, timeout=60)
    first, hint = found.stderr.splitlines()
    assert (found.returncode, first[:7], hint[:6]) == (1, "error: ", "hint: ")
    assert said in hint and TOKEN not in found.stderr


def test_no_address_is_logged(published, settings, folder, caplog):
    """The storage's addresses are signed. What the host itself asks is still logged."""
    caplog.set_level(logging.DEBUG)
    fetch_index(replace(settings, token=TOKEN, token_endpoints=settings.endpoints), folder, retry=QUICK)
    assert published.bytes_sent() > 0
    assert STORAGE not in caplog.text and TOKEN not in caplog.text and "HTTP Request" not in caplog.text
    httpx.get(f"{published.url}/host")
    assert f"HTTP Request: GET {published.url}/host" in caplog.text


def test_importing_asks_for_nothing(tmp_path):
    """No import opens a connection, not even a socket."""
    program = (
        "import socket, sys\n"
        "def refuse(*_, **__): raise AssertionError('a socket at import')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "import danbooru_index, danbooru_index.hub, danbooru_index.cli.main, danbooru_index.cli.fetch\n"
        "print(sorted({'httpx', 'httpx2', 'huggingface_hub', 'chromadb'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], env=environment(tmp_path), capture_output=True, text=True, timeout=60
    )
    assert (found.returncode, found.stdout) == (0, "[]\n"), found.stderr


def test_wrong_settings_are_named(tmp_path):
    (tmp_path / "config.toml").write_text("endpoint = 5")
    with pytest.raises(InputError, match="endpoint is 5"):
        load_settings(tmp_path, {})
    (tmp_path / "config.toml").write_text('endpoint = ["https://a.example/", "https://b.example"]\nrepository = "x/y"')
    found = load_settings(tmp_path, {})
    assert (found.endpoints, found.repository) == (("https://a.example", "https://b.example"), "x/y")
    assert load_settings(tmp_path, {"HF_ENDPOINT": " "}).endpoints == found.endpoints
    assert load_settings(tmp_path, {"HF_ENDPOINT": "https://c.example/"}).endpoints == ("https://c.example",)


def test_versions_made_here_are_as_the_server_has_them(published, settings, folder, tmp_path):
    """The helper that the tests lean on writes what a build would."""
    assert read_contents(write_version(tmp_path / "again", CONTENTS)) == read_contents(tmp_path / "built")
