"""The DanbooruSearch routes as their callers use them: the bodies they send, the fields they read, the errors they meet."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from danbooru_index.encoders import open_encoder
from danbooru_index.index.index import Index
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.service import Answer, Request, Service
from danbooru_index.service.danboorusearch.routes import DANBOORUSEARCH_ROUTES

# tag, category, posts, zh, more
ROWS = [
    ("maid", "general", 160_000, ["女仆", "佣人"], {"definition": {"zh": "穿女仆装的人物", "en": "A maid."}}),
    ("maid_headdress", "general", 90_000, ["女仆头饰"], {}),
    ("twintails", "general", 1_000_000, ["双马尾"], {"aliases": ["double_tails"]}),
    ("low_twintails", "general", 60_000, ["低双马尾"], {}),
    ("short_twintails", "general", 50_000, ["短双马尾"], {}),
    ("cat_ears", "general", 300_000, ["猫耳"], {}),
    ("nude", "general", 700_000, ["裸体", "双马尾裸体"], {"nsfw": True}),
    ("hatsune_miku", "character", 120_000, ["初音未来"], {}),
    ("vocaloid", "copyright", 150_000, ["V家"], {}),
    ("some_artist", "artist", 610, [], {}),
    ("highres", "meta", 6_500_000, ["高分辨率"], {}),
]
PAIRS = [
    ("maid", "maid_headdress", 80_000),
    ("maid", "twintails", 12_000),
    ("twintails", "hatsune_miku", 100_000),
    ("twintails", "nude", 500_000),
    ("maid", "some_artist", 140),
    ("twintails", "some_artist", 100),
    ("maid", "highres", 150_000),
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("danboorusearch")
    corpus, pairs = folder / "corpus.jsonl", folder / "pairs.csv"
    lines = []
    for number, (tag, category, posts, zh, more) in enumerate(ROWS):
        row = {"id": str(number), "text": f"【通用】{tag} - {'，'.join(zh)}", "tag": tag, "category": category}
        lines.append(json.dumps({**row, "post_count": posts, "names": {"zh": zh}, **more}, ensure_ascii=False))
    corpus.write_text("\n".join(lines) + "\n", encoding="utf-8")
    pairs.write_text("tag_a,tag_b,count\n" + "".join(f"{a},{b},{n}\n" for a, b, n in PAIRS), encoding="utf-8")
    build_index(corpus, folder / "index", open_encoder("use-multilingual"), BuildOptions(cooccurrence=pairs))
    with Index(folder / "index") as index:

        @contextlib.contextmanager
        def use() -> Iterator[tuple[Index, str]]:
            yield index, "the index of these tests"

        yield Service(use, lambda: index.folder, DANBOORUSEARCH_ROUTES)


def post(service: Service, name: str, value: object, prefix: str = "/api") -> Answer:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return service.answer(Request("POST", f"{prefix}/{name}", {}, {"content-type": "application/json"}, body))


def rows(answer: Answer) -> list[dict]:
    assert answer.status == 200, answer.json()
    return answer.json()["results"]


BODIES = [
    *({"query": "双马尾的女仆", "top_k": 5, "limit": n, "popularity_weight": 0.15, "show_nsfw": s, "use_segmentation": True}
      for n in (20, 30) for s in (True, False)),
    {"query": "双马尾的女仆", "top_k": 5, "limit": 20, "popularity_weight": 0.15, "show_nsfw": False, "use_segmentation": True,
     "target_layers": ["英文", "中文扩展词", "释义", "中文核心词"], "target_categories": ["General", "Character", "Copyright"],
     "group_mode": "off", "max_per_group": 2, "search_mode": "auto"},
    {"query": "双马尾的女仆", "target_categories": ["General"]},
    {"query": "双马尾的女仆", "group_mode": "diverse", "max_per_group": 3},
    {"query": "maid", "top_k": 10, "limit": 10, "use_segmentation": False},
    {"query": "双马尾", "top_k": 20, "limit": 20, "use_segmentation": False},
    {"query": "maid, twintails", "target_layers": ["英文"], "popularity_weight": 0, "top_k": 50, "limit": 500},
    {"query": "双马尾的女仆", "limit": "3", "show_nsfw": "false", "top_k": 5.0},
    {"query": "双马尾的女仆", "group_mode": "expand", "max_per_group": -7},
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
def test_the_bodies_of_callers_get_every_field_in_its_type(service: Service, body: dict) -> None:
    answer = post(service, "search", body)
    said = answer.json()
    found = rows(answer)
    assert found
    for row in found:
        assert isinstance(row["tag"], str) and " " not in row["tag"]
        assert row["category"] in ("General", "Artist", "Copyright", "Character", "Meta")
        assert row["nsfw"] in ("0", "1")
        assert isinstance(row["count"], int) and not isinstance(row["count"], bool)
        assert isinstance(row["final_score"], float) and isinstance(row["semantic_score"], float)
        assert row["layer"] in ("英文", "中文扩展词", "释义", "中文核心词")
        for name in ("cn_name", "source", "wiki"):
            assert isinstance(row[name], str)
        assert row["artist_top_tags"] == []
    scores = [row["final_score"] for row in found]
    assert scores == sorted(scores, reverse=True) and all(0 <= score <= 1.2 for score in scores)
    assert said["tags_all"] == ", ".join(row["tag"] for row in found)
    assert said["tags_sfw"] == ", ".join(row["tag"] for row in found if row["nsfw"] == "0")
    assert isinstance(said["keywords"], list) and isinstance(said["api_key_notice"], str)
    assert answer.body == post(service, "search", body, prefix="").body


def test_a_sentence_gives_its_words_and_what_found_each_tag(service: Service) -> None:
    said = post(service, "search", {"query": "双马尾的女仆", "show_nsfw": False}).json()
    found = {row["tag"]: row for row in said["results"]}
    assert {"maid", "twintails"} <= set(found)
    assert {"双马尾", "女仆"} <= set(said["keywords"])
    assert (found["maid"]["source"], found["twintails"]["source"]) == ("女仆", "双马尾")
    assert found["maid"]["layer"] == "中文核心词" and found["maid"]["wiki"] == "穿女仆装的人物"
    assert found["maid"]["cn_name"].split(",")[0] == "女仆"
    assert post(service, "search", {"query": "双马尾的女仆", "use_segmentation": False}).json()["keywords"] == []


def test_a_list_of_english_names_finds_each_of_them(service: Service) -> None:
    body = {
        "query": "maid, twintails, cat_ears",
        "target_layers": ["英文"],
        "popularity_weight": 0,
        "top_k": 10,
        "limit": 500,
    }
    found = rows(post(service, "search", body))
    assert {"maid", "twintails", "cat_ears"} == {row["tag"] for row in found[:3]}
    assert {row["layer"] for row in found} == {"英文"}


def test_nsfw_is_filtered_from_the_results_and_flagged_as_a_string(service: Service) -> None:
    shown = rows(post(service, "search", {"query": "裸体"}))
    assert [row["nsfw"] for row in shown if row["tag"] == "nude"] == ["1"]
    hidden = post(service, "search", {"query": "裸体", "show_nsfw": False}).json()
    assert "nude" not in hidden["tags_all"] and "1" not in {row["nsfw"] for row in hidden["results"]}


def test_categories_limits_aliases_and_artists(service: Service) -> None:
    only = rows(post(service, "search", {"query": "初音未来", "target_categories": ["Character"]}))
    assert {row["category"] for row in only} == {"Character"}
    assert len(rows(post(service, "search", {"query": "双马尾", "limit": 1}))) == 1
    alias = rows(post(service, "search", {"query": "double_tails", "use_segmentation": False}))[0]
    assert (alias["tag"], alias["alias_from"]) == ("twintails", "double_tails")
    assert "alias_from" not in rows(post(service, "search", {"query": "twintails"}))[0]
    first = rows(post(service, "search", {"query": "some artist", "target_layers": ["英文", "artist"]}))[0]
    assert (first["tag"], first["layer"], first["category"]) == ("some_artist", "artist", "Artist")
    assert first["artist_top_tags"] == ["maid (女仆)", "twintails (双马尾)"]


def test_a_popularity_weight_moves_popular_tags(service: Service) -> None:
    def score(weight: float) -> float:
        found = rows(post(service, "search", {"query": "马尾", "popularity_weight": weight}))
        return next(row["final_score"] for row in found if row["tag"] == "twintails")

    assert score(0) < score(0.15) < score(1)


def test_an_empty_query_and_one_that_fits_nothing_are_answers(service: Service) -> None:
    for query in ("", "  ", "\x00"):
        said = post(service, "search", {"query": query})
        assert (said.status, said.json()["results"], said.json()["tags_all"]) == (200, [], "")
    assert post(service, "search", {"query": "长" * 15_000}).status == 200


@pytest.mark.parametrize(
    ("name", "body", "places"),
    [
        ("search", {}, [["body", "query"]]),
        ("search", {"query": None}, [["body", "query"]]),
        ("search", {"query": "x", "top_k": 51, "limit": 0}, [["body", "top_k"], ["body", "limit"]]),
        ("search", {"query": "x", "top_k": True}, [["body", "top_k"]]),
        ("search", {"query": "x", "popularity_weight": 1.5}, [["body", "popularity_weight"]]),
        ("search", {"query": "x", "target_layers": ["日文"]}, [["body", "target_layers"]]),
        ("search", {"query": "x", "target_categories": ["general"]}, [["body", "target_categories"]]),
        ("search", {"query": "x", "group_mode": "all"}, [["body", "group_mode"]]),
        ("search", b"{", [["body", "0"]]),
        ("search", [], [["body"]]),
        ("related", {"tags": ["x"] * 129}, [["body", "tags"]]),
        ("related", {"tags": ["x" * 257]}, [["body", "tags"]]),
        ("related", {"tags": ["x"], "limit": 201}, [["body", "limit"]]),
        ("artists", {"tags": ["x"], "min_cooc": 0}, [["body", "min_cooc"]]),
    ],
)
def test_what_is_out_of_range_is_422_in_fastapis_form(service: Service, name: str, body: object, places: list) -> None:
    answer = post(service, name, body)
    assert answer.status == 422
    details = answer.json()["detail"]
    assert [detail["loc"] for detail in details] == places
    assert all(detail["type"] and detail["msg"] and "input" in detail for detail in details)


def test_related_tags_stand_with_their_seeds_and_counts(service: Service) -> None:
    said = post(service, "related", {"tags": ["maid", "twintail"], "limit": 10, "show_nsfw": False}).json()
    assert said["corrections"] == {"twintail": "twintails"} and "twintail -> twintails" in said["correction_note"]
    found = {row["tag"]: row for row in said["results"]}
    assert set(found) == {"maid_headdress", "hatsune_miku"}  # no seed, no artist, no meta tag, nothing NSFW
    row = found["maid_headdress"]
    assert (row["sources"], row["cooc_count"], row["post_count"], row["nsfw"]) == (["maid"], 80_000, 90_000, "0")
    assert row["cn_name"].split(",")[0] == "女仆头饰" and row["category"] == "General" and row["wiki"] == ""
    scores = [row["cooc_score"] for row in said["results"]]
    assert scores[0] == 1.0 and scores == sorted(scores, reverse=True)
    assert "nude" in {row["tag"] for row in rows(post(service, "related", {"tags": ["twintails"]}))}
    only = rows(post(service, "related", {"tags": ["twintails"], "target_categories": ["Character"]}))
    assert [row["tag"] for row in only] == ["hatsune_miku"]
    assert rows(post(service, "related", {"tags": ["twintails"], "target_categories": ["Artist"]})) == []


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Maid", "maid"),
        ("cat-ears", "cat_ears"),
        ("@maid", "maid"),
        ("double tails", "twintails"),
        ("cat_ear", "cat_ears"),
        ("hatsune mikuu", "hatsune_miku"),
    ],
)
def test_seeds_are_corrected(service: Service, wrong: str, right: str) -> None:
    assert post(service, "related", {"tags": [wrong]}).json()["corrections"] == {wrong: right}


def test_seeds_that_nobody_knows_are_an_answer_without_results(service: Service) -> None:
    for name in ("related", "artists"):
        said = post(service, name, {"tags": ["zzzzqqqq", "wwwwxxxx"]})
        assert said.status == 200 and "results" not in said.json()
        assert said.json()["invalid_tags"] == ["zzzzqqqq", "wwwwxxxx"] and said.json()["error"]
        assert post(service, name, {"tags": []}).json().keys() == {"error"}
        assert "invalid_tags" in post(service, name, {"tags": ["\x93", " ", "@"]}).json()


def test_artists_come_by_the_posts_that_they_share_with_the_seeds(service: Service) -> None:
    (row,) = rows(post(service, "artists", {"tags": ["maid", "twintails"]}))
    assert row == {
        "artist": "some_artist",
        "cooc_count": 240,
        "post_count": 610,
        "sources": ["maid", "twintails"],
        "top_tags": ["maid (女仆)", "twintails (双马尾)"],
    }
    assert rows(post(service, "artists", {"tags": ["cat_ears"]})) == []


def test_health_and_unknown_routes(service: Service) -> None:
    for path in ("/api/health", "/health"):
        said = service.answer(Request("GET", path)).json()
        assert (said["status"], said["loaded"]) == ("ok", True)
    missing = service.answer(Request("GET", "/api/get_anima_format"))
    assert (missing.status, missing.json()) == (404, {"detail": "Not Found"})
    wrong = service.answer(Request("GET", "/api/search"))
    assert (wrong.status, wrong.json()) == (405, {"detail": "Method Not Allowed"})
    none = Service(lambda: contextlib.nullcontext(), lambda: None, DANBOORUSEARCH_ROUTES)  # type: ignore[arg-type]
    assert none.answer(Request("GET", "/api/health")).status >= 500


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_NAMES = st.sampled_from(
    ["query", "tags", "top_k", "limit", "popularity_weight", "target_layers", "max_per_group", "min_cooc"]
)


@settings(max_examples=120, deadline=None)
@given(name=st.sampled_from(["search", "related", "artists"]), body=st.dictionaries(_NAMES, _VALUES, max_size=5))
def test_no_body_makes_the_service_fail(service: Service, name: str, body: dict) -> None:
    assert post(service, name, body).status in (200, 422)
