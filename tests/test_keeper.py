"""The one open index of a process, with threads."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from conftest import corpus_lines

from danbooru_index.encoders import open_encoder
from danbooru_index.index.index import Index
from danbooru_index.indexing import build_index
from danbooru_index.locate import open_index
from danbooru_index.service.keeper import LOOK_SECONDS, IndexKeeper
from danbooru_index.settings import load_settings


def test_a_new_version_is_used_without_a_restart(tmp_path: Path) -> None:
    def build(lines: list[str]) -> None:
        corpus.write_text("\n".join(lines) + "\n", encoding="utf-8")
        build_index(corpus, folder, open_encoder("use-multilingual"))

    corpus, folder, now = tmp_path / "corpus.jsonl", tmp_path / "index", [0.0]
    build(corpus_lines()[:3])
    keeper = IndexKeeper(load_settings(), folder, clock=lambda: now[0])
    with keeper.use() as (first, _):
        assert len(first.store) == 3
        build(corpus_lines()[:5])
        with keeper.use() as (same, _):
            assert same is first  # it looks once in a while only
        now[0] += LOOK_SECONDS
        with keeper.use() as (second, _):
            assert len(second.store) == 5
            assert first.store.record(0).tag == "1girl"  # the old one stays open for who uses it
    (folder / "CURRENT").write_text("nothing\n", encoding="utf-8")
    now[0] += LOOK_SECONDS
    with keeper.use() as (still, _):
        assert still is second
    keeper.close()


def test_threads_share_one_index(small_folder: Path) -> None:
    keeper = IndexKeeper(load_settings(), small_folder)
    seen = []

    def use() -> None:
        with keeper.use() as (index, _):
            seen.append(id(index))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 1 and len(seen) == 8
    keeper.close()


def test_searches_go_on_with_the_old_index_while_a_new_one_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening may fetch an encoder first, which takes minutes: the real opening, held up here as long as the test wants."""
    corpus, folder, now = tmp_path / "corpus.jsonl", tmp_path / "index", [0.0]
    begun, go_on = threading.Event(), threading.Event()

    def build(lines: list[str]) -> None:
        corpus.write_text("\n".join(lines) + "\n", encoding="utf-8")
        build_index(corpus, folder, open_encoder("use-multilingual"))

    def slowly(*arguments: Any) -> tuple[Index, str]:
        begun.set()
        assert go_on.wait(300)
        return open_index(*arguments)

    build(corpus_lines()[:3])
    keeper = IndexKeeper(load_settings(), folder, clock=lambda: now[0])
    with keeper.use():
        pass
    build(corpus_lines()[:5])
    now[0] += LOOK_SECONDS
    monkeypatch.setattr("danbooru_index.service.keeper.open_index", slowly)
    sizes: list[int] = []

    def use() -> None:
        with keeper.use() as (index, _):
            sizes.append(len(index.store))

    first = threading.Thread(target=use)
    first.start()
    assert begun.wait(300)
    others = [threading.Thread(target=use) for _ in range(4)]
    for thread in others:
        thread.start()
    for thread in others:
        thread.join(300)
    assert sizes == [3] * 4
    go_on.set()
    first.join(300)
    assert sizes == [3] * 4 + [5]
    with keeper.use() as (new, _):
        assert len(new.store) == 5
    keeper.close()
