"""Reading ahead in a build: in order, with its errors, and stopped when nobody wants more."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from danbooru_index.indexing.stream import prefetch


def test_prefetch_gives_items_in_order_and_passes_errors_on() -> None:
    assert list(prefetch(iter(range(100)))) == list(range(100))

    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    items = prefetch(broken())
    assert next(items) == 1
    with pytest.raises(ValueError, match="broken"):
        next(items)


def test_a_closed_prefetch_stops_its_maker() -> None:
    made: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(10_000):
            made.append(number)
            yield number

    items = prefetch(numbers())
    assert next(items) == 0
    items.close()
    assert len(made) < 10
    assert os.getpid() > 0
