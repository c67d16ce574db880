"""A noun as the text describes it: in its colours, with what shares its head, and the characters of a series by themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from danbooru_index.encoders import open_encoder
from danbooru_index.expand.engine import ExpandRequest, expand
from danbooru_index.index import Index
from danbooru_index.indexing import BuildOptions, build_index

NOUNS = (
    "skirt dress shirt t-shirt scarf hat couch cat apple umbrella jacket leather_jacket shoes sneakers gloves fishnets lipstick "
    "red_panda panda chef drowning coffee drinking ammunition freckles"
)
COLOURED = (
    "white_skirt red_skirt red_dress white_dress purple_dress white_shirt red_scarf black_scarf red_couch black_cat red_umbrella "
    "brown_jacket black_hair white_hair pink_hair red_hair brown_hair blue_eyes red_eyes green_eyes yellow_eyes"
)
OTHERS = "1girl 1boy 2girls multiple_girls multiple_boys long_hair short_hair wavy_hair short_dress long_dress carrying holding"
CHARACTERS = (
    ("power_(chainsaw_man)", "帕瓦，链锯人，chainsaw_man"),
    ("reze_(chainsaw_man)", "蕾塞，链锯人，Chainsaw Man"),
    ("yoru_(chainsaw_man)", "夜，链锯人，Chainsaw Man"),
    ("large-spotted_genet_(kemono_friends)", "大斑灵猫，large，spotted_genet_(kemono_friends)"),
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """A small index with the names of the lexicon."""
    folder = tmp_path_factory.mktemp("described")
    general = [
        (tag, "general", f"【通用】{tag} - {tag}。 A {tag.replace('_', ' ')}.")
        for tag in f"{NOUNS} {COLOURED} {OTHERS}".split()
    ]
    people = [(tag, "character", f"【角色】{tag} - {names}。") for tag, names in CHARACTERS]
    lines = [
        json.dumps(
            {"id": str(i), "tag": tag, "text": text, "category": category, "post_count": 90_000 - i, "source": "test"}
        )
        for i, (tag, category, text) in enumerate([*general, *people])
    ]
    corpus = folder / "tags.jsonl"
    corpus.write_text("\n".join(lines) + "\n", encoding="utf-8")
    build_index(corpus, folder / "index", open_encoder("use-multilingual"), BuildOptions(chroma_tags=0))
    with Index(folder / "index") as opened:
        yield opened


def tags_of(index: Index, text: str) -> set[str]:
    return set(expand(index, ExpandRequest(text)).tags)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("她穿着一条红色的裙子", {"1girl", "red_skirt"}),
        ("两只黑色的猫", {"black_cat"}),
        ("裙子是红色的", {"red_skirt"}),
        ("赤いマフラーを巻いた女の子", {"1girl", "red_scarf"}),
        ("スカートは赤、シャツは白", {"red_skirt", "white_shirt"}),
        ("흰 셔츠 입은 남자", {"1boy", "white_shirt"}),
        ("드레스는 보라색", {"purple_dress"}),
        ("Frau in rotem Kleid", {"1girl", "red_dress"}),
        ("un canapé rouge", {"red_couch"}),
        ("a red couch", {"red_couch"}),
        ("white t-shirt", {"t-shirt", "white_shirt"}),
        ("leather jacket, it is brown", {"leather_jacket"}),
        ("красный шарф", {"red_scarf"}),
        ("a girl with a red and black scarf", {"1girl", "red_scarf", "black_scarf"}),
    ],
)
def test_a_colour_belongs_to_its_noun(index: Index, text: str, wanted: set[str]) -> None:
    found = tags_of(index, text)
    assert wanted <= found
    assert not {tag for tag in found if tag.endswith("_hair")}
    assert not found & {"skirt", "dress", "scarf", "cat", "couch"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a girl with long black hair", {"1girl", "long_hair", "black_hair"}),
        ("long wavy red hair", {"long_hair", "wavy_hair", "red_hair"}),
        ("a short purple dress", {"short_dress", "purple_dress"}),
        ("Mädchen mit kurzen braunen Haaren", {"1girl", "short_hair", "brown_hair"}),
        ("머리는 분홍색 눈은 초록색", {"pink_hair", "green_eyes"}),
        ("髪は白、目は赤い女の子", {"1girl", "white_hair", "red_eyes"}),
        ("her hair is red and her eyes are green", {"1girl", "red_hair", "green_eyes"}),
        ("头发是黑色的，眼睛是金色的", {"black_hair", "yellow_eyes"}),
    ],
)
def test_what_shares_a_head_and_what_is_said_behind(index: Index, text: str, wanted: set[str]) -> None:
    assert tags_of(index, text) == wanted


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("a red apple", {"apple"}),  # red is a net in Spanish
        ("une pomme rouge", {"apple"}),
        ("power from chainsaw man", {"power_(chainsaw_man)"}),
        ("a large cat", {"cat"}),  # and nobody whose tag was cut at its hyphen
        ("er trinkt Kaffee", {"1boy", "drinking", "coffee"}),  # ertrinkt is drowning
        ("Round, freckles", {"freckles"}),
    ],
)
def test_a_word_is_not_another_one(index: Index, text: str, tags: set[str]) -> None:
    assert tags_of(index, text) == tags


def test_what_is_named_stays_beside_what_is_left_out(index: Index) -> None:
    result = expand(index, ExpandRequest("一只小熊猫厨师，不是大熊猫"))
    assert "red_panda" in result.tags
    assert result.negative_tags == ("panda",)
