"""The match keys of runs: English phrases in the wording of tags, and Chinese names where the dictionary guesses."""

from __future__ import annotations

import pytest
from known_names import lookup

from danbooru_index.concepts.atoms import atoms_of, clauses
from danbooru_index.concepts.reading import read
from danbooru_index.concepts.runs import runs_of
from danbooru_index.text.fold import match_key


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("covering her mouth", "covering_own_mouth"),
        ("hand on his hip", "hand_on_own_hip"),
        ("licking her lips", "licking_lips"),
        ("she licks her lips", "licking_lips"),
        ("sucking her thumb", "thumb_sucking"),
        ("biting his nails", "nail_biting"),
        ("lifting her skirt", "skirt_lift"),
        ("hugging her pillow", "pillow_hug"),
        ("crosses his arms", "crossed_arms"),
        ("she closes her eyes", "closed_eyes"),
        ("bites her lip", "biting_own_lip"),
        ("arms behind their back", "arms_behind_back"),
    ],
)
def test_an_english_phrase_is_also_asked_for_as_tags_word_it(text: str, tag: str) -> None:
    assert match_key(tag) in {key for run in runs_of(atoms_of(text, clauses(text)[0])) for key in run.keys}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("抱着枕头", ("抱着枕头", "抱枕头")),
        ("咬自己的嘴唇", ("咬自己的嘴唇", "咬嘴唇")),
        ("牽著她的手", ("牵着她的手", "牵手")),
        ("戴着手套", ("戴着手套",)),  # 戴手套 is putting them on
        ("看着她", ("看着她", "看她")),
    ],
)
def test_a_chinese_phrase_is_also_asked_for_without_what_stands_between(text: str, keys: tuple[str, ...]) -> None:
    assert max(runs_of(atoms_of(text, clauses(text)[0])), key=lambda run: run.last - run.first).keys == keys


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("licking her", ("lickingher", "lickinghers", "her licking")),  # is not licking
        ("her lips", ("herlips", "herlip", "lips her")),
        ("red hats", ("redhats", "redhat", "hats red")),
        ("on her", ("onher", "onhers")),
        ("cheeks puffed", ("cheekspuffed", "cheekspuffeds", "puffedcheeks", "puffed cheeks")),
    ],
)
def test_other_phrases_are_asked_for_as_they_stand(text: str, keys: tuple[str, ...]) -> None:
    (run,) = [run for run in runs_of(atoms_of(text, clauses(text)[0])) if run.last - run.first == 2]
    assert run.keys == keys


@pytest.mark.parametrize(
    ("text", "aligned"),
    [
        ("银长直御姐", ["银长直", "御姐"]),  # 银长 + 直御姐 is a guess
        ("手术室外", ["手术室", "外"]),  # 手术室 is in the dictionary, though 手术 + 室外 are names
    ],
)
def test_names_stand_where_the_dictionary_only_guessed(text: str, aligned: list[str]) -> None:
    reading = read(text, lookup("银长直", "御姐", "手术", "室外", "背心"))
    assert [span.text for span in reading.spans if span.aligned and span.words == 1] == aligned


def test_a_name_in_kana_is_not_the_inside_of_a_word_that_begins_with_han() -> None:
    def named(text: str) -> list[str]:
        return [span.text for span in read(text, lookup("りす", "みみ")).spans if span.named]

    assert named("雨宿りする男子") == [] and named("森にりすがいる") == ["りす"] and named("猫みみの女の子") == ["みみ"]


def test_words_that_are_only_spelled_like_a_name() -> None:
    def named(text: str) -> list[str]:
        return [span.text for span in read(text, lookup("pasta", "alas")).spans if span.named]

    assert named("skating past a wall, eating pasta") == ["pasta"]
    assert named("da de comer a las palomas con alas") == ["alas"]
