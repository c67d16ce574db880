"""The int8 model: near fp32, same identity, and no torch when it searches."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from tiny_m3 import SENTENCES, make_checkpoint

from danbooru_index.cli import main
from danbooru_index.encoders import BGE_M3, convert, open_encoder
from danbooru_index.encoders.onnx_graph import quantise_columns, saturates
from danbooru_index.encoders.onnx_m3 import OnnxM3Encoder, read_card
from danbooru_index.errors import EncoderError

pytest_plugins = ["m3_fixtures"]
pytestmark = pytest.mark.torch
pytest.importorskip("FlagEmbedding")
pytest.importorskip("onnx")

HEAVY = ("torch", "transformers", "FlagEmbedding", "onnx", "sentence_transformers")


def test_int8_is_near_fp32(tiny_folder, converted_folder):
    exact = open_encoder(str(tiny_folder), device="cpu", precision="fp32").encode(SENTENCES, sparse=True, tokens=True)
    found = OnnxM3Encoder(converted_folder).encode(SENTENCES, sparse=True, tokens=True)
    assert (found.dense * exact.dense).sum(axis=1).min() > 0.98
    for ours, theirs, terms, exact_terms in zip(found.tokens, exact.tokens, found.sparse, exact.sparse, strict=True):
        assert ours.shape == theirs.shape
        assert (ours * theirs).sum(axis=1).mean() > 0.98
        for term, weight in exact_terms.items():
            assert terms.get(term, 0.0) == pytest.approx(weight, abs=0.2)  # 0.09 with 8 bits, 0.17 with 7
    np.testing.assert_allclose(np.linalg.norm(found.dense, axis=1), 1.0, atol=1e-5)


def test_result_hardly_depends_on_the_other_texts(converted_folder):
    encoder = OnnxM3Encoder(converted_folder)
    together = encoder.encode(SENTENCES).dense
    alone = np.concatenate([encoder.encode([text]).dense for text in SENTENCES])
    # Texts of one length share the range of their activations; nothing is padded.
    assert (together * alone).sum(axis=1).min() > 0.99


def test_a_long_text(converted_folder):
    found = OnnxM3Encoder(converted_folder).encode(["水手服 " * 3000], tokens=True)
    assert np.isfinite(found.dense).all() and len(found.tokens[0]) > 3000


def test_identity_is_the_checkpoints(tiny_folder, converted_folder):
    encoder = OnnxM3Encoder(converted_folder)
    assert encoder.identity == open_encoder(str(tiny_folder), device="cpu", precision="fp32").identity
    assert encoder.description.endswith("(CPU, int8 ONNX)")
    assert set(read_card(converted_folder).cosine) == {"dense", "sparse", "colbert"}


def test_used_on_a_cpu_when_it_is_there(tiny_folder, converted_folder, tmp_path):
    folder = shutil.copytree(tiny_folder, tmp_path / "m")
    assert "fp32" in open_encoder(str(folder), device="cpu").description
    with pytest.raises(EncoderError, match="int8") as caught:
        open_encoder(str(folder), device="cpu", precision="int8")
    assert "danbooru-index convert" in caught.value.hint
    shutil.copytree(converted_folder, folder / "onnx-int8")
    assert "int8" in open_encoder(str(folder), device="cpu").description
    assert "fp32" in open_encoder(str(folder), device="cpu", precision="fp32").description
    assert "CUDA" in open_encoder(str(folder), device="cuda").description


def test_not_used_for_other_weights(converted_folder, tmp_path):
    folder = make_checkpoint(tmp_path / "m", seed=8)
    shutil.copytree(converted_folder, folder / "onnx-int8")
    assert "fp32" in open_encoder(str(folder), device="cpu").description


def test_used_alone(converted_folder):
    assert open_encoder(str(converted_folder), device="cpu").identity == read_card(converted_folder).identity


def test_one_that_came_with_an_index(converted_folder, tmp_path):
    name = read_card(converted_folder).identity.name
    assert "int8" in open_encoder(name, device="cpu", packaged=converted_folder).description
    with pytest.raises(EncoderError, match="no encoder"):
        open_encoder("another", device="cpu", packaged=converted_folder)


def test_used_under_the_homes_model_folder(converted_folder, own_home):
    target = shutil.copytree(converted_folder, own_home / "models" / "bge-m3" / "onnx-int8")
    card = json.loads((target / "model.json").read_text())
    card["identity"] = open_encoder(BGE_M3, device="cuda").identity.as_json()
    (target / "model.json").write_text(json.dumps(card))
    encoder = open_encoder(BGE_M3, device="cpu")
    assert isinstance(encoder, OnnxM3Encoder) and encoder.identity.name == BGE_M3


@pytest.mark.parametrize("name", ["model.onnx", "model.weights", "tokenizer.json"])
def test_incomplete_model(converted_folder, tmp_path, name):
    folder = shutil.copytree(converted_folder, tmp_path / "m")
    (folder / name).unlink()
    with pytest.raises(EncoderError, match=name):
        OnnxM3Encoder(folder)


def test_damaged_graph(converted_folder, tmp_path):
    folder = shutil.copytree(converted_folder, tmp_path / "m")
    (folder / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(EncoderError, match="cannot be opened"):
        OnnxM3Encoder(folder).encode(["a"])


def test_searching_imports_no_torch(tiny_folder, converted_folder, tmp_path):
    """An index built by the torch encoder, searched by the int8 one in a fresh process."""
    from conftest import corpus_lines

    from danbooru_index.indexing import build_index

    folder = shutil.copytree(tiny_folder, tmp_path / "m")
    (tmp_path / "corpus.jsonl").write_text("\n".join(corpus_lines()) + "\n", encoding="utf-8")
    build_index(tmp_path / "corpus.jsonl", tmp_path / "index", open_encoder(str(folder), device="cpu"))
    shutil.copytree(converted_folder, folder / "onnx-int8")
    code = f"""
import sys
from pathlib import Path
from danbooru_index import Index, SearchRequest, search_many
index = Index(Path({str(tmp_path / "index")!r}))
result = search_many(index, [SearchRequest("水手服")])[0]
print(result.tags[0], result.encoder.rpartition("(")[2], sorted(result.hits[0].channels))
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code], capture_output=True, text=True, timeout=120, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert (
        first
        == "serafuku CPU, int8 ONNX) ['dense', 'exact', 'late', 'lexical', 'popularity', 'sound', 'sparse', 'words']"
    )
    assert second == "[]"


def test_convert_command(tiny_folder, tmp_path, capsys):
    folder = shutil.copytree(tiny_folder, tmp_path / "m")
    assert main(["convert", "--model", str(folder), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["folder"] == str(folder / "onnx-int8")
    assert printed["cosine"]["dense"]["mean"] > 0.98
    assert sorted(path.name for path in (folder / "onnx-int8").iterdir()) == [
        "model.json",
        "model.onnx",
        "model.weights",
        "tokenizer.json",
    ]


def test_a_harmful_conversion_is_refused(tiny_folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(convert, "LEAST_COSINE", 1.1)
    target = tmp_path / "out"
    assert main(["convert", "--model", str(tiny_folder), "--output", str(target)]) == 1
    assert "--force" in capsys.readouterr().err
    assert list(tmp_path.glob("*out*")) == []
    assert main(["convert", "--model", str(tiny_folder), "--output", str(target), "--force"]) == 0
    assert "mean cosine to fp32" in capsys.readouterr().out


def test_a_conversion_replaces_nothing_but_a_conversion(tiny_folder, converted_folder, tmp_path):
    source = shutil.copytree(tiny_folder, tmp_path / "m3")
    before = {path.name: path.read_bytes() for path in source.iterdir()}
    (tmp_path / "file").write_text("x")
    old = shutil.copytree(converted_folder, tmp_path / "old")
    (old / "notes.txt").write_text("mine")
    for target in (source, tmp_path, tmp_path / "file", old):
        with pytest.raises(EncoderError, match="holds other files"):
            convert.convert(source, target)
    assert {path.name: path.read_bytes() for path in source.iterdir()} == before
    assert (old / "notes.txt").read_text() == "mine" and (tmp_path / "file").read_text() == "x"
    (old / "notes.txt").unlink()
    (old / ".DS_Store").write_bytes(b"Finder")  # of nobody
    assert convert.convert(source, old).folder == old
    (tmp_path / "empty").mkdir()
    assert convert.convert(source, tmp_path / "empty").folder == tmp_path / "empty"


def test_quantise_columns():
    codes, scales = quantise_columns(np.array([[1.0, 0.0], [-0.5, 0.0]], np.float32), 8)
    assert codes.tolist() == [[127, 0], [-64, 0]]
    assert scales.tolist() == pytest.approx([1 / 127, 1.0])


def test_probe_for_saturation_runs():
    assert saturates() in (True, False)


def test_outlier_tokens_keep_their_neighbours_precise(tiny_folder, tmp_path):
    """One token with activations hundreds of times above the rest must not cost the others their bits."""
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(tiny_folder, tmp_path / "m")
    weights = load_file(folder / "model.safetensors")
    # A feed-forward neuron that answers hugely to some tokens, as in trained models of this kind.
    weights["encoder.layer.0.intermediate.dense.weight"][3] *= 200
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    made = convert.convert(folder)
    assert made.similarity["dense"].mean > 0.97
