"""Whether a text names several things: what its words would have to say is not asked where they cannot change the answer."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from danbooru_index.concepts.several import Evidence, is_several, may_be_several

shares = st.floats(0.0, 1.0)


@given(
    outline=st.builds(Evidence, shares, st.floats(-0.5, 1.0), st.integers(1, 60), st.booleans(), st.booleans()),
    words=st.integers(0, 60),
    names=st.integers(0, 9),
    named=shares,
    counted=st.booleans(),
    stretches=st.integers(1, 9),
)
def test_what_is_several_when_it_is_read_may_be_so_before(
    outline: Evidence, words: int, names: int, named: float, *, counted: bool, stretches: int
) -> None:
    read = replace(
        outline,
        words=min(words, outline.letters),
        names=names,
        named=named,
        counted=counted,
        stretches=stretches,
    )
    assert may_be_several(outline) or not is_several(read)


def test_a_name_need_not_be_read_and_a_sentence_must() -> None:
    assert not may_be_several(Evidence(whole_fit=0.9, whole_near=0.95, letters=4, listed=False, spaced=False))
    assert may_be_several(Evidence(whole_fit=0.01, whole_near=0.4, letters=40, listed=False, spaced=True))
