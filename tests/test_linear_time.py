"""Every text that is parsed takes time in proportion to its length: 20,000 characters of whatever repeats in the grammar."""

from __future__ import annotations

import contextlib
import json
from itertools import product

import pytest
from linear import TOKENS, long, timed

from danbooru_index.corpus.line import LineError, parse_line
from danbooru_index.prompt import STYLE_TABLE, Choice, PromptFormat, render, segments
from danbooru_index.prompt.own import bare
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search
from danbooru_index.text.fold import MAX_QUERY_CHARS, clean, match_key

ENDS = ["x", ":1x)"]


def tag_of(text: str) -> str | None:
    return {"longhair": "long_hair"}.get(match_key(text))


@pytest.mark.parametrize("end", ENDS)
def test_own_parts(end):
    for token in TOKENS:
        text = long(token, end)
        timed(lambda text=text: segments(text, tag_of), f"{token!r} ... {end!r}")


def test_own_parts_of_two_tokens_in_turn():
    few = ["-", "_", "1", "a", "(", ":"]
    for pair in product(few, few):
        text = long("".join(pair), "x")
        timed(lambda text=text: segments(text, tag_of), repr(pair))


@pytest.mark.parametrize("end", ENDS)
def test_a_long_run_after_what_opens_a_part(end):
    runs = ["-", "1", "a", " ", "_", ","]
    for opened, run in product(
        ["(a:", "(a:1", "1::", "__", "<", "<lora:", "a_", "a_(", "a\\(", "{", ":", "d:", "embedding:"], runs
    ):
        text = opened + long(run, end)[len(opened) :]
        timed(lambda text=text: segments(text, tag_of), f"{opened!r} {run!r} ... {end!r}")


def test_brackets_around_brackets():
    half = MAX_QUERY_CHARS // 2
    for opening, closing in (("(", ")"), ("[", "]"), ("((", "))")):
        text = opening * half + closing * half
        timed(lambda text=text: bare(text[:MAX_QUERY_CHARS]), "bare")
        timed(lambda text=text: segments(text[:MAX_QUERY_CHARS], tag_of), "segments")


def test_rendering():
    for token in [",", "a,", "，", "a, ", "(a:1)", "long hair,", "masterpiece,", "女，", "BREAK ", "<a>", " ", "\n"]:
        parts = segments(long(token, "x"), tag_of)
        choices = [Choice("forest", 0.9, number) for number in range(len(parts))]
        timed(lambda p=parts, c=choices: render(p, c, PromptFormat(STYLE_TABLE["sdxl"])), repr(token))


def test_folding():
    for token in TOKENS:
        text = long(token)
        timed(lambda text=text: (clean(text), match_key(text)), repr(token))


def test_a_corpus_line():
    def parse(text: str) -> None:
        with contextlib.suppress(LineError):
            parse_line(json.dumps({"text": text, "names": {"en": [text]}, "definition": text}))

    for token in [*TOKENS, "【", "】", " - ", "。", "；", "\u3000", "\t"]:
        for begin, end in (("", ""), ("【通用】a - ", ""), ("【通用】a - ", "x"), ("a -", "x")):
            text = begin + (token * 10_000)[: 10_000 - len(begin) - len(end)] + end
            timed(lambda text=text: parse(text), f"{begin!r} {token!r} {end!r}")


def test_search(small_index):
    search(small_index, SearchRequest("女"))  # the encoder opens at the first
    for token in ["a", "-", "1", "a b ", "女", "女孩", "a,", "女，", "ロング", "(", "_", "é", "😀"]:
        request = SearchRequest(long(token))
        timed(lambda request=request: search(small_index, request), repr(token))
