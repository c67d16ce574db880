"""Names of tags as the reading of a text looks them up, without an index."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from danbooru_index.index.tags import KEY_NAME
from danbooru_index.text.fold import match_key

Found = dict[str, list[tuple[int, int]]]


def lookup(*names: str) -> Callable[[Iterable[str]], Found]:
    """What finds these names in some language: the n-th is one of the tag of row n."""
    known = {match_key(name): [(row, KEY_NAME)] for row, name in enumerate(names)}
    return lambda keys: {key: known[key] for key in keys if key in known}


names_of = lookup("眼镜", "短发", "白猫", "面无表情", "short hair", "no shoes")
