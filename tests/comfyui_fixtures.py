"""Fixtures of the ComfyUI tests: `pytest_plugins = ["comfyui_fixtures"]` in a test module brings them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from comfyui import ComfyUIServer
from node_graphs import VERSIONS, comfyui


@pytest.fixture(scope="module", params=VERSIONS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, small_folder: Path
) -> Iterator[ComfyUIServer]:
    """The small index in each version of ComfyUI."""
    with comfyui(request.param, tmp_path_factory.mktemp("comfyui"), small_folder) as running:
        yield running
