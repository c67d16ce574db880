"""A text as spans: where names may lie, and the best cover of them."""

from __future__ import annotations

import time
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_names import lookup, names_of

from danbooru_index.concepts.atoms import atoms_of, clauses
from danbooru_index.concepts.cover import best_cover
from danbooru_index.concepts.reading import MAX_SPANS, read


def test_spans_begin_and_end_with_words_and_names() -> None:
    reading = read("a girl with short hair in the rain", names_of)
    # "hair in the rain" would cut the name in two.
    assert [span.text for span in reading.spans] == ["short", "short hair", "hair", "rain"]
    named = [span for span in reading.spans if span.named]
    assert [(span.text, span.named, span.words, span.aligned) for span in named] == [("short hair", ((4, 2),), 2, True)]


def test_thai_has_words_though_no_spaces() -> None:
    reading = read("ผู้หญิงสองคนผมยาวใส่ชุดเดรสสีขาว", lookup("ผมยาว", "ชุดเดรสสีขาว"))
    assert (reading.language, reading.counts) == ("th", ("2girls",))
    named = [(span.text, span.aligned) for span in reading.spans if span.named]
    assert named == [("ผมยาว", True), ("ชุดเดรสสีขาว", True)]


def test_no_span_is_the_rest_of_a_japanese_word() -> None:
    spans = read("赤いサンダル、片方だけの濡れた靴", names_of).spans
    assert [span.text for span in spans if span.text[0] in "いれたけだ"] == []


def test_no_span_is_a_piece_of_a_word_that_names_nothing() -> None:
    for text, piece in (("眼鏡を外して拭く先生", "外"), ("空いた席", "空"), ("外に出る猫", "")):
        spans = {span.text for span in read(text, names_of).spans}
        assert piece not in spans
    assert "外" in spans, "which is a word there"


@pytest.mark.parametrize(
    "piece", ["x", "a ", "女", "没有", "no ", "なし", "가 ", "가지", "1", "、", "の", "two girls ", "😀", "אב "]
)
def test_a_long_text_takes_time_in_proportion(piece: str) -> None:
    text = (piece * 3000)[:3000]
    begun = time.process_time()
    reading = read(text, names_of)
    assert time.process_time() - begun < 3.0
    assert len(reading.spans) <= max(MAX_SPANS, 3000)


def exhaustive(places: list[tuple[int, int]], values: list[float]) -> float:
    best = 0.0
    for size in range(len(places) + 1):
        for chosen in combinations(range(len(places)), size):
            spans = sorted(places[i] for i in chosen)
            if all(a[1] <= b[0] for a, b in pairwise(spans)):
                best = max(best, sum(values[i] for i in chosen))
    return best


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5), st.floats(-1, 1, width=16)), max_size=7))
def test_the_cover_is_the_best_one(spans: list[tuple[int, int, float]]) -> None:
    places = [(start, min(10, start + size)) for start, size, _ in spans]
    values = [value for *_, value in spans]
    cover = best_cover(places, values, 10)
    taken = [places[i] for i in cover]
    assert all(a[1] <= b[0] for a, b in pairwise(taken))
    assert sum(values[i] for i in cover) == pytest.approx(exhaustive(places, values))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("용을 타는 소녀", ["용", "을", "타는", "소녀"]),
        ("쥐를 잡는 고양이", ["쥐", "를", "잡는", "고양이"]),
        ("곰과 닭", ["곰", "과", "닭"]),
        ("가을의 마을", ["가을", "의", "마을"]),
        ("검은 새가", ["검은", "새", "가"]),
    ],
)
def test_a_korean_noun_of_one_syllable_stands_apart_from_its_particle(text: str, words: list[str]) -> None:
    assert [atom.key for clause in clauses(text) for atom in atoms_of(text, clause)] == words
