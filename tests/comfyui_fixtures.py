"""Fixtures of the ComfyUI tests: `pytest_plugins = ["comfyui_fixtures"]` in a test module brings them.

A module of tests overrides `server` or `language` where it needs something else; comfyui_marks.py runs them with more of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_page import Page, open_page
from comfyui_home import NEW, HomeServer


@pytest.fixture(scope="module")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, small_folder: Path
) -> Iterator[HomeServer]:
    """A ComfyUI with the small index."""
    version = getattr(request, "param", NEW)
    with HomeServer(tmp_path_factory.mktemp("comfyui"), version=version, index=small_folder) as running:
        yield running


@pytest.fixture
def language() -> str:
    """What its page speaks."""
    return "en"


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Any, server: HomeServer, language: str) -> Iterator[Page]:
    """Its page; nothing of ours may complain in its console. The browser is that of `browser_fixtures`."""
    with open_page(server, browser, vue=getattr(request, "param", False), locale=language) as opened:
        yield opened
        assert opened.complaints == []
