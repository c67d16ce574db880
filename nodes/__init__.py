"""The ComfyUI nodes (V3). One file per node; what is known of the host stands in host.py."""

from __future__ import annotations

import sys
import threading

from comfy_api.v0_0_2 import ComfyExtension, io
from typing_extensions import override

from ..install import missing_packages
from .host import logger
from .load import DanbooruIndexLoad
from .prompt_expand import DanbooruIndexPromptExpand
from .rebuild import DanbooruIndexRebuild
from .related_tags import DanbooruIndexRelatedTags
from .tag_search import DanbooruIndexTagSearch
from .words import install_command

NODES: list[type[io.ComfyNode]] = [
    DanbooruIndexTagSearch,
    DanbooruIndexPromptExpand,
    DanbooruIndexRelatedTags,
    DanbooruIndexLoad,
    DanbooruIndexRebuild,
]


def _look() -> None:
    """A line in the log for a second copy of this pack, and one for packages that are missing, with the command."""
    loaded = getattr(sys.modules.get("nodes"), "NODE_CLASS_MAPPINGS", {})
    if DanbooruIndexTagSearch.__name__ in loaded:  # named as its id
        logger.warning("another copy of this pack is loaded too: remove one of them from custom_nodes")
    # Reading what is installed takes a while, and ComfyUI's start does not wait for it.
    threading.Thread(target=_look_at_packages, name="danbooru-index packages", daemon=True).start()


def _look_at_packages() -> None:
    if missing := missing_packages():
        logger.warning(
            "missing packages: %s. Install them, then restart ComfyUI:\n%s", ", ".join(missing), install_command()
        )


class DanbooruIndexExtension(ComfyExtension):
    """Lists the nodes of this pack."""

    @override
    async def on_load(self) -> None:
        """Say what is wrong with this installation, and bind the page's routes. Where they cannot be, the nodes still work."""
        _look()
        try:
            from .server import add_routes

            add_routes()
        except Exception as error:  # whatever is missing is missing for the page alone
            logger.warning("the sidebar and the live search are off: %s", error)

    @override
    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return NODES
