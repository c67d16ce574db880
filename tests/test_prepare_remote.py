"""`hf://` sources through the endpoints of the settings, from a real server on this machine."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from danbooru_index.corpus import read_corpus
from danbooru_index.errors import HubError, InputError
from danbooru_index.prepare import PrepareOptions, prepare_corpus
from danbooru_index.prepare.remote import resolve_url
from danbooru_index.settings import Settings

ADDRESS = "hf://datasets/owner/name/lists/tags zh.csv"
PATH = "/datasets/owner/name/resolve/main/lists/tags%20zh.csv"
CONTENT = b"sky,0,5,\n"


class Hub(BaseHTTPRequestHandler):
    """A file behind a redirect; /cut stops half-way; anything else is not there."""

    def do_GET(self):
        if self.path == PATH:
            self.send_response(302)
            self.send_header("Location", "/storage")
            self.end_headers()
        elif self.path in ("/storage", "/cut" + PATH):
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT if self.path == "/storage" else CONTENT[:4])
        else:
            self.send_error(404)
        assert "Authorization" not in self.headers

    def log_message(self, *_):
        pass


@pytest.fixture
def hub():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def prepare(tmp_path, address=ADDRESS, **settings):
    options = PrepareOptions(settings=Settings(tmp_path, token="secret", **settings))
    return prepare_corpus([address], tmp_path / "out.jsonl", options)


def test_address_of_a_file():
    assert resolve_url(ADDRESS, "http://hub") == "http://hub" + PATH
    assert resolve_url("hf://datasets/a/b@v1/c.csv", "http://hub") == "http://hub/datasets/a/b/resolve/v1/c.csv"
    for bad in ("hf://a/b/c.csv", "hf://datasets/a/b", "hf://models/a/b/c"):
        with pytest.raises(InputError):
            resolve_url(bad, "http://hub")


def test_a_mirror_that_fails_is_followed_by_the_next(tmp_path, hub):
    report = prepare(tmp_path, endpoints=(f"{hub}/nothing", f"{hub}/cut", hub))
    assert report.sources[0].name == ADDRESS
    assert [record.tag for record in read_corpus(tmp_path / "out.jsonl")] == ["sky"]
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_no_endpoint_delivers(tmp_path, hub):
    with pytest.raises(HubError, match="404") as caught:
        prepare(tmp_path, endpoints=(f"{hub}/nothing", f"{hub}/cut"))
    assert "HF_ENDPOINT" in caught.value.hint
    assert len(str(caught.value).splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_offline_fetches_nothing(tmp_path, hub):
    with pytest.raises(HubError, match="offline"):
        prepare(tmp_path, endpoints=(hub,), offline=True)
