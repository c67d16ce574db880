"""An index whose collection is on a Chroma server: a real `chroma run`, several processes, and servers that fail."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from builds import WordEncoder, tag_lines, write_lines
from chroma_run import chroma_server, free_port

from danbooru_index.channels.chroma_server import SERVER_SECONDS, Server
from danbooru_index.cli import main
from danbooru_index.errors import ChromaServerError, InputError
from danbooru_index.index.index import Index
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search
from danbooru_index.settings import load_settings

ENCODER = WordEncoder()
TAGS = 300
SECONDS = 60.0  # the engine gives up after SERVER_SECONDS; a busy machine takes longer to get there


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Chroma server of this machine."""
    with chroma_server(tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture(scope="module")
def built(url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("index")
    corpus = write_lines(place / "corpus.jsonl", tag_lines(TAGS))
    build_index(corpus, place / "index", ENCODER, BuildOptions(chroma_tags=0, chroma=url))
    return place / "index"


def opened(folder: Path, **settings: str) -> Index:
    return Index(folder, encoder=ENCODER, settings=replace(load_settings(), **settings))


def names(url: str) -> dict[str, str]:
    return {one.name: one.metadata["build"] for one in Server(url)._client.list_collections()}


def test_a_server_finds_what_the_sketches_find(built: Path, url: str) -> None:
    request = SearchRequest("red thing 8", nsfw="include")
    with opened(built, chroma=url) as there, opened(built, dense="sketch", chroma=url) as here:
        assert there.dense.store.label == f"Chroma at {url}" and here.dense.store.label == "sketches"
        found, wanted = search(there, request), search(here, request)
        assert found.nearest_by == f"Chroma at {url}"
        assert found.tags[:3] == wanted.tags[:3]
        assert len(set(found.tags) & set(wanted.tags)) >= 18
        assert there.manifest.options["chroma_tags"] == 0  # the local folder has no collection
        assert names(url) == {"danbooru_tags": there.manifest.options["build"]}


def test_several_processes_search_at_once(built: Path, url: str) -> None:
    code = f"""
    import json, sys
    sys.path[:0] = {[str(Path(__file__).parents[1]), str(Path(__file__).parent)]!r}
    from pathlib import Path
    from builds import WordEncoder
    from danbooru_index.index.index import Index
    from danbooru_index.records import SearchRequest
    from danbooru_index.search.engine import search
    from dataclasses import replace
    from danbooru_index.settings import load_settings
    settings = replace(load_settings(), chroma={url!r})
    with Index(Path({str(built)!r}), encoder=WordEncoder(), settings=settings) as index:
        found = [search(index, SearchRequest(f"blue thing {{n}}", nsfw="include")) for n in range(1, 60, 7)]
    print(json.dumps([[result.nearest_by, result.tags] for result in found]))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate(timeout=500)[0] for process in started]
    assert len(set(said)) == 1
    assert {label for label, _ in json.loads(said[0])} == {f"Chroma at {url}"}


def test_a_new_build_becomes_current_and_the_old_index_still_works(built: Path, url: str, tmp_path: Path) -> None:
    with opened(built, chroma=url) as before:
        old = before.manifest.options["build"]
        corpora = [write_lines(tmp_path / f"{n}.jsonl", tag_lines(n)) for n in (40, 41)]
        new = []
        for corpus in corpora:
            build_index(corpus, tmp_path / "other", ENCODER, BuildOptions(chroma=url))
            with opened(tmp_path / "other", chroma=url) as index:
                new.append(index.manifest.options["build"])
                assert search(index, SearchRequest("red thing")).nearest_by == f"Chroma at {url}"
            if len(new) == 1:
                assert search(before, SearchRequest("red thing 8")).tags
                assert names(url) == {"danbooru_tags": new[0], f"danbooru_tags-{old}": old}
                with opened(built, chroma=url) as again:
                    assert search(again, SearchRequest("red thing 8")).tags
        assert names(url) == {"danbooru_tags": new[1], f"danbooru_tags-{new[0]}": new[0]}
    with (
        opened(built, chroma=url) as gone,
        pytest.raises(ChromaServerError, match="does not hold this index") as caught,
    ):
        search(gone, SearchRequest("red thing 8"))
    assert new[1] in str(caught.value) and url in caught.value.hint
    # The same build again takes its own place.
    build_index(built.parent / "corpus.jsonl", built, ENCODER, BuildOptions(chroma_tags=0, chroma=url))
    build_index(built.parent / "corpus.jsonl", built, ENCODER, BuildOptions(chroma_tags=0, chroma=url))
    assert names(url)["danbooru_tags"] == old


@contextlib.contextmanager
def silent_server() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(8)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_server_that_is_gone_is_an_error_within_five_seconds(built: Path) -> None:
    assert SERVER_SECONDS < 5
    with silent_server() as silent:
        for address in (f"http://127.0.0.1:{free_port()}", silent):
            with opened(built, chroma=address) as index:
                begun = time.monotonic()
                with pytest.raises(ChromaServerError, match="does not answer") as caught:
                    search(index, SearchRequest("red thing"))
                assert time.monotonic() - begun < SECONDS
                assert address in str(caught.value) and "--chroma" in caught.value.hint
    with opened(built, chroma="localhost") as index, pytest.raises(InputError, match="not the address"):
        search(index, SearchRequest("red thing"))


def test_a_server_that_goes_away_between_two_searches(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    corpus = write_lines(tmp_path / "corpus.jsonl", tag_lines(40))
    with chroma_server(tmp_path / "server") as url:
        build_index(corpus, tmp_path / "index", ENCODER, BuildOptions(chroma_tags=0, chroma=url))
        index = opened(tmp_path / "index", chroma=url)
        assert search(index, SearchRequest("red thing")).tags
    begun = time.monotonic()
    with index, pytest.raises(ChromaServerError, match="does not answer") as caught:
        search(index, SearchRequest("blue thing"))
    assert time.monotonic() - begun < SECONDS
    assert "--chroma" in caught.value.hint


def test_a_build_whose_server_fails_leaves_the_old_index(built: Path, tmp_path: Path) -> None:
    corpus = write_lines(tmp_path / "corpus.jsonl", tag_lines(20))
    address = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ChromaServerError):
        build_index(corpus, tmp_path / "index", ENCODER, BuildOptions(chroma=address))
    assert main(["info", str(tmp_path / "index")]) == 1
    report = build_index(corpus, tmp_path / "index", ENCODER)
    assert report.rows == 20
