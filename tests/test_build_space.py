"""The disk that a build asks for, and how many texts are encoded at once: by memory, by the encoder's pace and by the user."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from builds import WordEncoder, tag_lines, write_lines

from danbooru_index.cli import main
from danbooru_index.encoders import Encoder, open_encoder
from danbooru_index.errors import InputError
from danbooru_index.indexing import BuildOptions, Step, build_index
from danbooru_index.indexing.space import CorpusSize, batch_size, bytes_needed


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
    found = batch_size(Paced(texts_a_second, free_memory, clock), cap)
    assert abs(found - size) <= 1


def test_a_batch_size_below_one_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="The batch size is -5"):
        BuildOptions(batch_size=-5)
    assert main(["build", "--input", "x.jsonl", "--batch-size", "-5"]) == 1
    assert capsys.readouterr().err.splitlines()[0] == "error: The batch size is -5."


@pytest.mark.parametrize(("encoder", "texts"), [(open_encoder("use-multilingual"), 6000), (WordEncoder(), 6000)])
def test_a_build_asks_for_what_it_takes(encoder: Encoder, texts: int, tmp_path: Path) -> None:
    corpus = write_lines(tmp_path / "corpus.jsonl", tag_lines(1200))
    sizes: list[int] = []

    def look(step: Step) -> None:
        sizes.append(sum(path.stat().st_size for path in (tmp_path / "index").rglob("*") if path.is_file()))

    report = build_index(corpus, tmp_path / "index", encoder, progress=look)
    assert report.texts == texts
    asked = bytes_needed(CorpusSize(corpus.stat().st_size, 1200, texts), encoder, 400_000_000, 1200)
    assert max(sizes) < asked < 1.5 * max(sizes)


@pytest.mark.parametrize(
    ("corpus", "dimensions", "has_sparse", "has_tokens", "late_bytes", "in_chroma", "megabytes"),
    [
        (CorpusSize(11_652_068, 48_696, 177_835), 512, False, False, 400_000_000, 48_696, 425),  # 337 are left
        (CorpusSize(11_652_068, 48_696, 177_835), 512, False, False, 400_000_000, 0, 163),
        (CorpusSize(163_914_565, 925_428, 1_179_724), 512, False, False, 400_000_000, 200_000, 2203),
        (CorpusSize(163_914_565, 925_428, 1_179_724), 1024, False, False, 400_000_000, 200_000, 3341),
        (CorpusSize(163_914_565, 925_428, 1_179_724), 1024, True, False, 400_000_000, 200_000, 3492),
        (CorpusSize(163_914_565, 925_428, 1_179_724), 1024, True, True, 400_000_000, 200_000, 3892),
        (CorpusSize(163_914_565, 925_428, 1_179_724), 1024, True, True, 0, 200_000, 3492),
    ],
)
def test_bytes_needed_for_every_channel(
    corpus: CorpusSize,
    dimensions: int,
    has_sparse: bool,
    has_tokens: bool,
    late_bytes: int,
    in_chroma: int,
    megabytes: int,
) -> None:
    identity = SimpleNamespace(dimensions=dimensions)
    encoder = SimpleNamespace(identity=identity, has_sparse=has_sparse, has_tokens=has_tokens)
    assert round(bytes_needed(corpus, encoder, late_bytes, in_chroma) / 1e6) == megabytes
