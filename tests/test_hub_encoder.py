"""One fetch gives a user everything: an index of a tiny BGE-M3 and its int8 encoder, searched without torch."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from conftest import corpus_lines
from hub_versions import QUICK, environment

from danbooru_index.encoders import open_encoder
from danbooru_index.errors import IndexMismatchError, InputError
from danbooru_index.hub import FetchOptions, fetch_index
from danbooru_index.hub.card import CardFacts
from danbooru_index.hub.encoder_package import converted_folder as folder_of_converted
from danbooru_index.hub.publish import plan_publish
from danbooru_index.index.manifest import read_manifest
from danbooru_index.indexing import build_index
from danbooru_index.settings import Settings
from danbooru_index.transport.endpoints import Repository

pytest_plugins = ["hub_fixtures", "m3_fixtures"]
pytestmark = pytest.mark.slow

SEARCH = """
import sys
for name in ("torch", "transformers", "FlagEmbedding"):
    sys.modules[name] = None
from danbooru_index.cli import main
sys.exit(main(sys.argv[1:]))
"""


def contents_of(plan) -> dict[str, bytes]:
    """What a plan sends."""
    return {name: data if isinstance(data, bytes) else data.read_bytes() for name, data in plan.files.items()}


def search(folder, home) -> dict:
    """What a process without torch finds."""
    command = [sys.executable, "-c", SEARCH, "search", "水手服", "--db", str(folder), "--json"]
    found = subprocess.run(command, env=environment(home), capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def test_index_and_encoder_in_one_fetch(hub, settings, folder, tmp_path, tiny_folder, converted_folder):
    checkpoint, built = shutil.copytree(tiny_folder, tmp_path / "m3"), tmp_path / "built"
    (tmp_path / "corpus.jsonl").write_text("\n".join(corpus_lines()) + "\n", encoding="utf-8")
    encoder = open_encoder(str(checkpoint), device="cpu", precision="fp32")
    build_index(tmp_path / "corpus.jsonl", built, encoder)
    converted = shutil.copytree(converted_folder, checkpoint / "onnx-int8")
    card = json.loads((converted / "model.json").read_text())
    (converted / "model.json").write_text(json.dumps({**card, "identity": encoder.identity.as_json()}))
    facts = CardFacts("cc0-1.0", "a test")
    with pytest.raises(InputError, match="nobody else could query it"):
        plan_publish(built, Repository("test/everything"), facts)
    # Beside the weights, where convert put it.
    found = folder_of_converted(encoder.identity, Settings(home=tmp_path / "home"))
    assert found == converted
    plan = plan_publish(built, Repository("test/everything"), facts, found)
    contents = contents_of(plan)
    home = str(tmp_path).encode()
    assert [name for name, data in contents.items() if home in data] == []  # nobody's folders are published
    hub.add("test/everything").commit(contents)
    before = search(built, tmp_path / "one")

    shutil.rmtree(checkpoint)
    settings = replace(settings, repository="test/everything")
    with pytest.raises(IndexMismatchError, match="needs the encoder"):  # nothing here could query it
        fetch_index(settings, folder, options=FetchOptions(encoder=False), retry=QUICK)
    report = fetch_index(settings, folder, retry=QUICK)
    assert (report.folder / "encoder/model.onnx").is_file()
    assert read_manifest(report.folder).encoder == replace(encoder.identity, name="m3")
    assert search(folder, tmp_path / "two")["hits"] == before["hits"]
    # Published again from there, it is the same, encoder and all.
    assert contents_of(plan_publish(folder, Repository("test/everything"), facts)) == contents
