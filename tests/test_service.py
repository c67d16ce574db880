"""The handlers as a host calls them: plain records in and out, over a real index."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import pytest
from builds import WordEncoder, write_lines
from hypothesis import given, settings
from hypothesis import strategies as st

from danbooru_index.cli import main
from danbooru_index.errors import IndexDamagedError
from danbooru_index.index.index import Index
from danbooru_index.indexing import build_index
from danbooru_index.service import PREFIX, ROUTES, Answer, Request, Service, openapi
from danbooru_index.service.handlers import TagsRequest, answer_tags

HEADERS = {"content-type": "application/json"}


def post(service: Service, name: str, value: object) -> Answer:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return service.answer(Request("POST", f"{PREFIX}/{name}", {}, HEADERS, body))


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> object:
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("name", "body", "arguments"),
    [
        ("search", {"text": "双马尾", "limit": 3}, ["search", "双马尾", "-k", "3"]),
        (
            "search",
            {"text": "hair", "limit": 2, "categories": ["general"], "nsfw": "include", "min_count": 5, "explain": True},
            [
                "search",
                "hair",
                "-k",
                "2",
                "--category",
                "general",
                "--nsfw",
                "include",
                "--min-count",
                "5",
                "--explain",
            ],
        ),
        ("expand", {"text": "穿水手服的女孩", "style": "anima"}, ["expand", "穿水手服的女孩", "--style", "anima"]),
        ("related", {"tags": ["serafuku"], "limit": 2}, ["related", "serafuku", "-k", "2"]),
    ],
)
def test_a_route_answers_what_the_command_prints(
    service: Service,
    small_folder: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    body: dict,
    arguments: list[str],
) -> None:
    answer = post(service, name, body)
    assert answer.status == 200, answer.json()
    assert answer.json() == printed(capsys, *arguments, "--db", str(small_folder))


def test_the_index_route_says_what_info_prints_but_no_folder(
    service: Service, small_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = service.answer(Request("GET", f"{PREFIX}/index"))
    wanted = printed(capsys, "info", str(small_folder))
    assert isinstance(wanted, dict)
    assert said.json() == {"version": Path(wanted.pop("folder")).name, **wanted}
    assert os.fsencode(small_folder) not in said.body


def test_tags_are_described_in_order_with_names_by_language(service: Service) -> None:
    said = post(service, "tags", {"tags": ["Twin tails", "no_such_tag", "nude", "初音ミク"]}).json()
    assert [tag["tag"] for tag in said["tags"]] == ["twintails", "nude", "hatsune_miku"]
    assert said["unknown"] == ["no_such_tag"]
    first = said["tags"][0]
    assert (first["query"], first["category"], first["post_count"]) == ("Twin tails", "general", 900_000)
    assert (first["names"]["zh"][0], first["names"]["ja"][0]) == ("双马尾", "ツインテール")
    assert first["definition"] == {"en": "Hair tied in two tails."}
    assert said["tags"][1]["nsfw"] is True


def test_what_no_filter_shows_is_not_described_either(tmp_path: Path) -> None:
    rows = [{"tag": "apple", "text": "apple"}, {"tag": "bad_thing", "text": "bad_thing", "rating": "forbidden"}]
    corpus = write_lines(tmp_path / "corpus.jsonl", [json.dumps({"id": str(i), **row}) for i, row in enumerate(rows)])
    build_index(corpus, tmp_path / "index", WordEncoder())
    with Index(tmp_path / "index", encoder=WordEncoder()) as index:
        said = answer_tags(index, TagsRequest(("apple", "bad thing")))
    assert ([tag["tag"] for tag in said["tags"]], said["unknown"]) == (["apple"], ["bad thing"])


@pytest.mark.parametrize(
    ("name", "body", "status", "code", "words"),
    [
        ("search", {}, 400, "input", "text"),
        ("search", {"text": ""}, 400, "input", "empty"),
        ("search", {"text": 5}, 400, "input", "text"),
        ("search", {"text": "x", "limit": 0}, 400, "input", "limit"),
        ("search", {"text": "x", "limit": True}, 400, "input", "limit"),
        ("search", {"text": "x", "limit": "5"}, 400, "input", "limit"),
        ("search", {"text": "x", "limit": 2.5}, 400, "input", "limit"),
        ("search", {"text": "x", "min_count": 10**400}, 400, "input", "min_count is"),
        ("search", {"text": "x", "explain": 1}, 400, "input", "explain"),
        ("search", {"text": "x", "categories": "general"}, 400, "input", "categories"),
        ("search", {"text": "x", "categories": ["hair"]}, 400, "input", "hair"),
        ("search", {"text": "x", "nsfw": []}, 400, "input", "nsfw"),
        ("search", {"text": "x", "folder": "/etc"}, 400, "input", "folder"),
        ("search", {"text": "x" * 20_001}, 400, "input", "20,001"),
        ("search", [], 400, "input", "object"),
        ("search", b"{", 400, "json", "JSON"),
        ("search", b'{"text": "\xff"}', 400, "json", "JSON"),
        ("search", b'{"text": "x", "limit": NaN}', 400, "json", "JSON"),
        ("search", b"[" * 60_000, 400, "json", "JSON"),
        ("search", b"9" * 60_000, 400, "json", "JSON"),
        ("search", b'"' + b"x" * 140_000 + b'"', 413, "too_large", "large"),
        ("expand", {"text": "x", "budget": 1e999}, 400, "json", "JSON"),
        ("expand", {"text": "x", "budget": 10**400}, 400, "input", "budget"),
        ("expand", {"text": "x", "style": "oil"}, 400, "input", "style"),
        ("expand", {"text": "x", "min_count": 2**31}, 400, "input", "min_count is"),
        ("expand", {"text": "x", "spaces": 0}, 400, "input", "spaces"),
        ("related", {"tags": []}, 400, "input", "tag"),
        ("related", {"tags": [1]}, 400, "input", "tags"),
        ("tags", {"tags": ["x"] * 201}, 400, "input", "201"),
        ("tags", {"tags": ["x" * 257]}, 400, "input", "long"),
        ("nothing", {}, 404, "not_found", "route"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_both_texts_and_a_code(
    service: Service, name: str, body: object, status: int, code: str, words: str
) -> None:
    answer = post(service, name, body)
    said = answer.json()
    assert (answer.status, said["code"]) == (status, code)
    assert words in said["error"] and said["hint"]


def test_null_means_as_the_style_has_it(service: Service) -> None:
    assert "long hair" in post(service, "expand", {"text": "长发", "spaces": None}).json()["prompt"]
    assert "long_hair" in post(service, "expand", {"text": "长发", "spaces": False}).json()["prompt"]


def test_other_methods_and_types_of_content_are_refused(service: Service) -> None:
    answer = service.answer(Request("GET", f"{PREFIX}/search"))
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    plain = Request("POST", f"{PREFIX}/search", {}, {"content-type": "text/plain"}, b'{"text": "x"}')
    assert service.answer(plain).status == 415
    head = service.answer(Request("HEAD", f"{PREFIX}/health"))
    assert (head.status, head.body) == (200, b"")


def test_errors_of_the_index_say_no_folder_and_no_traceback(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secret = tmp_path / "secret folder"

    def broken() -> contextlib.AbstractContextManager[tuple[Index, str]]:
        raise IndexDamagedError(f"The index {secret} is damaged.", hint=f"Remove {secret}.")

    def unexpected() -> Path | None:
        raise OSError(13, "Permission denied", str(secret))

    service = Service(broken, unexpected)
    answer = post(service, "search", {"text": "x"})
    assert (answer.status, answer.json()["code"]) == (503, "index_damaged")
    index = service.answer(Request("GET", f"{PREFIX}/index"))
    assert (index.status, index.json()["code"]) == (500, "internal")
    assert service.answer(Request("GET", f"{PREFIX}/health")).json()["loaded"] is False
    for said in (answer.body, index.body):
        assert b"secret" not in said and b"Traceback" not in said
    assert "secret folder" in caplog.text  # where whoever runs the server looks


def test_getting_changes_nothing(tmp_path: Path) -> None:
    def use() -> contextlib.AbstractContextManager[tuple[Index, str]]:
        raise AssertionError("a GET opened the index")

    service = Service(use, lambda: None)
    assert service.answer(Request("GET", f"{PREFIX}/health")).json()["loaded"] is False
    answer = service.answer(Request("GET", f"{PREFIX}/index"))
    assert (answer.status, answer.json()["code"]) == (503, "no_index")


def test_the_description_lists_every_route_with_the_fields_of_its_record() -> None:
    document = openapi()
    assert {(method.upper(), path) for path, item in document["paths"].items() for method in item} == {
        (route.method, route.path) for route in ROUTES
    }
    operation = document["paths"][f"{PREFIX}/search"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema["properties"]["nsfw"]["enum"] and schema["properties"]["limit"]["default"] == 20
    assert schema["required"] == ["text"] and "explain" in schema["properties"]
    assert json.dumps(document)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=6,
)
_NAMES = st.sampled_from(
    ["text", "tags", "limit", "categories", "nsfw", "min_count", "explain", "style", "budget", "x"]
)


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(["search", "expand", "related", "tags"]), body=st.dictionaries(_NAMES, _VALUES, max_size=5))
def test_no_body_makes_the_service_fail(service: Service, name: str, body: dict) -> None:
    answer = post(service, name, body)
    assert answer.status in (200, 400), answer.json()
