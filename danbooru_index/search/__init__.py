"""Search: requests in, results out."""

from ..lazy import lazy_names

_PUBLIC = {
    "search": "engine",
    "search_many": "engine",
}
__all__ = sorted(_PUBLIC)
__getattr__ = lazy_names(__name__, _PUBLIC)
