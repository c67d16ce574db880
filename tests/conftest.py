"""Fixtures shared by the tests: a home of their own, a small readable corpus, and an index of it built once."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from danbooru_index.encoders import open_encoder
from danbooru_index.index.index import Index
from danbooru_index.indexing import build_index
from danbooru_index.service import Service

# tag, label, category, posts, zh, ja, English definition, more fields
SMALL = [
    (
        "1girl",
        "通用",
        "general",
        6_000_000,
        ["一个女孩"],
        ["女の子"],
        "One girl in the picture.",
        {"aliases": ["one_girl"]},
    ),
    ("long_hair", "发型", "general", 5_000_000, ["长发"], ["ロングヘア"], "Hair past the shoulders.", {}),
    (
        "very_long_hair",
        "发型",
        "general",
        1_000_000,
        ["超长发"],
        ["超ロングヘア"],
        "Hair past the waist.",
        {"implies": ["long_hair"]},
    ),
    (
        "twintails",
        "发型",
        "general",
        900_000,
        ["双马尾"],
        ["ツインテール"],
        "Hair tied in two tails.",
        {"aliases": ["twin_tails"]},
    ),
    (
        "cat_ears",
        "身体",
        "general",
        300_000,
        ["猫耳"],
        ["猫耳"],
        "Ears of a cat on a head.",
        {"implies": ["animal_ears"]},
    ),
    ("animal_ears", "身体", "general", 1_300_000, ["兽耳"], ["獣耳"], "Ears of an animal on a head.", {}),
    (
        "serafuku",
        "服装",
        "general",
        400_000,
        ["水手服"],
        ["セーラー服"],
        "A school uniform, sailor collar.",
        {"names_ko": ["세일러복"]},
    ),
    ("red_eyes", "眼睛", "general", 800_000, ["红眼睛"], ["赤い目"], "Eyes with a red iris.", {}),
    ("night_sky", "场景", "general", 90_000, ["夜空"], ["夜空"], "The sky at night.", {}),
    ("umbrella", "物品", "general", 80_000, ["雨伞"], ["傘"], "Held against the rain.", {}),
    ("^_^", "表情", "general", 60_000, ["微笑的眼睛"], ["にっこり"], "Eyes closed in a smile.", {}),
    ("nude", "NSFW", "general", 700_000, ["裸体"], ["裸"], "Without clothes.", {"nsfw": True}),
    (
        "hatsune_miku",
        "角色",
        "character",
        120_000,
        ["初音未来"],
        ["初音ミク"],
        "A singer with long teal twintails.",
        {},
    ),
    (
        "saber_(fate)",
        "角色",
        "character",
        30_000,
        ["阿尔托莉雅", "Fate"],
        ["セイバー"],
        "A knight in blue and silver.",
        {},
    ),
    ("vocaloid", "作品", "copyright", 150_000, ["V家"], ["ボーカロイド"], "Singing voice software.", {}),
    ("wlop", "画师", "artist", 500, [], [], "", {}),
    ("highres", "元数据", "meta", 6_500_000, ["高分辨率"], ["高解像度"], "A picture of high resolution.", {}),
]


def corpus_lines() -> list[str]:
    """The small corpus, one JSON line per tag."""
    lines = []
    for number, (tag, label, category, posts, zh, ja, definition, more) in enumerate(SMALL, start=1):
        names = {"zh": zh, "ja": ja, "ko": more.get("names_ko", [])}
        fields = {
            "id": str(number),
            "text": f"【{label}】{tag} - {'，'.join(zh) or tag}。 {definition}",
            "source": "test",
            "tag": tag,
            "category": category,
            "post_count": posts,
            "names": {language: listed for language, listed in names.items() if listed},
            **{key: value for key, value in more.items() if key != "names_ko"},
        }
        lines.append(json.dumps(fields, ensure_ascii=False))
    return lines


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test touches a real home or reads the caller's settings."""
    for name in ("HF_ENDPOINT", "HF_TOKEN", "HF_HUB_OFFLINE", "DANBOORU_INDEX_CONFIG", "DANBOORU_INDEX_MODEL"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    monkeypatch.setenv("DANBOORU_INDEX_HOME", str(home))
    return home


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """The small corpus as a file."""
    path = tmp_path / "corpus.jsonl"
    path.write_text("\n".join(corpus_lines()) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index folder of the small corpus; read only."""
    folder = tmp_path_factory.mktemp("small")
    path = folder / "corpus.jsonl"
    path.write_text("\n".join(corpus_lines()) + "\n", encoding="utf-8")
    build_index(path, folder / "index", open_encoder("use-multilingual"))
    return folder / "index"


@pytest.fixture(scope="session")
def small_index(small_folder: Path) -> Index:
    """The open index of the small corpus."""
    return Index(small_folder)


@pytest.fixture(scope="session")
def service(small_index: Index) -> Service:
    """The service over that index, as a host holds it."""

    @contextlib.contextmanager
    def use() -> Iterator[tuple[Index, str]]:
        yield small_index, "the small index"

    return Service(use, lambda: small_index.folder)
