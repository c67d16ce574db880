"""Requests that wait at the same time are answered in one pass: who is with whom, in what order, and what goes wrong."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from danbooru_index.serve.together import MOST, Together
from danbooru_index.service import PREFIX, Answer, Request, Service
from danbooru_index.service.service import MAX_JOINED_BYTES

BOUND = 60


def asked(number: int) -> Request:
    return Request("POST", f"{PREFIX}/search", {}, {}, str(number).encode())


class Echo:
    """Answers with the body; the first pass waits until `go`. `passes` lists the bodies of each."""

    def __init__(self) -> None:
        self.passes: list[list[str]] = []
        self.go = threading.Event()

    def __call__(self, requests: Sequence[Request]) -> list[Answer]:
        self.passes.append([request.body.decode() for request in requests])
        assert self.go.wait(BOUND)
        if "bad" in self.passes[-1]:
            raise ValueError("a bad one")
        return [Answer(200, {}, request.body) for request in requests]


async def until(condition: Callable[[], object]) -> None:
    for _ in range(BOUND * 1000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise TimeoutError


async def gathered_behind(echo: Echo, joint: Together, requests: Sequence[Request]) -> list[asyncio.Task[Answer]]:
    """The answers to request 0, whose pass is at work, and to requests that gather meanwhile."""
    first = asyncio.create_task(joint.answer(asked(0)))
    await until(lambda: echo.passes)
    others = [asyncio.create_task(joint.answer(request)) for request in requests]
    await asyncio.sleep(0)
    return [first, *others]


def run(check: Callable[[Echo, Together], Coroutine[Any, Any, None]]) -> None:
    with ThreadPoolExecutor(1) as threads:
        echo = Echo()
        asyncio.run(check(echo, Together(echo, threads)))


def test_what_gathers_while_one_pass_works_is_the_next_pass() -> None:
    async def check(echo: Echo, joint: Together) -> None:
        tasks = await gathered_behind(echo, joint, [asked(number) for number in range(1, MOST + 3)])
        echo.go.set()
        answers = await asyncio.gather(*tasks)
        assert [answer.body for answer in answers] == [str(number).encode() for number in range(MOST + 3)]
        assert [len(one) for one in echo.passes] == [1, MOST, 2]
        assert (await joint.answer(asked(99))).body == b"99"  # and after that one starts at once
        assert echo.passes[-1] == ["99"]

    run(check)


def test_what_goes_wrong_in_a_pass_is_told_to_those_in_it_and_to_nobody_else() -> None:
    async def check(echo: Echo, joint: Together) -> None:
        bad = Request("POST", f"{PREFIX}/search", {}, {}, b"bad")
        tasks = await gathered_behind(echo, joint, [asked(1), bad])
        echo.go.set()
        first, *others = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(first, Answer)
        assert [str(error) for error in others] == ["a bad one", "a bad one"]
        assert (await joint.answer(asked(2))).body == b"2"

    run(check)


def test_who_has_gone_is_not_answered() -> None:
    async def check(echo: Echo, joint: Together) -> None:
        tasks = await gathered_behind(echo, joint, [asked(1), asked(2)])
        tasks[1].cancel()
        await asyncio.sleep(0)
        echo.go.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert echo.passes == [["0"], ["2"]]

    run(check)


def post(body: object, route: str = "search", method: str = "POST") -> Request:
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return Request(method, f"{PREFIX}/{route}", {}, {"content-type": "application/json"}, raw)


SEVERAL = [
    {"text": "双马尾", "limit": 3},
    {"text": "hair", "limit": 5, "categories": ["general"], "nsfw": "include"},
    {"text": "猫耳の少女, 银发", "explain": True, "limit": 2},
    {"text": "twintials"},
]


def test_together_they_get_the_answers_that_each_gets_alone(service: Service) -> None:
    requests = [post(body) for body in SEVERAL]
    together = [json.loads(answer.body) for answer in service.answer_together(requests)]
    alone = [json.loads(service.answer(request).body) for request in requests]
    assert [[hit["tag"] for hit in found["hits"]] for found in together] == [
        [hit["tag"] for hit in found["hits"]] for found in alone
    ]
    assert [found["query"] for found in together] == [body["text"] for body in SEVERAL]
    assert ["channels" in found["hits"][0] for found in together] == [False, False, True, False]
    for one, other in zip(together, alone, strict=True):
        scores = [hit["score"] for hit in other["hits"]]
        assert [hit["score"] for hit in one["hits"]] == pytest.approx(scores, abs=1e-4)


@pytest.mark.parametrize("wrong", [b"{", {"text": ""}, {"text": "a", "limit": 0}, {"text": "a", "colour": 1}])
def test_one_that_is_wrong_gets_its_own_error_and_the_others_their_hits(service: Service, wrong: object) -> None:
    answers = service.answer_together([post(SEVERAL[0]), post(wrong), post(SEVERAL[1])])
    assert [answer.status for answer in answers] == [200, 400, 200]
    assert answers[1].body == service.answer(post(wrong)).body


def test_only_short_searches_join(service: Service) -> None:
    assert service.joins(post({"text": "双马尾"}))
    assert not service.joins(post({"text": "x" * MAX_JOINED_BYTES}))
    assert not service.joins(post({"text": "双马尾"}, "expand"))
    assert not service.joins(post(b"", "index", "GET"))
    assert not service.joins(post({"text": "双马尾"}, "nowhere"))
