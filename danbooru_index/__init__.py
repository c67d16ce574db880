"""danbooru-index: say what you want to see, in any language, and get the Danbooru tags that image models were trained on.

    from danbooru_index import SearchRequest, load_settings, open_index, search_many
    index, reason = open_index(load_settings())
    result = search_many(index, [SearchRequest("水手服")])[0]

Names are imported when they are first used, so importing the package costs nothing.
"""

from __future__ import annotations

from .lazy import lazy_names

__version__ = "0.3.0"

_PUBLIC = {
    "Category": "records",
    "DanbooruIndexError": "errors",
    "Hit": "records",
    "Index": "index",
    "SearchRequest": "records",
    "SearchResult": "records",
    "build_index": "indexing",
    "load_settings": "settings",
    "open_encoder": "encoders",
    "open_index": "locate",
    "search_many": "search",
}
__all__ = sorted(_PUBLIC)
__getattr__ = lazy_names(__name__, _PUBLIC)
