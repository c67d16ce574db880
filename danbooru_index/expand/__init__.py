"""Expand: a text in any language -> a prompt of tags that exist."""

from ..lazy import lazy_names

_PUBLIC = {
    "ExpandRequest": "request",
    "ExpandResult": "request",
    "expand": "engine",
}
__all__ = sorted(_PUBLIC)
__getattr__ = lazy_names(__name__, _PUBLIC)
