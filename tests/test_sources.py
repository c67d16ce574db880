"""What a workflow may fetch from, and how a person allows more."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from danbooru_index.errors import InputError, SourceNotAllowedError
from danbooru_index.settings import Settings, load_settings
from danbooru_index.sources import Source, allow_source, check_source
from danbooru_index.storage.paths import lies_in, reads_inside


@pytest.fixture
def user(own_home: Path) -> Settings:
    return load_settings()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("repository", "owner/name"),
        ("repository", "datasets/owner/name"),
        ("endpoint", "https://huggingface.co"),
        ("endpoint", "HTTPS://HuggingFace.co/"),
    ],
)
def test_the_users_own_are_allowed(user, kind, value):
    check_source(replace(user, repository="owner/name"), Source.of(kind, value))


def test_no_repository_is_the_users_before_one_is_named(user):
    """One that nobody has registered could be registered by anybody."""
    assert user.repository == "" and user.allowed_repositories == ()
    for name in ("danbooru-index/danbooru-index-use", "danbooru-index/danbooru-index"):
        with pytest.raises(SourceNotAllowedError):
            check_source(user, Source.of("repository", name))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("repository", "evil/index"),
        ("repository", "models/owner/name"),
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


@pytest.mark.parametrize(
    ("folder", "inside"),
    [
        (r"\\srv\share\tags", True),
        (r"\\SRV\Share\Tags\new", True),
        ("//srv/share/tags/./a//b", True),
        (r"\\?\UNC\srv\share\tags\a", True),
        (r"\\srv\share\other\..\tags", True),
        (r"\\srv\share\..\..\share\tags", False),  # no way leads out of a share: this is share\share\tags
        (r"\\srv\share\tags-evil", False),
        (r"\\srv\share\tags\..\secret", False),
        (r"\\srv\share\tags\.. \secret", False),
        (r"\\srv\share\tags\.. \..\tags", False),
        (r"\\?\UNC\srv\share\tags\..\tags", False),  # a name here, no way up
        (r"\\srv\share", False),
        (r"\\srv.evil\share\tags", False),
        (r"\\srv\share2\tags", False),
        (r"\\.\UNC\srv\share\tags", False),
        (r"\??\UNC\srv\share\tags", False),
        (r"\\\srv\share\tags", False),
        ("\\\\srv\\share\\ta\u01f1s", False),
        (r"C:\srv\share\tags", False),
        ("tags", False),
    ],
)
def test_folders_of_another_computer_are_compared_as_windows_reads_them(folder, inside):
    for allowed in (r"\\srv\share\tags", "//Srv/share/TAGS/", r"\\?\UNC\srv\share\tags"):
        assert reads_inside(folder, allowed, windows=True) is inside


@pytest.mark.parametrize(
    ("folder", "inside"),
    [
        (r"c:\users\Me\HOME\index", True),
        (r"\\?\C:\Users\me\home\index", True),
        ("C:/Users/me/x/../home", True),
        (r"C:\Users\me\home-2", False),
        (r"C:\Users\me\home\..\x", False),
        (r"D:\Users\me\home", False),
        (r"C:Users\me\home", False),
        (r"\Users\me\home", False),
        (r"\\.\C:\Users\me\home", False),
        ("C:\\Users\\me\\\u210aome", False),
        ("C:\\Users\\me\\home\\\u212a", True),
    ],
)
def test_folders_of_drives_too(folder, inside):
    assert reads_inside(folder, r"C:\Users\me\home", windows=True) is inside


def test_letters_that_fold_alike_are_not_one_letter():
    for other in ("\u212aelvin", "kelv\u0131n"):  # the kelvin sign, a dotless i
        assert not reads_inside(f"//srv/share/{other}", "//srv/share/kelvin", windows=True)


def test_an_allowed_share_lets_nothing_beside_it_in(user):
    settings = replace(user, allowed_folders=(Path("//srv/share/tags"),), home=Path("//srv/homes/me"))
    for inside in ("//srv/share/tags", "//srv/share/tags/new", "//srv/homes/me/index-more"):
        check_source(settings, Source.of("folder", inside))
    for outside in (
        "//srv/share/tags-evil",
        "//srv/share/tags/../secret",
        "//srv/share/tags/new/../../secret",
        "//srv/homes/me2",
        "//srv/homes/me/../you",
        "//other/share/tags",
    ):
        with pytest.raises(SourceNotAllowedError):
            check_source(settings, Source.of("folder", outside))


def test_links_are_followed_before_folders_are_compared(user, tmp_path):
    allowed, secret = tmp_path / "tags", tmp_path / "secret"
    allowed.mkdir(), secret.mkdir()
    (allowed / "way-out").symlink_to(secret)
    (tmp_path / "way-in").symlink_to(allowed)
    settings = replace(user, allowed_folders=(tmp_path / "way-in",))
    for inside in (allowed, allowed / "new", tmp_path / "way-in" / "new"):
        check_source(settings, Source.of("folder", str(inside)))
    over_the_net = replace(
        settings, allowed_folders=(Path(f"/{allowed}"),)
    )  # two slashes, for Windows another computer
    check_source(over_the_net, Source.of("folder", f"/{allowed}/new"))
    for found, folder in ((settings, allowed / "way-out"), (over_the_net, f"/{allowed}/way-out/x")):
        with pytest.raises(SourceNotAllowedError):
            check_source(found, Source.of("folder", str(folder)))


def test_the_file_system_says_whether_case_matters(tmp_path):
    folder = tmp_path / "Tags"
    folder.mkdir()
    assert not lies_in(str(tmp_path / "TAGS/new"), str(folder))
    (tmp_path / "TAGS").mkdir()
    assert not lies_in(str(tmp_path / "TAGS/new"), str(folder))


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
