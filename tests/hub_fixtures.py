"""Fixtures of the Hub tests: `pytest_plugins = ["hub_fixtures"]` in a test module brings them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import HubServer
from hub_versions import CONTENTS, REPOSITORY, write_version

from danbooru_index.settings import Settings


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


@pytest.fixture
def published(hub: HubServer, tmp_path: Path) -> HubServer:
    """The server with CONTENTS as the index of REPOSITORY."""
    hub.add(REPOSITORY).commit_folder(write_version(tmp_path / "built", CONTENTS))
    return hub


@pytest.fixture
def settings(hub: HubServer, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", endpoints=(hub.url,), repository=REPOSITORY)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the index is fetched to."""
    return tmp_path / "home" / "index"


@pytest.fixture
def no_saved_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """huggingface_hub neither reads nor writes the user's own folders."""
    from huggingface_hub import constants

    for name in ("HF_HOME", "HF_TOKEN_PATH", "HF_STORED_TOKENS_PATH", "HF_HUB_CACHE"):
        monkeypatch.setattr(constants, name, str(tmp_path / "theirs" / name))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
