"""An index on disk: its versions, its manifest, its tags, and all of it as one object."""

from ..lazy import lazy_names

_PUBLIC = {
    "Index": "index",
}
__all__ = sorted(_PUBLIC)
__getattr__ = lazy_names(__name__, _PUBLIC)
