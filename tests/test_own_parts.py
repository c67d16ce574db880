"""The user's own parts of a prompt stay as they are and where they are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from danbooru_index.prompt import STYLE_TABLE, Choice, PromptFormat, Segment, render, segments
from danbooru_index.prompt.own import bare

TAGS = {
    "long hair": "long_hair",
    "long_hair": "long_hair",
    "saber (fate)": "saber_(fate)",
    "saber_(fate)": "saber_(fate)",
}
OWN = [
    "<lora:detail tweaker:0.8>",
    "<lora:a_b-c.v2:0.8:1>",
    "(long hair:1.2)",
    "((long hair))",
    "(a, b:0.9)",
    "[cat|dog]",
    "[cat:dog:0.5]",
    "{red|blue} hair",
    "__colour__ hair",
    "__hair/colour__",
    "__wild__",
    "BREAK",
    "AND",
    "embedding:easynegative",
    "(embedding:bad-hands-5:1.2)",
    r"saber \(fate\)",
    r"saber_\(fate\)",
    "saber_(fate)",
    "long hair",
    "Long Hair",
    "long_hair",
    "masterpiece",
    "score_9_up",
    "<lora:日本語:1>",
    r"(saber \(fate\):1.3)",
    "1.2::long hair::",
    "-2::hat, 黑发::",
    ":d",
    ";)",
    ">:(",
    "^_^",
    "D:",
    "\\o/",
    "1.5::saber (fate), smile ::",
]
PROSE = [
    "一个女孩",
    "穿着水手服",
    "雨の中に立つ",
    "a girl in the rain",
    "빨간 우산",
    "(黑发:1.1)",
    "((雨の中))",
    "1.3::雨の中に立つ::",
    "鉱石病(オリパシー)",
    "no hat",
    "😀",
]
BETWEEN = [", ", ",", "，", "\n", ",\n", " , "]


def tag_of(text: str) -> str | None:
    return TAGS.get(text.lower())


def expanded(prompt: str) -> str:
    """The prompt with every stretch of prose replaced by one generated tag."""
    parts = segments(prompt, tag_of)
    assert "".join(part.text for part in parts) == prompt
    choices = [Choice("forest", 0.9, i) for i, part in enumerate(parts) if not part.own]
    return render(parts, choices, PromptFormat(STYLE_TABLE["sdxl"]))


@pytest.mark.parametrize(
    ("prompt", "result"),
    [
        ("(雨の中:1.3)", "(forest:1.3)"),
        ("hat, (雨の中:1.3), <lora:x:1>", "forest, (forest:1.3), <lora:x:1>"),
        ("((雨の中))", "((forest))"),
        ("{雨の中}, smile", "{forest}, forest"),
        ("1.2::雨の中, long hair::", "1.2::forest, long hair::"),
        ("(雨の中, (long hair:1.2):0.9)", "(forest, (long hair:1.2):0.9)"),
        ("(a girl in the rain:1.2)", "(forest:1.2)"),
        ("(my own style:1.2)", "(my own style:1.2)"),
        ("[雨|雪], [雨:雪:0.5], -1::雨::", "[雨|雪], [雨:雪:0.5], -1::雨::"),
    ],
)
def test_prose_that_is_weighed_is_expanded_inside_its_brackets(prompt, result):
    assert expanded(prompt) == result


def test_words_that_nothing_was_found_for_stay_in_their_brackets():
    parts = segments("(雨の中:1.3), long hair", tag_of)
    assert render(parts, [], PromptFormat(STYLE_TABLE["sdxl"])) == "(雨の中:1.3), long hair"


@settings(max_examples=2000, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(OWN + PROSE), st.sampled_from(BETWEEN)), min_size=1, max_size=12))
def test_own_parts_keep_their_text_and_their_order(items):
    prompt = "".join(text + between for text, between in items)
    result = expanded(prompt)
    position = 0
    for text, _ in items:
        if text in OWN:
            assert text in result[position:], (prompt, result)
            position = result.index(text, position) + len(text)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(OWN), st.sampled_from(BETWEEN)), min_size=1, max_size=12))
def test_a_prompt_of_own_parts_alone_does_not_change(items):

    prompt = "".join(text + between for text, between in items)
    assert expanded(prompt) == prompt


@settings(max_examples=1000, deadline=None)
@given(st.text(alphabet="ab 长,，()[]{}<>\\_:|.1\n", max_size=60))
def test_any_text_is_cut_without_loss(prompt):
    assert "".join(part.text for part in segments(prompt, tag_of)) == prompt


def test_prose_between_own_parts_becomes_tags_in_place():
    assert expanded("masterpiece, 一个女孩 <lora:x:0.8> 穿着水手服\nBREAK\n夜空") == (
        "masterpiece, forest, <lora:x:0.8>, forest\nBREAK\nforest"
    )


@pytest.mark.parametrize(
    ("part", "inner"),
    [("((long hair:1.2))", "long hair"), (r"saber \(fate\)", "saber (fate)"), ("[a|b]", "a|b"), ("(x", "(x"), ("", "")],
)
def test_what_a_part_is_about(part, inner):
    assert bare(part) == inner


def test_brackets_of_a_sentence_are_prose():
    assert [part.own for part in segments("她(十七岁)在海边", tag_of)] == [False]
    assert [part.own for part in segments("a girl (smiling) in rain", tag_of)] == [False]


def test_tags_inside_an_english_sentence_are_kept():
    parts = segments("a girl with long_hair in rain", tag_of)
    assert [(part.text, part.own, part.tag) for part in parts] == [
        ("a girl with ", False, ""),
        ("long_hair", True, "long_hair"),
        (" in rain", False, ""),
    ]


def test_keywords_stand_next_to_chinese_without_a_space():
    parts = segments("一个女孩AND一个男孩BREAK夜空", tag_of)
    assert [part.text for part in parts if part.own] == ["AND", "BREAK"]
    assert [part.own for part in segments("BAND, BREAKFAST", tag_of)] == [False]


def test_a_network_that_is_not_closed_ends_at_the_comma():
    assert [part.text for part in segments("<lora:x:0.8, 女孩", tag_of)] == ["<lora:x:0.8", ", 女孩"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\ufeff女孩", " 女孩"),
        ("\u202e女孩\u202c", " 女孩 "),
        ("长\u200b发\x00帽", "长 发 帽"),
        ("\\(" * 9, ""),
        ("a\\", "a"),
        ("<>", ""),
        ("?!", ""),
        ("🌸", "🌸"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_what_a_stretch_of_prose_says(text, words):
    assert Segment(text, False).words == words


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("女孩 :d", [":d"]),
        ("女孩:D，微笑", [":D"]),
        ("女孩^_^", ["^_^"]),
        ("a girl >_< with <3, ;)", [">_<", "<3", ";)"]),
        ("x_x girl", ["x_x"]),
        ("D:, a girl", ["D:"]),
        ("a girl \\o/.", ["\\o/"]),
        # Signs of a sentence, of a ratio and of an address are none.
        ("pose:dancing; dress: red; d: happy", []),
        ("16:3, http://a.b/c", []),
        ("(girl) :(a, b)", []),
    ],
)
def test_emoticons_are_own_parts_wherever_they_stand(text, own):
    assert [part.text for part in segments(text, tag_of) if part.own] == own
