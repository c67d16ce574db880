"""`danbooru-index serve`: the routes of the engine over HTTP, with limits, and a small page.

app.py is the ASGI application, guard.py decides who may ask, server.py runs it with uvicorn in one or more processes;
mcp_server.py offers the same routes as tools.
"""

from __future__ import annotations

from ..lazy import lazy_names

_PUBLIC = {"App": "app", "ServeOptions": "options", "serve": "server"}
__all__ = sorted(_PUBLIC)
__getattr__ = lazy_names(__name__, _PUBLIC)
