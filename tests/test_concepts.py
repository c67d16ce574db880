"""A sentence -> the things it names, with a dictionary that is written out here."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from danbooru_index.concepts import ConceptKind, Fit, Known, interleave, is_sentence, split
from danbooru_index.concepts.choose import Candidate, choose, status_of, weigh
from danbooru_index.concepts.counts import Person, count_tags
from danbooru_index.records import Category
from danbooru_index.text.fold import match_key

GENERAL = (
    "水手服 白色水手服 耳机 猫耳 微笑 雨伞 眼镜 帽子 海边 牵手 脸红 看向观众 教室 long_hair silver_hair red_eyes "
    "holding_sword umbrella rain hat glasses smile bow_and_arrow no_panties 黒髪 赤い目 笑顔 眼鏡 スーツ 빨간우산"
)
NAMES = "初音未来 hatsune_miku 博丽灵梦"


class Dictionary:
    """A Lexicon of the words above."""

    def __init__(self) -> None:
        entries = [(word, Category.GENERAL) for word in GENERAL.split()] + [
            (w, Category.CHARACTER) for w in NAMES.split()
        ]
        self.known = {match_key(word): Known(row, category, 0) for row, (word, category) in enumerate(entries)}

    def find(self, keys):
        return {key: self.known[key] for key in keys if key in self.known}


def things(text: str) -> list[str]:
    return [c.text for c in split(text, Dictionary()) if c.kind is not ConceptKind.COUNT and not c.negated]


def counts(text: str) -> tuple[str, ...]:
    return tuple(tag for c in split(text, Dictionary()) for tag in c.tags)


def negated(text: str) -> list[str]:
    return [c.text for c in split(text, Dictionary()) if c.negated]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("水手服", ["水手服"]),
        ("穿着白色水手服的女孩", ["白色水手服"]),
        ("一个戴耳机的女孩，脸上是微笑，动作是看向观众，场景是教室。", ["耳机", "微笑", "看向观众", "教室"]),
        ("猫耳和水手服", ["猫耳", "水手服"]),
        ("挂在脖子上的耳机", ["挂在脖子上的耳机"]),
        ("头发是银色的", ["银色头发"]),
        ("穿著水手服，戴著眼鏡", ["水手服", "眼鏡"]),
        (
            "two girls with long hair and red eyes, holding a sword in the rain",
            ["long hair", "red eyes", "holding a sword", "rain"],
        ),
        ("Her eyes are red and big", ["red eyes", "big eyes"]),
        ("bow and arrow", ["bow and arrow"]),
        ("黒髪で赤い目の少女、スーツを身につけている、表情は笑顔", ["黒髪", "赤い目", "スーツ", "笑顔"]),
        ("首にかけたヘッドフォン", ["首にかけたヘッドフォン"]),
        ("短剣を手に持っている", ["短剣を手に持っている"]),
        ("빨간 우산을 들고 있는 소녀", ["빨간 우산을 들고 있는"]),
    ],
)
def test_the_things_of_a_sentence(text, expected):
    assert things(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一个女孩", ("1girl",)),
        ("两个女孩在海边牵手", ("2girls",)),
        ("二人の少女", ("2girls",)),
        ("三个女孩和一个男孩", ("3girls", "1boy")),
        ("many girls", ("multiple_girls",)),
        ("girls", ("multiple_girls",)),
        ("a boy and a girl", ("1boy", "1girl")),
        ("두 명의 소녀", ("2girls",)),
        ("a girl alone", ("1girl", "solo")),
        ("独自一人的少女", ("1girl", "solo")),
        ("水手服", ()),
        ("seven girls", ("6+girls",)),
        ("a person", ()),
        # Two or more in a clause of their own are all that there are; others may be among them.
        ("一个女孩，两个女孩", ("2girls",)),
        ("两个女孩，一个女孩红发，另一个女孩戴耳机", ("2girls",)),
        ("two girls, one girl with red eyes", ("2girls",)),
        ("一个女孩，水手服，一个女孩，帽子", ("2girls",)),
        ("两个女孩和一个女孩", ("3girls",)),
        ("a girl and another girl", ("2girls",)),
        ("one girl and another girl", ("2girls",)),
        ("另一个女孩", ("1girl",)),
        ("帽子の少女ともう一人の少女", ("2girls",)),
        # A count tag inside a sentence is what it says.
        ("1girl with 2girls", ("1girl", "2girls")),
        ("1girl站在海边", ("1girl",)),
        ("a boy, no 2girls", ("1boy",)),
        # The numbers of a ratio count nobody.
        ("16:9 girl", ("1girl",)),
    ],
)
def test_persons_become_count_tags(text, expected):
    assert counts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("没有眼镜", ["眼镜"]),
        ("没有眼镜、帽子，微笑", ["眼镜", "帽子"]),
        ("a girl without a hat or glasses, smile", ["hat", "glasses"]),
        ("帽子なし、笑顔", ["帽子"]),
        ("no panties", []),
        ("안경 없는 소녀", ["안경"]),
    ],
)
def test_what_is_negated(text, expected):
    assert negated(text) == expected


def test_a_character_is_taken_out_before_attributes_are_read():
    found = split("初音未来穿着水手服", Dictionary())
    assert [(c.text, c.kind) for c in found] == [("初音未来", ConceptKind.NAME), ("水手服", ConceptKind.THING)]
    found = split("hatsune miku with an umbrella", Dictionary())
    assert [(c.text, c.kind) for c in found] == [("hatsune miku", ConceptKind.NAME), ("umbrella", ConceptKind.THING)]


def test_several_modifiers_of_one_noun_are_parts():
    (concept,) = split("long silver hair", Dictionary())
    assert (concept.text, [p.text for p in concept.parts]) == ("long silver hair", ["silver hair"])
    (concept,) = split("big long umbrella", Dictionary())
    assert [p.text for p in concept.parts] == ["big umbrella", "long umbrella", "umbrella"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("红色雨伞", ["雨伞"]),
        ("a very small umbrella", ["umbrella"]),
        ("白色水手服", []),  # a name as a whole
        ("红色靴子", []),  # no name
        ("umbrella", []),
    ],
)
def test_the_noun_that_modifiers_describe_keeps_its_name(text, expected):
    assert [p.text for concept in split(text, Dictionary()) for p in concept.parts] == expected


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_split_inside_its_bounds(text):
    for concept in split(text, Dictionary()):
        assert 0 <= concept.start <= concept.end <= len(text)
        assert concept.text.strip() or concept.kind is ConceptKind.COUNT


def test_bare_mentions_do_not_add_up():
    assert count_tags([Person("girl", "1"), Person("girl", None)]) == ("1girl",)
    assert count_tags([Person("girl", "1"), Person("girl", "1")]) == ("2girls",)


def told(whole: Fit, *parts: Fit, counted: bool = False, listed: bool = False, letters: int = 30) -> bool:
    return is_sentence(whole, parts, counted=counted, listed=listed, letters=letters)


GOOD, POOR = Fit(0.9, near=0.8), Fit(0.1, near=0.4)


def test_a_whole_that_fits_no_tag_is_a_sentence_with_and_without_persons():
    assert told(Fit(0.3, near=0.5), GOOD, GOOD)
    assert not told(Fit(0.3, near=0.8), GOOD, GOOD)
    assert told(Fit(0.3, near=0.8), GOOD, GOOD, counted=True)
    assert not told(Fit(0.9, near=0.5), POOR, POOR)


def test_a_list_of_names_is_split_and_a_sentence_that_holds_them_is_not():
    name = Fit(0.9, near=0.95, exact=True)
    whole = Fit(0.5, near=0.65)
    assert told(whole, name, name, listed=True, letters=6)
    assert not told(whole, name, name, letters=6)


def test_a_name_or_one_thing_is_no_sentence():
    assert not told(Fit(2.1, near=0.1), GOOD, GOOD, counted=True)
    assert not told(Fit(0.1, near=0.1), GOOD)
    assert not told(Fit(0.1, near=0.1), counted=True)


def test_interleaving_keeps_the_best_tag_of_every_part_on_top():
    parts = [[(1, 0.9), (2, 0.8), (3, 0.1)], [(4, 0.6), (5, 0.5)]]
    assert [tag for tag, _ in interleave(parts)] == [1, 4, 2, 5, 3]


def test_of_the_best_tags_of_two_parts_the_likelier_one_comes_first():
    assert interleave([[(1, 0.25), (3, 0.16)], [(2, 0.81), (1, 0.04)]]) == [
        (2, pytest.approx(0.9)),
        (1, pytest.approx(0.5)),
        (3, pytest.approx(0.2)),
    ]


def test_the_budget_goes_to_the_likeliest_tags():
    strong = weigh([Candidate(1, 0.9, True, 0.8), Candidate(2, 0.5, False, 0.1)])
    unsure = weigh([Candidate(3, 0.6, False, 0.7), Candidate(4, 0.58, False, 0.9), Candidate(5, 0.3, False, 0.1)])
    assert [[c.row for c in part] for part in choose([strong, unsure], 1.5, 6)] == [[1], [3, 4]]
    assert [[c.row for c in part] for part in choose([strong, unsure], 9, 1)] == [[1], [3]]
    assert choose([weigh([Candidate(1, 0.04, False, 0.9)])], 2, 6) == [[]]


def test_status_says_how_sure_a_concept_is():
    assert status_of([]) == "not found"
    assert status_of([Candidate(1, 0.9, True, 0.5)]) == "covered"
    assert status_of([Candidate(1, 0.4, False, 0.5, probability=0.1)]) == "weak"
