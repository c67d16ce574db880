"""ComfyUI's door to danbooru-index. Nothing is imported here before ComfyUI asks for the nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .nodes import DanbooruIndexExtension

WEB_DIRECTORY = "./web"


async def comfy_entrypoint() -> DanbooruIndexExtension:
    """The extension that lists the nodes."""
    from .nodes import DanbooruIndexExtension

    return DanbooruIndexExtension()
