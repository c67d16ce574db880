"""Publishing: what goes, what it looks like there, and that fetching it again gives the same search results."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hub_versions import QUICK, environment, noise
from publishing import FACTS, REPOSITORY, upload

from danbooru_index.corpus.lexicon import lexicon_sha256
from danbooru_index.encoders import EncoderIdentity
from danbooru_index.encoders.onnx_m3 import OnnxCard
from danbooru_index.encoders.use import UseEncoder
from danbooru_index.errors import EncoderError, HubError, IndexDamagedError, IndexMismatchError, InputError
from danbooru_index.hub import FetchOptions, fetch_index
from danbooru_index.hub.card import read_evaluation, render_card
from danbooru_index.hub.publish import Target, plan_publish, publish
from danbooru_index.index.index import Index
from danbooru_index.index.manifest import LEXICON_OPTION, check_files, read_manifest
from danbooru_index.index.versions import current_version
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search_many

pytest_plugins = ["hub_fixtures"]
pytestmark = pytest.mark.usefixtures("no_saved_login")

QUERIES = ["双马尾", "女の子の夜空", "a cat's ears", "serafuku", "赤い目"]


def answers(folder: Path) -> list[list[tuple[str, float]]]:
    with Index(folder) as index:
        found = search_many(index, [SearchRequest(text, nsfw="include") for text in QUERIES])
    return [[(hit.tag, hit.score) for hit in result.hits] for result in found]


def write_encoder(folder: Path, identity: EncoderIdentity, size: int) -> Path:
    """Files as `convert` writes them, whose graph nobody runs."""
    (folder / "sub").mkdir(parents=True)
    (folder / "model.onnx").write_bytes(noise(size))
    (folder / "model.weights").write_bytes(b"weights")
    (folder / "tokenizer.json").write_bytes(b"{}")
    (folder / "sub/notes.txt").write_bytes(b"")
    OnnxCard(identity, 512, 8, {"dense": 1.0}).write(folder)
    return folder


def test_published_and_fetched_again_it_answers_the_same(hub, settings, folder, small_folder):
    plan = plan_publish(small_folder, REPOSITORY, FACTS)
    commit = upload(hub, settings, plan)
    assert hub.add("test/published").branches["main"] == commit
    report = fetch_index(replace(settings, repository="test/published"), folder, retry=QUICK)
    assert (report.status, report.source.commit) == ("fetched", commit)
    assert answers(folder) == answers(small_folder)
    manifest = read_manifest(report.folder)
    assert check_files(report.folder, manifest, hashes=True) == []  # searching changed nothing
    assert (report.folder / "manifest.json").read_bytes() == (
        current_version(small_folder) / "manifest.json"
    ).read_bytes()


def test_one_commit_and_large_files_through_the_storage(hub, settings, small_folder):
    plan = plan_publish(small_folder, REPOSITORY, FACTS)
    upload(hub, settings, plan)
    posted = [r.path for r in hub.requests if r.method == "POST" and "/commit/" in r.path]
    assert posted == ["/api/datasets/test/published/commit/main"]
    put = {r.path.rpartition("/")[2] for r in hub.requests if r.method == "PUT"}
    assert put == {digest for _, size, digest in plan.described() if size >= 100_000}
    assert not any(r.method == "PUT" and "authorization" in r.headers for r in hub.requests)
    assert set(hub.add("test/published").files()) == {*plan.files, ".gitattributes"}


def test_publishing_again_removes_what_is_gone_and_sends_nothing_twice(hub, settings, small_folder):
    plan = plan_publish(small_folder, REPOSITORY, FACTS)
    upload(hub, settings, plan)
    repository = hub.add("test/published")
    repository.commit({**repository.files(), "old.bin": b"old", ".gitattributes": b"*"})
    hub.requests.clear()
    upload(hub, settings, plan)
    assert set(repository.files()) == {*plan.files, ".gitattributes"}
    assert [r for r in hub.requests if r.method == "PUT"] == []


def test_the_plan_is_reproducible(small_folder):
    plans = [plan_publish(small_folder, REPOSITORY, FACTS).described() for _ in range(2)]
    assert plans[0] == plans[1]
    assert {name for name, _, _ in plans[0]} >= {"README.md", "manifest.json", "tags/corpus.jsonl"}


def test_the_encoder_travels_with_the_index(hub, settings, folder, small_folder, tmp_path):
    encoder = write_encoder(tmp_path / "onnx-int8", UseEncoder.identity, 300_000)
    size = sum(path.stat().st_size for path in encoder.rglob("*") if path.is_file())
    upload(hub, settings, plan_publish(small_folder, REPOSITORY, FACTS, encoder))
    found = replace(settings, repository="test/published")
    without = fetch_index(found, folder, options=FetchOptions(encoder=False), retry=QUICK)
    assert not (without.folder / "encoder").exists()
    report = fetch_index(found, folder, retry=QUICK)
    assert report.received == size
    assert (report.folder / "encoder/model.onnx").read_bytes() == noise(300_000)
    assert (report.folder / "encoder/sub/notes.txt").read_bytes() == b""
    assert fetch_index(found, folder, retry=QUICK).status == "present"
    (report.folder / "encoder/model.onnx").write_bytes(noise(300_000, 1))
    mended = fetch_index(found, folder, options=FetchOptions(verify=True), retry=QUICK)
    assert (mended.status, mended.received) == ("fetched", 300_000)


def test_an_encoder_that_is_not_the_one_named_is_refused(hub, settings, folder, small_folder, tmp_path):
    encoder = write_encoder(tmp_path / "onnx-int8", UseEncoder.identity, 10)
    upload(hub, settings, plan_publish(small_folder, REPOSITORY, FACTS, encoder))
    repository = hub.add("test/published")
    repository.commit({**repository.files(), "encoder.json": b"{}"})
    with pytest.raises(HubError, match=r"encoder\.json .* not the one that the manifest names"):
        fetch_index(replace(settings, repository="test/published"), folder, retry=QUICK)


def test_what_cannot_be_published(small_folder, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(small_folder, broken)
    version = current_version(broken)
    corpus = version / "tags/corpus.jsonl"
    corpus.write_bytes(corpus.read_bytes()[:-1] + b" ")
    with pytest.raises(IndexDamagedError, match=r"tags/corpus\.jsonl has been changed"):
        plan_publish(broken, REPOSITORY, FACTS)
    original = current_version(small_folder) / "tags/corpus.jsonl"
    corpus.unlink()
    try:
        corpus.symlink_to(original)
    except OSError:
        pytest.skip("this system makes no links")
    with pytest.raises(IndexDamagedError, match=r"tags/corpus\.jsonl is a link"):
        plan_publish(broken, REPOSITORY, FACTS)


def test_encoders_that_cannot_be_packed(small_folder, tmp_path):
    with pytest.raises(InputError, match="no encoder"):
        plan_publish(small_folder, REPOSITORY, FACTS, tmp_path / "nothing")
    other = write_encoder(tmp_path / "other", EncoderIdentity("a/b", "1", 8), 10)
    with pytest.raises(IndexMismatchError, match="a/b@1"):
        plan_publish(small_folder, REPOSITORY, FACTS, other)
    (other / "model.json").unlink()
    with pytest.raises(EncoderError):
        plan_publish(small_folder, REPOSITORY, FACTS, other)


def test_failures_are_named(hub, settings, small_folder):
    plan = plan_publish(small_folder, REPOSITORY, FACTS)
    hub.fault("repos/create", method="POST", status=403, headers={"X-Error-Message": "this token may not write"})
    with pytest.raises(
        HubError, match=r"datasets/test/published could not be published to http://127\.0\.0\.1"
    ) as caught:
        upload(hub, settings, plan)
    assert "hf_writer" not in caught.value.full_text()
    with pytest.raises(HubError, match="Offline"):
        publish(plan, replace(settings, offline=True), Target(hub.url))
    assert "test/published" not in {name for _, name in hub.repositories.by_name}


def test_a_hub_that_keeps_other_bytes_is_noticed(hub, settings, small_folder, monkeypatch):
    plan = plan_publish(small_folder, REPOSITORY, FACTS)
    repository = hub.add("test/published")
    apply = hub.repositories.apply

    def spoil(where, lines, branch):
        commit = apply(where, lines, branch)
        repository.commits[commit]["README.md"] = type(repository.commits[commit]["README.md"])(b"other")
        return commit

    monkeypatch.setattr(hub.repositories, "apply", spoil)
    with pytest.raises(HubError, match=r"other content than was sent: README\.md"):
        upload(hub, settings, plan)


def test_the_card(small_folder, tmp_path):
    results, prose, version = tmp_path / "results.json", tmp_path / "prose.json", str(current_version(small_folder))
    row = {"queries": 7, "map_at_10": 0.5, "recall_at_10": 0.25, "mrr_at_10": 1, "median_ms": 3.2, "p95_ms": 9}
    value = {"index": version, "encoder": "use", "sets": [{"name": "zh|human", **row}], "mean": {"name": "mean", **row}}
    results.write_text(json.dumps(value))
    said = {"name": "all", "queries": 3, "concepts": 0.75, "spent": 1.25, "precision": 0.5, "unwanted": 0.0}
    prose.write_text(json.dumps({"index": version, "encoder": "use", "sets": [said]}))
    facts = replace(FACTS, evaluations=(read_evaluation(results), read_evaluation(prose)))
    card = plan_publish(small_folder, REPOSITORY, facts).files["README.md"].decode()
    assert card.startswith('---\nlicense: "cc-by-4.0"\n')
    assert "danbooru-index fetch datasets/test/published" in card
    assert (
        "| set | number | mAP@10 | recall@10 | MRR@10 |\n|---|---|---|---|---|\n| zh human | 7 | 0.500 | 0.250 | 1.000 |"
        in card
    )
    assert "| all | 3 | 0.750 | 1.250 | 0.500 | 0.000 |" in card
    assert card.count("## Quality") == 1
    assert "Tags from a test, 2026." in card
    results.write_text('{"sets": [{}], "mean": {}}')
    with pytest.raises(InputError, match="not a result of evaluate"):
        read_evaluation(results)


def test_the_card_says_whose_judgement_the_ratings_are(small_folder, tmp_path):
    manifest = read_manifest(current_version(small_folder))
    card = render_card(manifest, REPOSITORY, FACTS, with_encoder=False)
    assert f"own lexicon (SHA-256 `{lexicon_sha256()}`); of tags that it does not rate" in card
    bare = replace(manifest, options={**manifest.options, LEXICON_OPTION: ""})
    card = render_card(bare, REPOSITORY, FACTS, with_encoder=False)
    assert "what the labels of its corpus say" in card and "judgement of danbooru-index" not in card


def test_figures_of_another_index_are_refused(small_folder, tmp_path):
    results = tmp_path / "results.json"
    results.write_text('{"index": "versions/other", "encoder": "use", "sets": []}')
    with pytest.raises(InputError, match=r"The figures are of the index version other, and .* is to be published"):
        plan_publish(small_folder, REPOSITORY, replace(FACTS, evaluations=(read_evaluation(results),)))


def test_dry_run_needs_no_network(small_folder, tmp_path):
    program = (
        "import socket, sys\n"
        "def refuse(*_, **__): raise AssertionError('network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from danbooru_index.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    flags = ["publish", str(small_folder), "a/b", "--licence", "cc0-1.0", "--source", "here", "--dry-run", "--json"]
    command = [sys.executable, "-c", program, *flags]
    found = subprocess.run(command, env=environment(tmp_path), capture_output=True, text=True, timeout=60)
    assert found.returncode == 0, found.stderr
    value = json.loads(found.stdout)
    assert (value["commit"], value["endpoint"]) == (None, "https://huggingface.co")
    assert "manifest.json" in {row["path"] for row in value["files"]}
    assert "huggingface_hub" not in found.stderr
