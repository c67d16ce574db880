"""Whom a text counts, and whom it leaves out."""

from __future__ import annotations

import pytest
from known_names import lookup

from danbooru_index.concepts.atoms import Clause, atoms_of
from danbooru_index.concepts.persons import Crowd, read_persons
from danbooru_index.concepts.reading import read


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
        ("短发女，抽烟", ("1girl",)),
        ("西装男和红裙女", ("1girl", "1boy")),
        ("女装，男装", ()),
        ("女孩抱着吉他", ("1girl",)),
        ("他在弹吉他", ("1boy",)),
        ("девочка-лиса", ("1girl",)),
        ("девушка-хакер за столом", ("1girl",)),
        ("Ritter in glänzender Rüstung", ("1boy",)),
        ("drei Mädchen im Yukata", ("3girls",)),
        ("три девушки на пляже", ("3girls",)),
        ("三个男生", ("3boys",)),
        ("fünf Mädchen", ("5girls",)),
        ("zwei Freundinnen machen ein Selfie", ("2girls",)),
        ("un grupo de chicas", ("multiple_girls",)),
        ("女の子二人と男の子一人", ("2girls", "1boy")),
        ("남자 두 명 여자 한 명", ("1girl", "2boys")),
        ("여자 둘이 놀고 있다", ("2girls",)),
        ("赤い髪の女の子と青い髪の女の子", ("2girls",)),
        ("女の子が友達の女の子と遊ぶ", ("1girl",)),
        ("双子の女の子", ("2girls",)),
        ("她们手牵手", ("multiple_girls",)),
        ("两个女孩，她们手牵手", ("2girls",)),
        ("她俩在跳舞", ("2girls",)),
        ("she's sleeping", ("1girl",)),
        ("a girl and her dog, she's smiling", ("1girl",)),
        ("он стоит у окна", ("1boy",)),
        ("sie trägt ein Kleid", ("1girl",)),
        ("sie tragen Kleider", ()),
        ("il a les yeux bleus", ("1boy",)),
        ("il pleut sur la ville", ()),
        ("портрет девушки", ("1girl",)),
        ("красивые девушки", ("multiple_girls",)),
        ("结他", ()),
        ("a girl dressed as a boy", ("1girl",)),
        ("a girl beside a statue of a man", ("1girl",)),
        ("女孩打扮成王子", ("1girl",)),
        ("three sisters", ("3girls",)),
        ("老夫妇在散步", ("1girl", "1boy")),
        ("a mother and daughter", ("2girls",)),
        ("姐姐给妹妹吹头发", ("2girls", "sisters")),
        ("爷爷踩着三轮车，孙女坐在后面", ("1girl", "1boy", "grandfather_and_granddaughter")),
        ("무릎 까진 남동생과 누나", ("1girl", "1boy", "brother_and_sister")),
        ("Mutter liest ihrer Tochter vor", ("2girls", "mother_and_daughter")),
        ("мама обнимает сына", ("1girl", "1boy", "mother_and_son")),
        ("a girl asleep on her mom's lap", ("2girls", "mother_and_daughter")),
        ("little boy on his dad's shoulders", ("2boys", "father_and_son")),
        ("wearing her boyfriend's jacket", ("1girl",)),
        ("Eis in der Hand", ()),
        ("单马尾的女剑客", ("1girl",)),
        ("여자애 안경 빼줘", ()),
        ("사람은 없다", ("no_humans",)),
        ("у девушки нет очков", ("1girl",)),
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
        ("JK躲在屋檐下", ("1girl",)),
        ("his heart is on fire", ("1boy",)),
    ],
)
def test_head_counts(text: str, tags: tuple[str, ...]) -> None:
    assert read(text, lookup()).counts == tags


def test_a_person_in_the_name_of_another_thing_is_nobody() -> None:
    assert read("女仆装的男孩", lookup("女仆装")).counts == ("1boy",)
    assert read("女仆装", lookup("女仆装")).counts == ()


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
    assert read(text, lookup()).excluded_counts == tags


def test_persons_say_where_they_stand() -> None:
    crowd, text = Crowd(), "two tall girls"
    read_persons(crowd, atoms_of(text, Clause(0, len(text))), "en", excluded=False, bare=True)
    assert [text[start:end] for start, end in crowd.places] == ["two", "girls"]


def test_who_is_a_tag_is_left_out_as_that_tag() -> None:
    assert read("不是女巫，是小精灵", lookup("女巫")).excluded_counts == ()
    assert read("不要女孩", lookup("女巫")).excluded_counts == ("1girl", "multiple_girls")
