"""Marks of the ComfyUI tests: with which releases of ComfyUI, and which kinds of nodes, they run beside the default."""

from __future__ import annotations

import pytest
from comfyui_home import NEW, OLD

each_version = pytest.mark.parametrize("server", [NEW, OLD], indirect=True)
"""With the oldest release of ComfyUI that is promised too."""

both_nodes = pytest.mark.parametrize("page", [False, True], ids=["legacy nodes", "nodes 2.0"], indirect=True)
"""With Nodes 2.0 too."""
