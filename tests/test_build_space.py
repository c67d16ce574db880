"""How many texts are encoded at once, by memory, by the encoder's pace and by the user."""

from __future__ import annotations

import time

import pytest

from danbooru_index.build import BuildOptions
from danbooru_index.build.space import batch_size
from danbooru_index.cli import main
from danbooru_index.errors import InputError


class Paced:
    """An encoder of so many texts a second beside so much free memory, by a clock that it moves itself."""

    def __init__(self, texts_a_second: float, free_memory: float, clock: list[float]) -> None:
        self.pace, self.free_memory, self.clock = texts_a_second, free_memory, clock

    def encode(self, texts: list[str]) -> None:
        self.clock[0] += len(texts) / self.pace


@pytest.mark.parametrize(
    ("texts_a_second", "free_memory", "cap", "size"),
    [
        (900, 64e9, 0, 2048),  # the most
        (900, 4e9, 0, 953),  # a quarter of the memory, a text a mebibyte
        (900, 0.1e9, 0, 32),  # never under the guide's rule
        (60, 64e9, 0, 600),  # what is encoded in ten seconds, since a checkpoint waits for it
        (3, 64e9, 0, 64),
        (3, 4e9, 0, 32),
        (900, 64e9, 16, 16),
        (3, 64e9, 500, 500),  # the user knows better
        (900, 4e9, 5000, 953),
    ],
)
def test_batch_size(
    texts_a_second: float, free_memory: float, cap: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    found = batch_size(Paced(texts_a_second, free_memory, clock), cap)  # type: ignore[arg-type]
    assert abs(found - size) <= 1


def test_a_batch_size_below_one_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="The batch size is -5"):
        BuildOptions(batch_size=-5)
    assert main(["build", "--input", "x.jsonl", "--batch-size", "-5"]) == 1
    assert capsys.readouterr().err.splitlines()[0] == "error: The batch size is -5."
