"""What the extension knows of the WebUI: folders and settings. A1111 1.10, Forge, Forge classic and neo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SECTION = ("danbooru_index", "Danbooru Index")
# As the engine has them, which is not imported here; a test compares them.
STYLES = ("sdxl", "novelai", "anima", "tags")
NSFW = ("exclude", "strict", "include", "only")

# Key -> (default, label, explanation, choices or None). Every value is sent to the page, so no secret stands here.
OPTIONS: dict[str, tuple[Any, str, str, tuple[str, ...] | None]] = {
    "danbooru_index_server": (
        "",
        "Server elsewhere",
        "http://HOST:8631 of a danbooru-index serve; empty: our own. Its key stands in models/danbooru_index/server_key.txt",
        None,
    ),
    "danbooru_index_style": ("sdxl", "Style of prompts", "how tags are written, for which family of models", STYLES),
    "danbooru_index_nsfw": (
        "exclude",
        "NSFW tags",
        "exclude hides what is explicit, strict also what is sensitive, include nothing; only: nothing else than what is explicit",
        NSFW,
    ),
    "danbooru_index_live_key": (
        "Alt+/",
        "Key for live search in prompt boxes",
        "for example Alt+/ or Ctrl+Shift+K; empty: off",
        None,
    ),
    "danbooru_index_install_at_start": (
        False,
        "Keep our own environment up to date at start",
        "installs when the needs of the extension have changed",
        None,
    ),
}


def option(key: str) -> Any:
    """A setting; its default where the WebUI has not read our settings (--nowebui) or knows no such key yet."""
    from modules import shared

    return getattr(shared.opts, key, OPTIONS[key][0])


def named_server() -> str:
    """The address of a server elsewhere, empty for our own."""
    return str(option("danbooru_index_server") or "")


def home() -> Path:
    """The folder of indexes and models, which outlives the extension."""
    from modules import paths

    return Path(paths.models_path) / "danbooru_index"


def add_settings() -> None:
    """The callback that fills our settings page."""
    import gradio as gr
    from modules import shared

    for key, (default, label, explanation, choices) in OPTIONS.items():
        component, more = (gr.Dropdown, {"choices": list(choices)}) if choices else (None, None)
        info = shared.OptionInfo(default, label, component, more, section=SECTION)
        shared.opts.add_option(key, info.info(explanation))
