"""The ComfyUI nodes (V3). One file a node; what is known of the host stands in host.py."""

from __future__ import annotations

from comfy_api.v0_0_2 import ComfyExtension, io
from typing_extensions import override

from .host import logger
from .load import DanbooruIndexLoad
from .prompt_expand import DanbooruIndexPromptExpand
from .rebuild import DanbooruIndexRebuild
from .related_tags import DanbooruIndexRelatedTags
from .tag_search import DanbooruIndexTagSearch

NODES: list[type[io.ComfyNode]] = [
    DanbooruIndexTagSearch,
    DanbooruIndexPromptExpand,
    DanbooruIndexRelatedTags,
    DanbooruIndexLoad,
    DanbooruIndexRebuild,
]


class DanbooruIndexExtension(ComfyExtension):
    """Lists the nodes of this pack."""

    @override
    async def on_load(self) -> None:
        """Bind the routes of the page. Where they cannot be, the nodes still work."""
        try:
            from .server import add_routes

            add_routes()
        except Exception as error:  # whatever is missing is missing for the page alone
            logger.warning("the sidebar and the live search are off: %s", error)

    @override
    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return NODES
