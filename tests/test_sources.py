"""What a workflow may fetch from, and how a person allows more."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from danbooru_index.errors import InputError, SourceNotAllowedError
from danbooru_index.settings import Settings, load_settings
from danbooru_index.sources import Source, allow_source, check_source


@pytest.fixture
def user(own_home: Path) -> Settings:
    return load_settings()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("repository", "danbooru-index/danbooru-index-use"),
        ("repository", "datasets/danbooru-index/danbooru-index-use"),
        ("endpoint", "https://huggingface.co"),
        ("endpoint", "HTTPS://HuggingFace.co/"),
    ],
)
def test_the_users_own_are_allowed(user, kind, value):
    check_source(user, Source.of(kind, value))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("repository", "evil/index"),
        ("repository", "models/danbooru-index/danbooru-index-use"),
        ("endpoint", "http://huggingface.co"),
        ("endpoint", "https://huggingface.co.evil.example"),
        ("endpoint", "https://huggingface.co:8443"),
        ("endpoint", "http://169.254.169.254"),
        ("server", "http://localhost:8000"),
        ("folder", "/home/somebody/.pyenv"),
        ("folder", r"\\evil\share"),
    ],
)
def test_others_are_refused_until_a_person_allows_them(user, kind, value):
    source = Source.of(kind, value)
    with pytest.raises(SourceNotAllowedError) as caught:
        check_source(user, source)
    assert (caught.value.kind, caught.value.value) == (kind, source.value)
    assert "Allow this source" in caught.value.hint
    check_source(allow_source(user, kind, value), source)
    check_source(load_settings(), source)  # it is in the file
    with pytest.raises(SourceNotAllowedError):
        check_source(replace(user, config=None), source)


def test_folders_in_the_home_are_allowed_and_none_beside_it(user):
    check_source(user, Source.of("folder", str(user.home / "more/index")))
    for outside in (f"{user.home}-2", str(user.home / "../other"), str(user.home.parent)):
        with pytest.raises(SourceNotAllowedError):
            check_source(user, Source.of("folder", outside))


FILE = """# my settings
repository = "me/mine"   # not theirs
allowed_endpoints = [
    "https://mirror.example",  # a good one
    'https://other.example',
]
device = "cpu"

[future]
allowed_endpoints = ["untouched"]
"""


def test_the_rest_of_the_file_stays_as_it_is(user):
    user.config.parent.mkdir(parents=True)
    user.config.write_text(FILE, encoding="utf-8")
    allow_source(load_settings(), "endpoint", "http://nas.example:8000/hub")
    allow_source(load_settings(), "repository", "datasets/you/yours")
    text = user.config.read_text(encoding="utf-8")
    found = load_settings()
    assert found.allowed_endpoints == ("https://mirror.example", "https://other.example", "http://nas.example:8000/hub")
    assert (found.allowed_repositories, found.repository, found.device) == (("you/yours",), "me/mine", "cpu")
    assert "# my settings\n" in text and "# not theirs" in text
    assert text.endswith('[future]\nallowed_endpoints = ["untouched"]\n')
    for _ in range(2):
        allow_source(load_settings(), "repository", "you/yours")
    assert user.config.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "text", ["device = ", '"allowed_repositories" = ["a/b"]\n', 'allowed_repositories = """a/b"""\n']
)
def test_a_file_that_is_not_understood_is_left_alone(user, text):
    user.config.parent.mkdir(parents=True)
    user.config.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        allow_source(user, "repository", "you/yours")
    assert user.config.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("repository", "no name"),
        ("endpoint", "file:///etc"),
        ("endpoint", "https://user:pw@host"),
        ("device", "cpu"),
        ("server", ""),
    ],
)
def test_what_cannot_be_a_source(user, kind, value):
    with pytest.raises(InputError):
        allow_source(user, kind, value)
    assert not user.config.exists()


def test_many_at_once(user):
    names = [f"you/index{number}" for number in range(12)]
    threads = [threading.Thread(target=allow_source, args=(user, "repository", name)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(load_settings().allowed_repositories) == sorted(names)
