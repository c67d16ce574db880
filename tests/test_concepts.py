"""A text as spans: its language, what it excludes, whom it counts, where names may lie, and the best cover of them."""

from __future__ import annotations

import time
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from danbooru_index.concepts.atoms import Clause, atoms_of, clauses
from danbooru_index.concepts.cover import best_cover
from danbooru_index.concepts.language import certain_language, language_of
from danbooru_index.concepts.negation import stretches
from danbooru_index.concepts.persons import Crowd, read_persons
from danbooru_index.concepts.spans import MAX_SPANS, read
from danbooru_index.text.fold import match_key

NAMES = {
    match_key(name): [(row, 2)]
    for row, name in enumerate(("眼镜", "短发", "白猫", "面无表情", "short hair", "no shoes"))
}


def names_of(keys):
    return {key: NAMES[key] for key in keys if key in NAMES}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("黒髪の少女", "ja"),
        ("ツインテール", "ja"),
        ("黑发少女", "zh"),
        ("긴 머리의 소녀", "ko"),
        ("a girl in the rain", "en"),
        ("no shoes", "en"),
        ("masterpiece", "en"),
        ("una chica con gafas en la playa", "es"),
        ("une fille sous la pluie", "fr"),
        ("ein Ritter ohne Helm", "de"),
        ("девушка в красном платье", "ru"),
        ("uma menina com um guarda-chuva", "pt"),
        ("فتاة بدون نظارات", "ar"),
        ("ไม่ใส่แว่น", "th"),
        ("Naruto pequeno balançando sozinho no parquinho", "pt"),
        ("Leuchtturmwärter, weißer Bart", "de"),
        ("siyah uzun saç, mavi göz", "tr"),
        ("кот-космонавт", "ru"),
        ("barefoot, straw hat, wheat field", "en"),
        ("a war horn on a longship's prow", "en"),
        ("café girl", "en"),
        ("", "en"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("a girl in the rain", "en"),
        ("red hat", None),
        ("una ragazza di notte", "it"),
        ("bola di pantai", None),  # di is a word of Italian too
        ("meisje in het bos", "nl"),
    ],
)
def test_a_language_is_certain_where_no_other_has_as_many_of_the_words(text: str, language: str | None) -> None:
    assert certain_language(text) == language


def cut(text: str) -> list[str]:
    """The stretches; what is excluded in brackets."""
    found = stretches(text, clauses(text), language_of(text))
    parts = [(text[s.start : s.end].strip(), s.excluded) for s in found]
    return [f"({part})" if excluded else part for part, excluded in parts if part]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("没有眼镜的短发女孩", ["(眼镜)", "的短发女孩"]),
        ("沒有眼鏡的短髮女孩", ["(眼鏡)", "的短髮女孩"]),
        ("她的眼睛不是蓝色而是金色", ["她的眼睛", "(蓝色)", "而是金色"]),
        ("帽子就免了吧，白裙子", ["(帽子)", "吧", "白裙子"]),
        ("眼鏡なし、黒髪ロング", ["(眼鏡)", "黒髪ロング"]),
        ("ポニテはやめて髪を下ろした女の子", ["(ポニテ)", "髪を下ろした女の子"]),
        ("人物は描かないで、湖だけ", ["(人物)", "湖だけ"]),
        ("안경 안 쓴 도서부원", ["(안경)", "도서부원"]),
        ("사람 없이 눈 덮인 산", ["(사람)", "눈 덮인 산"]),
        ("a girl with glasses but no hat", ["a girl with glasses", "(hat)"]),
        ("girl, not smiling, hair down", ["girl", "(smiling)", "hair down"]),
        ("no hats, scarves or gloves, snow", ["(hats)", "(scarves or gloves)", "snow"]),
        ("chica sin gafas con sombrero", ["chica", "(gafas)", "con sombrero"]),
        ("fille sans chapeau", ["fille", "(chapeau)"]),
        ("ein Ritter ohne Helm", ["ein Ritter", "(Helm)"]),
        ("рыцарь без шлема", ["рыцарь", "(шлема)"]),
        ("bruxa sem chapéu no telhado", ["bruxa", "(chapéu)", "no telhado"]),
        ("眼镜、帽子、围巾都不要，冬天", ["(眼镜)", "(帽子)", "(围巾)", "冬天"]),
        ("no眼镜，短发", ["(眼镜)", "短发"]),
        ("笑わないで。本を読む少女", ["(笑わ)", "本を読む少女"]),
        ("不由得笑了", ["不由得笑了"]),
        ("not only a hat but glasses too", ["not only a hat but glasses too"]),
        ("猫耳だけじゃなくしっぽも", ["猫耳だけじゃなくしっぽも"]),
        ("an empty room except for a chair", ["an empty room except for a chair"]),
        ("everything red except the hat", ["everything red", "(hat)"]),
        ("moonless night", ["(moon)", "night"]),
        ("wolkenloser Himmel über dem See", ["(wolken)", "Himmel über dem See"]),
        ("-hat red scarf", ["(hat)", "red scarf"]),
        ("without her glasses but with a hat", ["(glasses)", "but with a hat"]),
        ("wings yes, horns no", ["wings yes", "(horns)"]),
        ("guns not allowed", ["(guns)"]),
        ("un mercado nocturno lleno de farolillos", ["un mercado nocturno lleno de farolillos"]),
        ("ein Mädchen auf dem Feldweg", ["ein Mädchen auf dem Feldweg"]),
        ("女孩没穿鞋在沙滩上跑", ["女孩", "(鞋)", "在沙滩上跑"]),
        ("除了红色以外的连衣裙", ["(红色)", "的连衣裙"]),
        ("not looking at the camera", ["(looking at the camera)"]),
        ("사람은 그리지 말아줘, 교실", ["(사람)", "교실"]),
        ("把翅膀去掉的天使", ["(把翅膀)", "的天使"]),
        ("不打领带、衬衫松开两颗扣子的上班族", ["(领带)", "衬衫松开两颗扣子的上班族"]),
        ("カメラ目線NG、横顔", ["(カメラ目線)", "横顔"]),
        ("бабушка без платка сидит на лавочке", ["бабушка", "(платка)", "сидит на лавочке"]),
        ("водолаз снял шлем и пьёт чай", ["водолаз", "(шлем)", "и пьёт чай"]),
        ("tree stripped of its blossom by the wind", ["tree", "(its blossom)", "by the wind"]),
        ("sombrero no, una chica", ["(sombrero)", "una chica"]),
        ("wiping blood off her katana", ["wiping blood off her katana"]),
        ("ramen, steam coming off it", ["ramen", "steam coming off it"]),
        ("hat off, sugar-free tea", ["(hat)", "(sugar)", "tea"]),
        ("口は笑ってないやつ", ["(口は笑っ)", "やつ"]),
        ("犬も猫もいない部屋", ["(犬も猫)", "部屋"]),
        ("갑옷 기사인데 투구는 벗고", ["갑옷 기사인데", "(투구)"]),
        ("不系头巾不戴面具的男生", ["(头巾)", "(面具)", "的男生"]),
        ("猫耳禁止！女仆", ["(猫耳)", "女仆"]),
        ("1boy 執事の人 手袋無し 銀トレイ", ["1boy 執事の人", "(手袋)", "銀トレイ"]),
        ("노란 버스", ["노란 버스"]),
        ("no hat, hair down and a red coat", ["(hat)", "hair down and a red coat"]),
        ("nobody in sight", ["nobody in sight"]),
        ("nobody looking at the camera", ["(looking at the camera)"]),
        ("فتاة بدون نظارات", ["فتاة", "(نظارات)"]),
        ("red coat. Negative prompt: hat, scarf. snow", ["red coat", "(hat)", "(scarf)", "snow"]),
        ("侦探，不要：帽子、胡子", ["侦探", "(帽子)", "(胡子)"]),
        ("wings? nope. halo: yes", ["(wings)", "halo", "yes"]),
        ("眼镜：不要", ["(眼镜)"]),
        ("sans bonnet, écharpe ni gants", ["(bonnet)", "(écharpe)", "(gants)"]),
        ("a girl in a red dress", ["a girl in a red dress"]),
        ("", []),
    ],
)
def test_what_a_text_excludes(text: str, parts: list[str]) -> None:
    assert cut(text) == parts


def test_a_word_inside_a_name_excludes_nothing() -> None:
    spans = read("面无表情的短发", names_of).spans
    assert [(s.text, s.excluded) for s in spans if s.named] == [("面无表情", False), ("短发", False)]
    assert [s.text for s in read("no shoes, short hair", names_of).spans if s.named] == ["no shoes", "short hair"]


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("两个女孩和一个男孩", ("2girls", "1boy")),
        ("俩女生背靠背", ("2girls",)),
        ("女の子が二人、花火", ("2girls",)),
        ("三人の少女", ("3girls",)),
        ("two young girls", ("2girls",)),
        ("girls", ("multiple_girls",)),
        ("a girl and another girl", ("2girls",)),
        ("소녀 두 명", ("2girls",)),
        ("dos chicos con espadas", ("2boys",)),
        ("a maid holding a tray", ("1girl",)),
        ("教室，一个人都不要", ("no_humans",)),
        ("人物なしで、湖", ("no_humans",)),
        ("a street with no people", ("no_humans",)),
        ("a girl, no boys", ("1girl",)),
        ("a girl, alone", ("1girl", "solo")),
        ("a cat", ()),
        ("two maids and a boy with his two sisters", ("4girls", "1boy")),
        ("a girl with a butterfly on her nose", ("1girl",)),
        ("three businessmen", ("3boys",)),
        ("女子高生二人、制服", ("2girls",)),
        ("男の娘、猫耳", ("1boy",)),
        ("ボーイッシュな女の子", ("1girl",)),
        ("座ったまま寝ている男子", ("1boy",)),
        ("女の子じゃなくて男の子", ("1boy",)),
        ("我要一个男的魔法少女，别画成女孩子", ("1boy",)),
        ("双胞胎姐妹和一个男孩", ("2girls", "1boy")),
        ("三姉妹が笑う", ("3girls",)),
        ("three sisters", ("3girls",)),
        ("老夫妇在散步", ("1girl", "1boy")),
        ("a mother and daughter", ("2girls",)),
        ("1girl, 2boys", ("1girl", "2boys")),
        ("两只猫围着女孩", ("1girl",)),
        ("三条尾巴的狐娘", ("1girl",)),
        ("抱着两个玩偶的女孩", ("1girl",)),
        ("有三个穿校服的男生", ("3boys",)),
        ("画两个坐在长椅上的女孩", ("2girls",)),
        ("three cats around the girl", ("1girl",)),
        ("two young and beautiful girls", ("2girls",)),
        ("고양이 두 마리와 소녀", ("1girl",)),
        ("세 명의 어린 소녀", ("3girls",)),
        ("два кота и девушка", ("1girl",)),
        ("две рыжие девушки", ("2girls",)),
    ],
)
def test_head_counts(text: str, tags: tuple[str, ...]) -> None:
    assert read(text, lambda keys: {}).counts == tags


def test_a_person_in_the_name_of_another_thing_is_nobody_beside_others() -> None:
    names = {match_key("女仆装"): [(0, 2)]}

    def names_of_one(keys):
        return {key: names[key] for key in keys if key in names}

    assert read("女仆装的男孩", names_of_one).counts == ("1boy",)
    assert read("女仆装", names_of_one).counts == ("1girl",)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("two boys, no girls", ("1girl", "multiple_girls")),
        ("教室、女の子なし", ("1girl", "multiple_girls")),
        ("only one girl, no other girls", ()),
        ("a cat without her owner", ()),
    ],
)
def test_persons_who_are_left_out(text: str, tags: tuple[str, ...]) -> None:
    assert read(text, lambda keys: {}).excluded_counts == tags


def test_persons_say_where_they_stand() -> None:
    crowd, text = Crowd(), "two tall girls"
    read_persons(crowd, atoms_of(text, Clause(0, len(text))), "en", excluded=False, bare=True)
    assert [text[start:end] for start, end in crowd.places] == ["two", "girls"]


def test_spans_begin_and_end_with_words_and_names() -> None:
    reading = read("a girl with short hair in the rain", names_of)
    # "hair in the rain" would cut the name in two.
    assert [span.text for span in reading.spans] == ["short", "short hair", "hair", "rain"]
    named = [span for span in reading.spans if span.named]
    assert [(span.text, span.named, span.words, span.aligned) for span in named] == [("short hair", ((4, 2),), 2, True)]


def test_thai_has_words_though_no_spaces() -> None:
    known = {match_key(name): ((row, 2),) for row, name in enumerate(("ผมยาว", "ชุดเดรสสีขาว"))}
    reading = read("ผู้หญิงสองคนผมยาวใส่ชุดเดรสสีขาว", lambda keys: {key: known[key] for key in keys if key in known})
    assert (reading.language, reading.counts) == ("th", ("2girls",))
    named = [(span.text, span.aligned) for span in reading.spans if span.named]
    assert named == [("ผมยาว", True), ("ชุดเดรสสีขาว", True)]


def test_no_span_is_the_rest_of_a_japanese_word() -> None:
    spans = read("赤いサンダル、片方だけの濡れた靴", names_of).spans
    assert [span.text for span in spans if span.text[0] in "いれたけだ"] == []


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("棋盘一样的水田", "棋盘"),
        ("借りてきた猫みたいに縮こまる", "猫"),
        ("산처럼 나온 배", "산"),
        ("a mirror-like lake", "mirror"),
    ],
)
def test_what_something_is_likened_to_is_not_in_the_picture(text: str, gone: str) -> None:
    assert [span.text for span in read(text, lambda keys: {}).spans if gone in span.text] == []


@pytest.mark.parametrize(
    ("text", "excluded"),
    [
        ("蛋糕上除了蓝莓什么水果都别放", ["水果"]),
        ("夏だけど水着にしないで、麦わら帽子もなし", ["水着にし", "麦わら帽子"]),
        ("안경은 벗기고 자는 남학생", ["안경"]),
        ("画面中没有文字，只有一只猫", ["文字"]),
    ],
)
def test_how_far_an_exclusion_reaches(text: str, excluded: list[str]) -> None:
    reading = read(text, lambda keys: {})
    assert [text[one.start : one.end].strip() for one in reading.stretches if one.excluded] == excluded


@pytest.mark.parametrize(
    "piece", ["x", "a ", "女", "没有", "no ", "なし", "가 ", "1", "、", "の", "two girls ", "😀", "אב "]
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
