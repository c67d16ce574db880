"""The benchmark of BGE-M3 on an accelerator, rehearsed on the CPU with a tiny checkpoint: every step runs and is written down."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = [pytest.mark.torch, pytest.mark.slow]
pytest.importorskip("FlagEmbedding")
pytest.importorskip("onnx")


@pytest.mark.timeout(1800)  # a minute of the processor, however many share it
def test_every_step_runs_without_an_accelerator(corpus: Path, tmp_path: Path) -> None:
    queries, sentences, figures = tmp_path / "names.jsonl", tmp_path / "sentences.jsonl", tmp_path / "figures.json"
    asked = [{"query": "long_hair", "relevant": ["long_hair"]}, {"query": "x", "relevant": ["not_in_this_corpus"]}]
    queries.write_text("".join(json.dumps(one) + "\n" for one in asked), encoding="utf-8")
    said = {"query": "serafuku, umbrella", "lang": "en", "kind": "list", "wanted": [["serafuku"], ["umbrella"]]}
    sentences.write_text(json.dumps(said) + "\n", encoding="utf-8")
    command = [sys.executable, "benchmarks/bge_m3_gpu.py", tmp_path / "model", corpus, "--tiny", "--device", "cpu"]
    command += ["--lines", "16", "--queries", queries, "--sentences", sentences, "--json", figures]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1700, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    found = json.loads(figures.read_text(encoding="utf-8"))
    assert not [name for name, step in found.items() if "failed" in step], found
    quality = found["quality"]
    assert quality["weights"] == "random"
    outputs = ("dense", "dense + sparse", "dense + sparse + ColBERT")
    for name in (*outputs, "all, queries in fp32 on the CPU", "all, queries in int8 on the CPU"):
        # An exact name is found whatever the weights; the tag that the corpus lacks is not counted.
        assert (quality[name]["queries"], quality[name]["mAP@10"], quality[name]["concepts"]) == (1, 1.0, 1.0), name
        assert "sparse" in quality[name]["channels"] and "late" in quality[name]["channels"]
    assert "int8" in quality["all, queries in int8 on the CPU"]["encoder"]
    assert "fp32" in quality["all, queries in fp32 on the CPU"]["encoder"]
    # The table for README comes last.
    assert "| quality: dense + sparse + ColBERT |" in ran.stdout.partition("| what | measured |")[2]
