"""What install.py does in a WebUI, at every start: nothing, unless a setting asks for more. No gradio, no torch, no host's UI."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .client import ServiceError
from .environment import Environment

SETTING = "danbooru_index_install_at_start"


def update_if_asked(say: Callable[[str], None]) -> None:
    """Bring our own environment up to date if the setting asks for it; failures are reported, and the start continues."""
    from modules import paths_internal

    if not settings(Path(paths_internal.data_path)).get(SETTING, False):
        return
    environment = Environment(Path(paths_internal.models_path) / "danbooru_index" / "webui-environment")
    try:
        environment.install(say)
    except (ServiceError, OSError) as error:
        say(f"{error} {getattr(error, 'hint', '')}".strip())


def settings(data_folder: Path) -> dict[str, Any]:
    """The WebUI's saved settings, none where they cannot be read."""
    try:
        found = json.loads((data_folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
