"""Search on a small readable index with the real encoder: exact outcomes, filters, scripts, typos, bad input."""

from __future__ import annotations

import numpy as np
import pytest

from danbooru_index.encoders import open_encoder
from danbooru_index.errors import InputError
from danbooru_index.index.index import Index
from danbooru_index.records import Category, SearchRequest
from danbooru_index.search import score as scoring
from danbooru_index.search.engine import search, search_many


def tags(index: Index, text: str, **options: object) -> list[str]:
    return search(index, SearchRequest(text, **options)).tags  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "tag"),
    [
        ("twintails", "twintails"),
        ("twin tails", "twintails"),
        ("TWIN_TAILS", "twintails"),
        ("ｔｗｉｎｔａｉｌｓ", "twintails"),
        ("双马尾", "twintails"),
        ("雙馬尾", "twintails"),
        ("ツインテール", "twintails"),
        ("ついんてーる", "twintails"),
        ("ﾂｲﾝﾃｰﾙ", "twintails"),
        ("longhair", "long_hair"),
        ("one girl", "1girl"),
        ("セーラー服", "serafuku"),
        ("세일러복", "serafuku"),
        ("^_^", "^_^"),
        ("saber (fate)", "saber_(fate)"),
        ("初音ミク", "hatsune_miku"),
    ],
)
def test_an_exact_name_or_alias_comes_first_in_every_script(small_index: Index, query: str, tag: str) -> None:
    result = search(small_index, SearchRequest(query))
    assert result.tags[0] == tag
    assert result.hits[0].score > 1 > result.hits[1].score
    assert "exact" in result.hits[0].channels
    assert "exact" not in result.hits[-1].channels


@pytest.mark.parametrize(
    ("query", "tag"),
    [
        ("lonng hair", "long_hair"),
        ("twintials", "twintails"),
        ("hatune miku", "hatsune_miku"),
        ("umbrela", "umbrella"),
        ("ears of a kitten", "cat_ears"),
        ("女子高生的水手制服", "serafuku"),
        ("赤い瞳", "red_eyes"),
        ("夜晚的天空", "night_sky"),
        ("우산", "umbrella"),
        ("guarda-chuva", "umbrella"),
    ],
)
def test_typos_and_other_words_find_the_tag(small_index: Index, query: str, tag: str) -> None:
    assert tag in tags(small_index, query, limit=3)


def test_categories_nsfw_and_post_counts_filter(small_index: Index) -> None:
    assert "nude" not in tags(small_index, "nude without clothes")
    assert tags(small_index, "nude without clothes", nsfw="include")[0] == "nude"
    assert tags(small_index, "anything", nsfw="only") == ["nude"]
    characters = (Category.CHARACTER,)
    assert set(tags(small_index, "a girl", categories=characters)) == {"hatsune_miku", "saber_(fate)"}
    assert tags(small_index, "wlop", categories=(Category.META,)) == ["highres"]
    assert set(tags(small_index, "hair", min_count=5_000_000, limit=50)) == {"1girl", "long_hair", "highres"}


def test_the_limit_is_kept_and_scores_fall(small_index: Index) -> None:
    hits = search(small_index, SearchRequest("long red hair", limit=4)).hits
    assert len(hits) == 4
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len(tags(small_index, "hair", nsfw="include", limit=1000)) == 17


def test_many_requests_give_what_each_gives_alone(small_index: Index) -> None:
    texts = ["双马尾", "rain", "^_^", "a girl with long hair under the night sky"]
    together = search_many(small_index, [SearchRequest(text) for text in texts])
    for text, result in zip(texts, together, strict=True):
        alone = search(small_index, SearchRequest(text))
        assert result.tags == alone.tags
        assert np.allclose([h.score for h in result.hits], [h.score for h in alone.hits], atol=1e-5)
    assert search_many(small_index, []) == []


def test_a_result_says_where_it_comes_from(small_index: Index) -> None:
    result = search(small_index, SearchRequest("umbrella"))
    assert result.encoder == "use-multilingual 0.2.1 (CPU, 1 thread)"
    assert result.source == str(small_index.folder)
    hit = result.hits[0]
    assert (hit.tag, hit.post_count, hit.category, hit.text) == (
        "umbrella",
        80_000,
        Category.GENERAL,
        "【物品】umbrella - 雨伞。 Held against the rain.",
    )
    assert set(hit.channels) >= {"dense", "lexical", "popularity", "exact"}
    assert set(hit.as_json()) == {"tag", "score", "category", "post_count", "text", "fits"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("\x00\x1f", "empty"),
        ("\ud800", "empty"),
        ("x" * 100_000, "100,000 characters"),
    ],
)
def test_a_query_that_cannot_be_searched_is_a_clear_error(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        SearchRequest(text)
    assert caught.value.hint


@pytest.mark.parametrize(
    "options",
    [{"limit": 0}, {"limit": 1001}, {"nsfw": "maybe"}, {"min_count": -1}],
    ids=["limit 0", "limit 1001", "nsfw", "count"],
)
def test_options_out_of_range_are_refused(options: dict) -> None:
    with pytest.raises(InputError):
        SearchRequest("x", **options)


@pytest.mark.parametrize(
    "text",
    [
        "a\x00b \ud83d lone",
        "👩‍👩‍👧‍👦 🎀",
        "שלום עולם",
        "مرحبا بالعالم",
        "e\u0301\u0302\u0303" * 50,
        "ｆｕｌｌ　ｗｉｄｔｈ",
        "女" * 5000,
        "。。。！？",
        "(((",
        "SELECT * FROM tags; --",
        "﷽" * 100,
    ],
)
def test_any_text_is_searched_without_an_error(small_index: Index, text: str) -> None:
    hits = search(small_index, SearchRequest(text)).hits
    assert all(np.isfinite(hit.score) for hit in hits)


def test_the_encoder_guards_empty_text_and_is_normalised() -> None:
    encoder = open_encoder("use-multilingual")
    with pytest.raises(InputError, match="Text 2 of 2 is empty"):
        encoder.encode(["a", " "])
    texts = ["short", "ein etwas längerer Satz über Regenschirme", "双马尾", "x" * 3000]
    dense = encoder.encode(texts).dense
    assert dense.shape == (4, 512) and dense.dtype == np.float32
    assert np.allclose(np.linalg.norm(dense, axis=1), 1, atol=1e-3)
    for text, row in zip(texts, dense, strict=True):
        assert np.allclose(encoder.encode([text]).dense[0], row, atol=1e-4)


@pytest.mark.parametrize("text", ["双马尾 水手服 雨伞", "双马尾，水手服，雨伞", "twintails, umbrella, serafuku"])
def test_a_list_of_names_is_searched_one_by_one(small_index: Index, text: str) -> None:
    found = search(small_index, SearchRequest(text)).hits
    fitting = [hit.tag for hit in found if hit.fits]
    assert {"twintails", "serafuku", "umbrella"} <= set(fitting[:4]), fitting


def test_a_language_that_the_encoder_does_not_know_is_said(small_index: Index) -> None:
    found = search(small_index, SearchRequest("तलवार पकड़े हुए लड़की"))
    assert found.warnings[-1].startswith("The encoder use-multilingual does not know Hindi;")
    assert not search(small_index, SearchRequest("девушка с мечом")).warnings[1:]


def test_a_sentence_is_searched_by_its_parts(small_index: Index) -> None:
    tags = search(small_index, SearchRequest("一个女孩，穿着水手服，手里有雨伞，场景是夜空", limit=10)).tags
    assert set(tags[:3]) == {"serafuku", "umbrella", "night_sky"}
    assert "1girl" in tags


def test_requests_are_scored_alike_in_groups_of_any_size(small_index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = [SearchRequest(text) for text in ("水手服", "双马尾", "夜空")]
    queries = scoring.encode_queries(small_index, [request.text for request in requests])
    together = scoring.score_candidates(small_index, requests, queries)
    monkeypatch.setattr(scoring, "GROUP", 2)
    apart = scoring.score_candidates(small_index, requests, queries)
    assert [one.rows.tolist() for one in apart] == [one.rows.tolist() for one in together]
    for one, other in zip(apart, together, strict=True):
        assert one.total(small_index.weights) == pytest.approx(other.total(small_index.weights), abs=1e-6)


def test_what_is_repeated_is_found_once(small_index: Index) -> None:
    tags = search(small_index, SearchRequest("水手服，双马尾，水手服", limit=5)).tags
    assert set(tags[:2]) == {"serafuku", "twintails"} and len(set(tags)) == len(tags)
