"""The right tag and not a near one: who is meant by a name, whose word it is, and how many are named."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from danbooru_index.encoders import open_encoder
from danbooru_index.expand.engine import ExpandRequest, expand
from danbooru_index.index import Index
from danbooru_index.indexing import BuildOptions, build_index

# Tag, category, posts, names by language.
TAGS = [
    ("rem_(re:zero)", "character", 9000, {"en": ["Rem"], "zh": ["雷姆"], "ja": ["レム"]}),
    ("ram_(re:zero)", "character", 7000, {"en": ["Re:Zero Ram"], "zh": ["拉姆"], "ja": ["ラム リゼロ"]}),
    ("lum", "character", 5000, {"en": ["Lum"], "ja": ["ラム"]}),
    ("rem_(re:zero)_(cosplay)", "general", 100, {"en": ["Rem cosplay"]}),
    ("underwear", "general", 90000, {"en": ["underwear"], "zh": ["内衣"], "ja": ["下着"]}),
    ("snowing", "general", 30000, {"en": ["snowing"], "zh": ["下雪"], "ja": ["降雪"]}),
    ("fishnets", "general", 20000, {"en": ["fishnets"], "es": ["red"]}),
    ("witch", "general", 40000, {"en": ["witch"], "zh": ["女巫"], "ja": ["魔女"]}),
    ("1girl", "general", 900000, {"en": ["one girl"], "zh": ["一个女孩"]}),
    ("2girls", "general", 500000, {"en": ["two girls"], "zh": ["两个女孩"]}),
    ("tea", "general", 50000, {"en": ["tea"], "zh": ["茶"], "ja": ["お茶"]}),
    ("blue_dress", "general", 50000, {"en": ["blue dress"]}),
    ("drinking", "general", 30000, {"en": ["drinking"]}),
    ("black_cat", "general", 20000, {"en": ["black cat"], "zh": ["黑猫"]}),
    ("cat", "general", 90000, {"en": ["cat"], "zh": ["猫"], "de": ["Katze"]}),
    ("no_humans", "general", 90000, {"en": ["no humans"], "ja": ["誰もいない"]}),
    ("white_(arknights)", "character", 900, {"en": ["white"]}),
    ("kneehighs", "general", 40000, {"en": ["knee socks"]}),
    ("knees", "general", 5000, {"en": ["knee"]}),
    ("socks", "general", 60000, {"en": ["socks"]}),
    ("straw_hat", "general", 30000, {"ja": ["麦わら帽子", "麦わら"]}),
    ("serafuku", "general", 90000, {"ja": ["セーラー服", "セーラー"]}),
    ("hat", "general", 500000, {"en": ["hat"], "ja": ["帽子"]}),
    ("unicorn", "general", 30000, {"en": ["unicorn"], "zh": ["独角兽"]}),
    ("unicorn_(azur_lane)", "character", 9000, {"en": ["unicorn"], "zh": ["独角兽"]}),
    ("wolf_girl", "general", 9000, {"ja": ["狼娘"]}),
    ("lion", "general", 20000, {"en": ["lion"], "zh": ["狮子"], "es": ["león"], "ko": ["사자"], "ru": ["лев"]}),
    ("lion_girl", "general", 9000, {}),
    ("bat_(animal)", "general", 9000, {"en": ["bat"]}),
    ("baseball_bat", "general", 9000, {"en": ["baseball bat"]}),
    ("baseball", "general", 9000, {"en": ["baseball"]}),
    ("microphone", "general", 20000, {"zh": ["麦"], "en": ["microphone"]}),
    ("hut", "general", 9000, {"en": ["hut"]}),
    ("cane", "general", 9000, {"en": ["cane"]}),
    ("dog", "general", 90000, {"en": ["dog"], "it": ["cane"]}),
    ("uzumaki_naruto", "character", 9000, {"en": ["Uzumaki Naruto", "Naruto"]}),
    ("uchiha_sasuke", "character", 20000, {"en": ["Uchiha Sasuke", "Naruto"]}),
    ("twintails", "general", 90000, {"en": ["twintails"], "zh": ["双马尾"]}),
    ("braid", "general", 90000, {"en": ["braids"], "es": ["trenzas"]}),
    ("pink_hair", "general", 90000, {"en": ["pink hair"]}),
    ("red_hair", "general", 90000, {"en": ["red hair"]}),
    ("white_hair", "general", 90000, {"en": ["white hair"]}),
    ("pilot", "general", 9000, {"zh": ["飞行员"], "en": ["pilot"]}),
    ("batman", "character", 9000, {"en": ["Batman"]}),
    ("robin_(dc)", "character", 700, {"en": ["Robin"]}),
    ("robin_(bird)", "general", 900, {"en": ["robin"]}),
]
DEFINITIONS = {"batman": "A superhero from DC Comics."}


def line_of(tag: str, category: str, posts: int, names: dict[str, list[str]]) -> str:
    fields = {
        "text": f"【通用】{tag} - {tag}。{DEFINITIONS.get(tag, '')}",
        "tag": tag,
        "category": category,
        "post_count": posts,
        "names": names,
    }
    return json.dumps(fields, ensure_ascii=False)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("right")
    corpus = folder / "corpus.jsonl"
    corpus.write_text("\n".join(line_of(*tag) for tag in TAGS), encoding="utf-8")
    options = BuildOptions(lexicon=False, chroma_tags=0)
    build_index(corpus, folder / "index", open_encoder("use-multilingual"), options)
    with Index(folder / "index") as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "has", "lacks"),
    [
        ("Rem and Ram drinking tea", {"2girls", "rem_(re:zero)", "ram_(re:zero)", "tea"}, {"lum"}),
        ("Batman and Robin", {"batman", "robin_(dc)"}, {"robin_(bird)"}),
        ("Batman with a robin", {"batman", "robin_(bird)"}, {"robin_(dc)"}),
        ("a robin", {"robin_(bird)"}, {"robin_(dc)"}),
        ("雷姆在喝茶", {"rem_(re:zero)", "tea"}, {"1girl", "2girls", "rem_(re:zero)_(cosplay)"}),
        ("外面下着雪", set(), {"underwear"}),
        ("下着の女の子", {"1girl", "underwear"}, set()),
        ("a girl in a red and blue dress", {"1girl", "blue_dress"}, {"fishnets"}),
        ("抱着一只白猫", {"cat"}, {"black_cat"}),
        ("a black cat", {"black_cat"}, set()),
        ("two sisters drinking tea", {"2girls", "tea"}, {"1girl", "multiple_girls"}),
        ("粉色双马尾", {"pink_hair", "twintails"}, set()),
        ("a girl with white braids", {"white_hair", "braid"}, set()),
        ("chica de trenzas rojas", {"red_hair"}, set()),
        ("black cat, twintails", {"black_cat", "twintails"}, {"white_hair"}),
        ("knee socks, tea", {"kneehighs", "tea"}, {"knees", "socks"}),
        ("麦わら帽子の女の子", {"1girl", "straw_hat"}, {"microphone"}),
        ("独角兽喝茶", {"unicorn", "tea"}, {"unicorn_(azur_lane)"}),
        ("eine Katze mit Hut", {"cat", "hat"}, {"hut"}),
        ("a hut, a hat", {"hut", "hat"}, set()),
        ("cane con tè", {"dog"}, {"cane"}),  # of Spanish and Italian, which both have con, one has cane
        ("Naruto drinking tea", {"uzumaki_naruto", "tea"}, {"uchiha_sasuke"}),
        ("女飞行员在喝茶", {"1girl", "pilot", "tea"}, set()),
        ("a duchess drinking tea", {"1girl", "tea"}, {"multiple_girls"}),
        ("a wolf drinking tea", {"tea"}, {"wolf_girl"}),
        ("a girl as a wolf", {"1girl", "wolf_girl"}, set()),
        ("狮子少女喝茶", {"1girl", "lion_girl", "tea"}, {"lion"}),
        ("女孩抱着狮子", {"1girl", "lion"}, {"lion_girl"}),
        ("una chica león", {"1girl", "lion_girl"}, {"lion"}),
        ("девочка-лев", {"1girl", "lion_girl"}, {"lion"}),
        ("사자 소녀", {"1girl", "lion_girl"}, {"lion"}),
        ("长发女，喝茶", {"1girl", "tea"}, set()),
        ("a boy with a bat playing baseball", {"baseball", "baseball_bat"}, {"bat_(animal)"}),
        ("a bat drinking tea", {"bat_(animal)", "tea"}, {"baseball_bat"}),
        ("a witch with tea", {"1girl", "witch", "tea"}, set()),
        ("女の子が一人、ほかに誰もいない", {"1girl"}, {"no_humans"}),
        ("誰もいない、猫", {"no_humans", "cat"}, set()),
        ("a witch in white with a cat", {"witch", "cat"}, {"white_(arknights)"}),
    ],
)
def test_what_is_meant(index: Index, text: str, has: set[str], lacks: set[str]) -> None:
    tags = set(expand(index, ExpandRequest(text)).tags)
    assert has <= tags
    assert not lacks & tags


@pytest.mark.parametrize(
    ("text", "negative"),
    [
        ("黒以外の猫", ("black_cat",)),
        ("a cat, anything but black", ("black_cat",)),
        ("blue dress, not black", ()),
        ("two boys, no girls", ("1girl",)),
        ("teapot, negative: hat, tea", ("hat", "tea")),
        ("a cat without a hat, no, with a hat", ()),
        ("a cat with a hat, no, without a hat", ("hat",)),
        ("女の子、帽子は絶対にかぶらないで", ("hat",)),
    ],
)
def test_what_is_left_out(index: Index, text: str, negative: tuple[str, ...]) -> None:
    assert expand(index, ExpandRequest(text)).negative_tags == negative


def test_the_rest_of_a_longer_name_is_not_missing(index: Index) -> None:
    result = expand(index, ExpandRequest("セーラー服の女の子"))
    assert (set(result.tags), result.warnings) == ({"1girl", "serafuku"}, ())


def test_what_a_rule_adds_is_found_under_the_filter_too(index: Index) -> None:
    """lion_girl has 9,000 posts, lion 20,000."""
    assert "lion_girl" in expand(index, ExpandRequest("狮子少女")).tags
    tags = expand(index, ExpandRequest("狮子少女", min_count=10_000)).tags
    assert "lion" in tags and "lion_girl" not in tags
