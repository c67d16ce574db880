"""Places in a text, found without comparing each with each."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from danbooru_index.concepts.places import Furthest, Overlapping

LENGTH = 30
PLACES = st.lists(
    st.tuples(st.integers(0, LENGTH - 1), st.integers(1, 9)).map(lambda p: (p[0], min(LENGTH, p[0] + p[1])))
)


@given(PLACES, PLACES)
def test_what_overlaps_is_what_shares_a_character(places: list[tuple[int, int]], asked: list[tuple[int, int]]) -> None:
    overlapping = Overlapping(places)
    for start, end in asked:
        wanted = {i for i, place in enumerate(places) if set(range(*place)) & set(range(start, end))}
        found = overlapping.numbers(start, end)
        assert set(found) == wanted and len(found) == len(wanted)
        assert [places[i][0] for i in found] == sorted(places[i][0] for i in found)


@given(PLACES, PLACES)
def test_a_longer_place_is_known_by_its_ends(places: list[tuple[int, int]], asked: list[tuple[int, int]]) -> None:
    furthest = Furthest(places, LENGTH)
    for start, end in asked:
        longer = [p for p in places if p[0] <= start and end <= p[1] and p != (start, end)]
        assert furthest.has_longer(start, end) == bool(longer)
        assert furthest.beginning(start) == max((p[1] for p in places if p[0] == start), default=0)
        assert furthest.from_before(start) == max((p[1] for p in places if p[0] < start), default=0)
