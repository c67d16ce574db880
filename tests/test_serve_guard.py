"""Whom the service answers, decided without a socket: its options, the rate of a client, and the names that are ours."""

from __future__ import annotations

import pytest

from danbooru_index.errors import InputError
from danbooru_index.serve.guard import Guard, Rate
from danbooru_index.serve.options import ServeOptions
from danbooru_index.service.failures import RequestError

KEY = "a-key-of-the-tests"


def test_options_know_what_is_loopback() -> None:
    assert ServeOptions(host="::1").requests_per_second == 0
    assert ServeOptions(host="0.0.0.0", key=KEY).requests_per_second > 0
    assert KEY not in repr(ServeOptions(key=KEY))
    with pytest.raises(InputError, match="no key"):
        ServeOptions(host="192.0.2.1")


def test_rates_forget_and_recover() -> None:
    now = [0.0]
    rate = Rate(2.0, lambda: now[0])
    assert [rate.take("a") for _ in range(4)] == [0.0] * 4
    assert rate.take("a") == pytest.approx(0.5) and rate.take("b") == 0.0
    now[0] = 0.5
    assert rate.take("a") == 0.0 and rate.take("a") > 0


def test_addresses_are_ours_under_any_number_and_names_only_if_named() -> None:
    guard = Guard(ServeOptions(host="0.0.0.0", key=KEY, allowed_hosts=("tags.example",)))
    for host in ("192.0.2.7:8631", "[2001:db8::1]:8631", "tags.example", "TAGS.example:80", "localhost"):
        guard.check_site({"host": host, "origin": f"http://{host}"})
    with pytest.raises(RequestError) as refused:
        guard.check_site({"host": "other.example"})
    assert refused.value.status == 421
