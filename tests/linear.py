"""What the tests of linear time share: what repeats in the grammar, and how long 20,000 characters of it may take."""

from __future__ import annotations

import time
from collections.abc import Callable

from danbooru_index.text.fold import MAX_QUERY_CHARS

SECONDS = 3.0  # of a busy machine; what grew with the square took up to 25 s
TOKENS = [
    *[
        "-",
        "_",
        "__",
        ".",
        "'",
        "!",
        "+",
        "1",
        "a",
        "1.",
        "a.-",
        "a_",
        "_(",
        "a_(",
        "a_(b",
        "\\",
        "\\(",
        "\\)",
        "a\\(",
        " \\(",
    ],
    *[
        "(",
        ")",
        "()",
        "(a",
        "(a)",
        "(a:",
        "(a:1",
        "(a:1)",
        "((a))",
        "(:1",
        "[",
        "[]",
        "[a|",
        "{",
        "{}",
        "{a|b}",
        "{a} b",
        "(]",
    ],
    *[
        "<",
        ">",
        "<a",
        "<lora:",
        "<lora:a",
        "<a>",
        ":",
        "::",
        "1::",
        "1::a",
        "1::a::",
        "-1::",
        ": ",
        ":1",
        ":1 ",
        ":d",
        "d:",
        "^_^",
    ],
    *[
        "BREAK",
        "AND",
        "BREAK ",
        "embedding:",
        "artist:a",
        "__a__",
        "__a",
        "__a ",
        ",",
        "，",
        "\n",
        " ",
        "a,",
        "a, ",
        "a b ",
        "A b c ",
    ],
    *[
        "masterpiece,",
        "long hair,",
        "long_hair ",
        "女",
        "女孩",
        "女，",
        "女,a",
        "夜空a",
        "の",
        "ロング",
        "긴",
        "é",
        "😀",
        "\u200b",
        "\x00",
        "\ud800",
    ],
]


def timed(work: Callable[[], object], what: str) -> None:
    begun = time.process_time()
    work()
    seconds = time.process_time() - begun
    assert seconds < SECONDS, f"{what}: {seconds:.1f} s"


def long(token: str, end: str = "") -> str:
    return (token * MAX_QUERY_CHARS)[: MAX_QUERY_CHARS - len(end)] + end
