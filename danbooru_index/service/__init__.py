"""The engine as plain handlers: a request record in, an answer record out. No web framework is known here.

    from danbooru_index.service import Request, Service
    service = Service(use_index)                       # use_index: see service.py
    answer = service.answer(Request("POST", "/danbooru-index/v1/search", body=b'{"text": "twintails"}'))

Hosts bind it: ComfyUI's aiohttp, or `danbooru-index serve`. routes.py lists the routes, from which description.py makes the
description.
"""

from __future__ import annotations

from ..lazy import lazy_names

_PUBLIC = {
    "Answer": "message",
    "PREFIX": "routes",
    "Request": "message",
    "ROUTES": "routes",
    "Service": "service",
    "openapi": "description",
}
__all__ = sorted(_PUBLIC)
__getattr__ = lazy_names(__name__, _PUBLIC)
