"""What a guess must promise, by how many tags there are."""

from __future__ import annotations

import pytest

from danbooru_index.concepts.wanted import default_model


@pytest.mark.parametrize(
    ("tags", "first", "further"),
    [(1_000_000, 0.3, 0.4), (48_696, 0.3, 0.4), (12_087, 0.3, 0.425), (3_000, 0.3, 0.45), (0, 0.3, 0.45)],
)
def test_among_few_tags_a_guess_must_promise_more(tags: int, first: float, further: float) -> None:
    """Half way between the two, by logarithms, at the root of their product."""
    model = default_model().for_tags(tags)
    assert (model.first, model.further) == pytest.approx((first, further), abs=1e-4)
    assert model.excluded == default_model().excluded
