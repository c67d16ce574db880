"""The starter index inside the package: what a fresh build makes, in few bits, and there in seconds whatever happens meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builds import content, tag_lines, write_lines

from danbooru_index.channels.coarse import STEP, pack_vectors, unpack_vectors
from danbooru_index.channels.vectors import VectorFile
from danbooru_index.encoders import EncoderIdentity, open_encoder
from danbooru_index.errors import IndexDamagedError
from danbooru_index.index.index import Index
from danbooru_index.index.manifest import check_files, read_manifest
from danbooru_index.index.versions import current_version, has_index, unfinished_versions
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.indexing.install_packed import install_packed
from danbooru_index.indexing.packed import pack_index
from danbooru_index.locate import STARTER_CORPUS, STARTER_PACKED, ensure_starter, find_existing
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search
from danbooru_index.settings import load_settings

USE = open_encoder("use-multilingual")
# The last is empty: no build takes coarse vectors.
COARSE = {"dense/vectors.i8", "dense/scales.f32", "dense/hashes.npy"}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A corpus of 60 tags, and its index packed."""
    folder = tmp_path_factory.mktemp("small")
    corpus = write_lines(folder / "tags.jsonl", tag_lines(60))
    version = build_index(corpus, folder / "index", USE, BuildOptions(chroma_tags=0)).folder
    pack_index(version, folder / "index.zip")
    return corpus, folder / "index.zip"


def vectors(version: Path) -> np.ndarray:
    return VectorFile(version / "dense", USE.identity.dimensions).gather(slice(None))


def test_every_component_is_kept_within_half_a_step_and_with_its_sign() -> None:
    exact = np.random.default_rng(1).normal(size=(100, 64)).astype(np.float32)
    exact /= np.linalg.norm(exact, axis=1, keepdims=True)
    exact[0] = 0
    exact[0, 0] = -1.0
    exact[1] = 0
    exact[1, 1] = 1.0
    codes, scales = unpack_vectors(pack_vectors(exact, np.array([0, 1, 7, 100])), 64)
    assert np.abs(codes * scales[:, None] - exact).max() <= STEP / 2 + 1e-6
    assert ((codes > 0) == (exact > 0)).all()


@pytest.mark.slow
def test_what_ships_is_what_a_fresh_build_makes(tmp_path: Path) -> None:
    """Every file but the vectors, byte for byte, and the vectors within half a step; mend with python -m training.starter_index."""
    from training.starter_index import build_starter

    fresh = build_starter(tmp_path / "fresh")
    assert install_packed(STARTER_PACKED, STARTER_CORPUS, tmp_path / "packed", USE)
    packed = current_version(tmp_path / "packed")
    ours, theirs = content(tmp_path / "packed"), content(tmp_path / "fresh")
    differ = {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)}
    # Another processor may round the last bit of a vector otherwise: of its int8 codes, signs and sums too.
    assert differ - {"manifest"} <= COARSE | {"dense/sketch.npy", "dense/hubness.npy"}
    exact = vectors(fresh)
    assert np.abs(vectors(packed) - exact).max() <= STEP / 2 + 0.002
    bits = [np.unpackbits(np.load(v / "dense/sketch.npy").view(np.uint8)) for v in (packed, fresh)]
    assert (bits[0] != bits[1]).mean() < 0.001
    hubness = [np.load(v / "dense/hubness.npy").astype(int) for v in (packed, fresh)]
    assert np.abs(hubness[0] - hubness[1]).max() <= 1
    said, meant = read_manifest(packed), read_manifest(fresh)
    assert (said.rows, said.texts, said.encoder) == (meant.rows, meant.texts, meant.encoder)


def test_packing_again_gives_the_same_file(small: tuple[Path, Path], tmp_path: Path) -> None:
    corpus, packed = small
    pack_index(build_index(corpus, tmp_path / "index", USE).folder, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()


def test_an_unpacked_index_is_whole_and_answers(small: tuple[Path, Path], tmp_path: Path) -> None:
    corpus, packed = small
    assert install_packed(packed, corpus, tmp_path / "index", USE)
    version = current_version(tmp_path / "index")
    assert check_files(version, read_manifest(version), hashes=True) == []
    assert not (version / "unfinished").exists() and not (version / "chroma").exists()
    with Index(tmp_path / "index") as index:
        assert search(index, SearchRequest("blue thing 17")).tags[0] == "blue_thing_17"


def test_a_later_build_does_not_take_its_coarse_vectors(small: tuple[Path, Path], tmp_path: Path) -> None:
    corpus, packed = small
    assert install_packed(packed, corpus, tmp_path / "index", USE)
    report = build_index(corpus, tmp_path / "index", USE, BuildOptions(chroma_tags=0))
    assert report.reused == 0
    build_index(corpus, tmp_path / "fresh", USE, BuildOptions(chroma_tags=0))
    assert np.array_equal(vectors(report.folder), vectors(current_version(tmp_path / "fresh")))


def test_it_is_told_of_the_parts(small: tuple[Path, Path], tmp_path: Path) -> None:
    corpus, packed = small
    steps: list = []
    install_packed(packed, corpus, tmp_path / "index", USE, steps.append)
    parts = [step for step in steps if step.name == "unpacking"]
    with zipfile.ZipFile(packed) as archive:
        assert {step.total for step in parts} == {len(archive.namelist())} and parts[0].done == 0


class AnotherUse:
    """The embedded encoder in another revision."""

    identity = EncoderIdentity("use-multilingual", "0.3.0", 512)


def test_one_of_another_corpus_or_encoder_is_not_taken(small: tuple[Path, Path], tmp_path: Path) -> None:
    corpus, packed = small
    other = write_lines(tmp_path / "other.jsonl", tag_lines(61))
    assert not install_packed(packed, other, tmp_path / "index", USE)
    assert not install_packed(packed, corpus, tmp_path / "index", AnotherUse())  # type: ignore[arg-type]
    assert not install_packed(tmp_path / "nowhere.zip", corpus, tmp_path / "index", USE)
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize("where", ["middle", "end", "all"])
def test_a_damaged_one_is_named(small: tuple[Path, Path], tmp_path: Path, where: str) -> None:
    corpus, packed = small
    data = bytearray(packed.read_bytes())
    if where == "middle":
        data[len(data) // 2] ^= 0xFF
    data = {"middle": data, "end": data[:-100], "all": bytearray(b"no zip at all")}[where]
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(data)
    with pytest.raises(IndexDamagedError, match=r"The packed index .* is damaged") as caught:
        install_packed(damaged, corpus, tmp_path / "index", USE)
    assert "Install this package again" in caught.value.hint
    assert not has_index(tmp_path / "index")
    assert install_packed(packed, corpus, tmp_path / "index", USE)


def test_one_that_is_stopped_begins_again(small: tuple[Path, Path], tmp_path: Path) -> None:
    """As a host stops work: by raising from its progress."""
    corpus, packed = small
    steps: list = []

    def stopped(step: object) -> None:
        steps.append(step)
        if len(steps) == 20:
            raise RuntimeError("stopped by the host")

    with pytest.raises(RuntimeError, match="stopped by the host"):
        install_packed(packed, corpus, tmp_path / "index", USE, stopped)
    assert not has_index(tmp_path / "index") and len(unfinished_versions(tmp_path / "index")) == 1
    assert install_packed(packed, corpus, tmp_path / "index", USE)
    assert unfinished_versions(tmp_path / "index") == []
    assert install_packed(packed, corpus, tmp_path / "clean", USE)
    assert content(tmp_path / "index") == content(tmp_path / "clean")


KILLED = """
import os, signal, sys
from danbooru_index.locate import ensure_starter
from danbooru_index.settings import load_settings

steps = []
def killed(step):
    steps.append(step)
    if len(steps) == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)

ensure_starter(load_settings(), killed)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("step", [2, 20, 35])
def test_a_killed_first_answer_leaves_nothing_in_the_way(own_home: Path, step: int) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(step)], timeout=120)
    assert done.returncode == -9 and not has_index(own_home / "starter")
    settings = load_settings()
    with Index(ensure_starter(settings), settings=settings) as index:
        assert search(index, SearchRequest("水手服")).tags[0] == "serafuku"


def test_several_processes_at_once_share_one(own_home: Path) -> None:
    command = [sys.executable, "-m", "danbooru_index", "search", "水手服", "-k", "1", "--json"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    answers = [process.communicate(timeout=300)[0] for process in running]
    assert [json.loads(answer)["hits"][0]["tag"] for answer in answers] == ["serafuku"] * 3
    assert len(list((own_home / "starter" / "versions").iterdir())) == 1


def test_several_threads_at_once_share_one(own_home: Path) -> None:
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(current_version(ensure_starter(load_settings()))))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(found) == 3 and len(set(found)) == 1


def test_its_collection_is_made_when_it_is_asked_for(own_home: Path) -> None:
    settings = load_settings()
    plain = current_version(ensure_starter(settings))
    assert read_manifest(plain).options["chroma_tags"] == 0
    asked = replace(settings, dense="chroma")
    assert find_existing(asked) is None and find_existing(settings) is not None
    with Index(ensure_starter(asked), settings=asked) as index:
        assert search(index, SearchRequest("水手服")).tags[0] == "serafuku"
        assert index.dense.store.label == "Chroma"
        held = index.folder
    assert read_manifest(held).options["chroma_tags"] > 2700
    # Nobody throws it away again.
    assert current_version(ensure_starter(settings)) == held


def test_a_starter_without_its_file_is_built(own_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in a checkout whose lexicon was edited; with a small corpus in its place, since the real one takes half a minute."""
    from danbooru_index import locate

    corpus = write_lines(tmp_path / "starter.jsonl", tag_lines(20))
    monkeypatch.setattr(locate, "STARTER_CORPUS", corpus)
    steps: list = []
    folder = ensure_starter(load_settings(), steps.append)
    assert read_manifest(current_version(folder)).rows == 20
    assert [step.note for step in steps if step.name == "start"][:2] == [
        "The starter index is unpacked first, once; that takes a few seconds.",
        "It has to be built for this version; that takes about half a minute.",
    ]
