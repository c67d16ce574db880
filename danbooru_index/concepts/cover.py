"""The best way to cover a text with spans that each name something: dynamic programming over places."""

from __future__ import annotations

from collections.abc import Sequence


def best_cover(places: Sequence[tuple[int, int]], values: Sequence[float], length: int) -> list[int]:
    """The numbers of the disjoint spans with the greatest sum of values, in order of place; those worth nothing are left out.

    The weighted interval scheduling of Kleinberg and Tardos, Algorithm Design, 6.1: time and memory are linear in the length of
    the text and the number of spans. Of two equal covers the one of the earlier span stands.

    :param places: (start, end) of each span, 0 <= start < end <= length.

    >>> best_cover([(0, 2), (2, 4), (0, 4)], [1.0, 1.0, 1.5], 4)
    [0, 1]
    """
    ending: dict[int, list[int]] = {}
    for number, (_, end) in enumerate(places):
        ending.setdefault(end, []).append(number)
    best = [0.0] * (length + 1)
    chosen: list[int | None] = [None] * (length + 1)
    for end in range(1, length + 1):
        best[end] = best[end - 1]
        for number in ending.get(end, ()):
            value = best[places[number][0]] + values[number]
            if value > best[end]:
                best[end], chosen[end] = value, number
    cover: list[int] = []
    place = length
    while place > 0:
        taken = chosen[place]
        if taken is None:
            place -= 1
        else:
            cover.append(taken)
            place = places[taken][0]
    return cover[::-1]
