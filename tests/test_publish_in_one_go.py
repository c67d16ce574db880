"""From sources to a published index in one command, with the tiny checkpoint and a Hub of the tests."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SMALL
from hub_server import HubServer
from hub_versions import environment

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.torch
pytest.importorskip("FlagEmbedding")
pytest.importorskip("onnx")
pytest_plugins = ["hub_fixtures", "m3_fixtures"]

TOKEN = "hf_nobody_may_see_this"


def table() -> bytes:
    """The tags of the small corpus as a tag list: tag, category, posts, aliases."""
    numbers = {"general": 0, "artist": 1, "copyright": 3, "character": 4, "meta": 5}
    lines = [f'{tag},{numbers[category]},{posts},"{zh[0] if zh else ""}"' for tag, _, category, posts, zh, *_ in SMALL]
    return "\n".join(["tag,category,count,alias", *lines, ""]).encode()


@pytest.fixture
def place(hub: HubServer, tmp_path: Path, tiny_folder: Path) -> Path:
    """A folder with a model and queries; the Hub has the tags."""
    hub.add("test/tags").commit({"tags.csv": table()})
    shutil.copytree(tiny_folder, tmp_path / "model")
    single = {"query": "long_hair", "relevant": ["long_hair"]}
    (tmp_path / "single.jsonl").write_text(json.dumps(single) + "\n", encoding="utf-8")
    sentence = {"query": "serafuku, umbrella", "lang": "en", "kind": "list", "wanted": [["serafuku"], ["umbrella"]]}
    (tmp_path / "sentences.jsonl").write_text(json.dumps(sentence) + "\n", encoding="utf-8")
    return tmp_path


def variables(hub: HubServer, place: Path) -> dict[str, str]:
    trusted = {"HF_TOKEN": TOKEN, "HF_ENDPOINT": hub.url, "DANBOORU_INDEX_TOKEN_ENDPOINTS": hub.url}
    return {**environment(place / "home"), **trusted, "HF_HOME": str(place / "theirs")}


def go(hub: HubServer, place: Path, *more: str) -> subprocess.CompletedProcess[str]:
    made = ["--sources", "hf://datasets/test/tags/tags.csv", "--work", str(place / "work")]
    said = ["--licence", "cc0-1.0", "--source", "Seventeen tags of a test.", "--endpoint", hub.url]
    asked = ["--queries", str(place / "single.jsonl"), "--sentences", str(place / "sentences.jsonl")]
    model = ["--model", str(place / "model"), "--device", "cpu"]
    command = [sys.executable, "-m", "training.publish", "test/published", *made, *said, *asked, *model, *more]
    return subprocess.run(
        command, cwd=ROOT, env=variables(hub, place), capture_output=True, text=True, timeout=550, check=False
    )


def published(hub: HubServer) -> bool:
    return ("dataset", "test/published") in hub.repositories.by_name


@pytest.mark.slow
def test_from_a_source_on_the_hub_to_an_index_that_answers(hub: HubServer, place: Path) -> None:
    done = go(hub, place)
    assert done.returncode == 0, done.stderr
    steps = [line.split()[2] for line in done.stderr.splitlines() if line.startswith("$ danbooru-index")]
    assert steps == ["prepare", "convert", "build", "evaluate", "evaluate", "publish"]
    assert TOKEN not in done.stdout + done.stderr
    card = hub.add("test/published").files()["README.md"].decode()
    search, prose = (json.loads((place / "work" / f"figures-{name}.json").read_text()) for name in ("search", "prose"))
    assert f"| single | 1 | {search['mean']['map_at_10']:.3f} |" in card and search["mean"]["map_at_10"] == 1.0
    assert f"| all | 1 | {prose['sets'][-1]['concepts']:.3f} |" in card and prose["sets"][-1]["concepts"] == 1.0
    assert "int8" in card and "Seventeen tags of a test." in card

    command = [sys.executable, "-m", "danbooru_index"]
    flags = {"cwd": ROOT, "env": variables(hub, place), "capture_output": True, "text": True, "timeout": 120}
    fetched = subprocess.run(
        [*command, "fetch", "test/published", "--db", str(place / "fetched")], check=False, **flags
    )
    assert fetched.returncode == 0, fetched.stderr
    shutil.rmtree(place / "model")  # what came with the index is enough
    asked = [*command, "search", "umbrella", "--db", str(place / "fetched"), "--json"]
    answer = subprocess.run(asked, check=False, **flags)
    assert json.loads(answer.stdout)["hits"][0]["tag"] == "umbrella", answer.stderr


@pytest.mark.slow
def test_a_step_that_fails_ends_it_and_the_next_run_resumes_there(hub: HubServer, place: Path) -> None:
    (place / "sentences.jsonl").rename(place / "kept.jsonl")
    done = go(hub, place)
    assert done.returncode == 1
    assert "the step evaluate failed (exit code 1); nothing was published." in done.stderr
    assert "hint: Do what is said above, then run the same command with --from evaluate." in done.stderr
    assert "sentences.jsonl cannot be read" in done.stderr
    assert not published(hub)
    assert not list((place / "work").glob("figures-prose.*json"))

    (place / "kept.jsonl").rename(place / "sentences.jsonl")
    done = go(hub, place, "--from", "evaluate", "--dry-run")
    assert done.returncode == 0 and "not sent (--dry-run)" in done.stdout and not published(hub)
    hub.fault("repos/create", method="POST", status=403, headers={"X-Error-Message": "this token may not write"})
    done = go(hub, place, "--from", "publish")
    assert done.returncode == 1 and not published(hub)
    assert "may write (HF_TOKEN)" in done.stderr and "with --from publish" in done.stderr
    assert TOKEN not in done.stdout + done.stderr
