"""A Chroma server that wants a key and speaks TLS, by Chroma's own settings: a real `chroma run` behind a real TLS proxy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from builds import WordEncoder, tag_lines, write_lines
from chroma_run import Proxy, chroma_server, free_port, guarded

from danbooru_index.errors import ChromaServerError, InputError
from danbooru_index.index.index import Index
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search
from danbooru_index.settings import load_settings

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
KEY = "s3cret-key"
PROVIDER = "chromadb.auth.token_authn.TokenAuthClientProvider"
ENCODER = WordEncoder()
REQUEST = SearchRequest("red thing 8", nsfw="include")
SECONDS = 60.0  # the engine gives up after 4; a busy machine takes longer to get there


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chroma_server(tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture
def proxy(upstream: str, tmp_path: Path) -> Iterator[Proxy]:
    with guarded(upstream, KEY, tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def built(upstream: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index whose collection was built through the proxy, with the key."""
    place = tmp_path_factory.mktemp("index")
    corpus = write_lines(place / "corpus.jsonl", tag_lines(120))
    with guarded(upstream, KEY, place) as through, pytest.MonkeyPatch.context() as patch:
        use_proxy(patch, through)
        build_index(corpus, place / "index", ENCODER, BuildOptions(chroma_tags=0, chroma=through.url))
        assert any(path.endswith("/add") for path, _ in through.seen)
    return place / "index"


def use_proxy(patch: pytest.MonkeyPatch, proxy: Proxy, **changes: str) -> None:
    """Chroma's settings for a proxy, as its documents say."""
    settings = {
        "CHROMA_CLIENT_AUTH_PROVIDER": PROVIDER,
        "CHROMA_CLIENT_AUTH_CREDENTIALS": KEY,
        "CHROMA_SERVER_SSL_VERIFY": str(proxy.certificate),
        **changes,
    }
    for name, value in settings.items():
        patch.setenv(name, value)


def asked(built: Path, url: str) -> tuple[str, list[str]]:
    with Index(built, encoder=ENCODER, settings=replace(load_settings(), chroma=url)) as index:
        found = search(index, REQUEST)
    return found.nearest_by, found.tags


def refused(built: Path, url: str, match: str) -> ChromaServerError:
    begun = time.monotonic()
    with pytest.raises(ChromaServerError, match=match) as caught:
        asked(built, url)
    assert time.monotonic() - begun < SECONDS
    assert KEY not in caught.value.full_text() and url in str(caught.value)
    return caught.value


def test_with_key_and_certificate_it_is_built_and_searched(built: Path, proxy: Proxy, monkeypatch) -> None:
    use_proxy(monkeypatch, proxy)
    with Index(built, encoder=ENCODER, settings=replace(load_settings(), dense="sketch")) as index:
        wanted = search(index, REQUEST).tags
    label, tags = asked(built, proxy.url)
    assert label == f"Chroma at {proxy.url}" and tags[:3] == wanted[:3]
    assert proxy.seen[0] == ("/api/v2/heartbeat", "")  # what asks whether anybody is there shows no key
    assert {given for _, given in proxy.seen[1:]} == {f"Bearer {KEY}"}


def test_the_other_header_of_chroma(built: Path, upstream: str, tmp_path: Path, monkeypatch) -> None:
    with guarded(upstream, KEY, tmp_path, "X-Chroma-Token") as proxy:
        use_proxy(monkeypatch, proxy, CHROMA_AUTH_TOKEN_TRANSPORT_HEADER="X-Chroma-Token")
        assert asked(built, proxy.url)[0] == f"Chroma at {proxy.url}"
        assert {given for _, given in proxy.seen[1:]} == {KEY}


def test_a_process_of_its_own(built: Path, proxy: Proxy, monkeypatch) -> None:
    use_proxy(monkeypatch, proxy)
    code = f"""
    import json, sys
    sys.path[:0] = {[str(Path(__file__).parents[1]), str(Path(__file__).parent)]!r}
    from pathlib import Path
    from test_chroma_key import asked
    print(json.dumps(asked(Path({str(built)!r}), {proxy.url!r})))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=dict(os.environ), check=True)
    assert json.loads(done.stdout)[0] == f"Chroma at {proxy.url}"


@pytest.mark.parametrize("key", ["", "another-key"])
def test_another_key_is_said(built: Path, proxy: Proxy, monkeypatch, key: str) -> None:
    use_proxy(monkeypatch, proxy)
    if key:
        monkeypatch.setenv("CHROMA_CLIENT_AUTH_CREDENTIALS", key)
    else:
        monkeypatch.delenv("CHROMA_CLIENT_AUTH_PROVIDER")
    error = refused(built, proxy.url, "wants another key: HTTP 401")
    assert "CHROMA_CLIENT_AUTH_CREDENTIALS" in error.hint


def test_a_certificate_that_nobody_trusts_sees_no_key(built: Path, proxy: Proxy, monkeypatch) -> None:
    use_proxy(monkeypatch, proxy)
    monkeypatch.delenv("CHROMA_SERVER_SSL_VERIFY")
    error = refused(built, proxy.url, "certificate .* is not trusted")
    assert "CHROMA_SERVER_SSL_VERIFY" in error.hint
    monkeypatch.setenv("CHROMA_SERVER_SSL_VERIFY", str(proxy.certificate))
    refused(built, proxy.url.replace("localhost", "127.0.0.1"), "certificate .* is not trusted")  # another name
    assert {given for _, given in proxy.seen} == {""}


def test_tls_where_there_is_none_and_none_where_there_is(built: Path, upstream: str, proxy: Proxy, monkeypatch) -> None:
    use_proxy(monkeypatch, proxy)
    assert "correct the address" in refused(built, proxy.url.replace("https", "http"), "does not answer").hint
    refused(built, upstream.replace("http", "https"), "does not answer")


def test_a_server_that_is_gone(built: Path, proxy: Proxy, monkeypatch) -> None:
    use_proxy(monkeypatch, proxy)
    error = refused(built, f"https://localhost:{free_port()}", "does not answer: .*refused")
    assert "chroma run" in error.hint


def test_the_environment_of_another_server_does_not_matter(built: Path, proxy: Proxy, monkeypatch) -> None:
    use_proxy(monkeypatch, proxy, CHROMA_SERVER_HOST="elsewhere", CHROMA_SERVER_HTTP_PORT="9")
    assert asked(built, proxy.url)[0] == f"Chroma at {proxy.url}"


def test_an_address_with_a_path_is_refused(built: Path) -> None:
    with pytest.raises(InputError, match="not the address"):
        asked(built, "http://localhost:8000/chroma")
