"""What sources say is parsed in time in proportion to its length: 20,000 characters of whatever repeats in DText and in lists of names."""

from __future__ import annotations

import contextlib
from itertools import product

import pytest
from linear import TOKENS, long, timed

from danbooru_index.prepare.dtext import first_sentence, plain_dtext, shorten_to_sentences
from danbooru_index.prepare.name_rules import add_names, split_names, split_tags

DTEXT = [
    *[
        "[",
        "]",
        "[[",
        "]]",
        "[[a",
        "[[a|",
        "[[a (",
        "[[a_(b",
        "[[a]]",
        "[[a|b]]",
        "[[a (b)|]]",
        "[[ ",
        "[[a_ ",
        "[[[",
        "[[a[b",
    ],
    *[
        "{",
        "{{",
        "{{a",
        "{{a|",
        "{{a}}",
        "{{ ",
        '"',
        '"a"',
        '"a":',
        '"a":[',
        '"a":[b',
        '"a":/',
        '"a":/b.',
        '"a":http://',
        '"":',
    ],
    *[
        "http://",
        "<http://",
        "https://a",
        "<",
        ">",
        "<b>",
        "</",
        "[b]",
        "[/b]",
        "[b=",
        "[url=",
        "[url=a]",
        "[/url",
        "[expand=",
    ],
    *[
        "[table",
        "[table]",
        "[/table]",
        "[code",
        "[code]",
        "[/code]",
        "[table][code]",
        "[/table][code",
        "[hr]",
        "\n[hr]",
        "\n[hr] ",
    ],
    *[
        "h4.",
        "h4. ",
        "\nh4.",
        "\nh4#a-",
        "h1#",
        "\nh4#",
        "\n",
        "\r\n",
        "\n\n",
        "\n \n",
        "\n   ",
        "   \n",
        "\t",
        "\u3000",
    ],
    *[
        "\n* ",
        "*",
        "\n*",
        "\n* a",
        "* * ",
        "!post #",
        "\n!post #1",
        "!asset",
        "&",
        "&#",
        "&#1",
        "&#x",
        "&#xf",
        "&amp;",
        "&a",
    ],
    *[".", "。", "a. ", "!", "? ", " ", "a", "a ", "|", "(", " (a)", "_", "1", "h"],
]
DTEXT_STARTS = ["", "[[", "[[a|", "{{", "\n* ", '"', '"a":[', '"a":/', "[table]", "[b=", "&#", "h4#"]


@pytest.mark.parametrize("start", DTEXT_STARTS)
def test_dtext(start):
    for token in DTEXT:
        text = start + long(token, "x[b]")[len(start) :]
        timed(lambda text=text: plain_dtext(text), f"{start!r} {token!r}")


def test_dtext_of_two_pieces_in_turn():
    few = ["[[", "]]", "|", "(", "[code]", '"', ":[", "\n", " ", "* ", "http://", "{{"]
    for pair in product(few, few):
        text = long("".join(pair), "x")
        timed(lambda text=text: plain_dtext(text), repr(pair))


def test_names_and_sentences_of_a_source():
    def read(text: str) -> None:
        with contextlib.suppress(ValueError):
            add_names({}, "tag", split_names(text))
        split_tags(text)
        shorten_to_sentences(text)
        first_sentence(text)

    for token in [*TOKENS, *DTEXT, ";", "；", '["', '[["', ", ", " ,", ";a", ",_", ",100"]:
        for start in ("", '["', "a,"):
            text = start + long(token, "x")[len(start) :]
            timed(lambda text=text: read(text), f"{start!r} {token!r}")
