"""BGE-M3's three outputs against FlagEmbedding's own, on a tiny checkpoint with random weights."""

from __future__ import annotations

import gc
import random
import sys
import threading

import numpy as np
import pytest
from tiny_m3 import SENTENCES

from danbooru_index.channels.late import max_sim
from danbooru_index.encoders import open_encoder
from danbooru_index.encoders.batching import is_out_of_memory
from danbooru_index.encoders.bge_m3 import TorchM3Encoder
from danbooru_index.encoders.model_files import identity_of
from danbooru_index.errors import EncoderError, InputError

pytest_plugins = ["m3_fixtures"]
pytestmark = pytest.mark.torch
pytest.importorskip("FlagEmbedding")

ODD = [
    "a",
    "。",
    "長い" * 300,
    "x y z " * 50,
    "1girl",
    "1girl",
    "\U0001f600 ♪ ﷽",
    "  spaces  around  ",
    "<s> </s> <pad>",
    "́ combining",
]
TEXTS = [*SENTENCES, *ODD]


def parity(encoder, flag_model, texts):
    found = encoder.encode(texts, sparse=True, tokens=True)
    exact = flag_model.encode(texts, max_length=8192, return_sparse=True, return_colbert_vecs=True)
    np.testing.assert_allclose(found.dense, exact["dense_vecs"], atol=1e-5)
    for ours, theirs in zip(found.sparse, exact["lexical_weights"], strict=True):
        # A weight within rounding of zero may be on either side of it.
        sure = {int(term): weight for term, weight in theirs.items() if weight > 1e-5}
        assert {term for term, weight in ours.items() if weight > 1e-5} == sure.keys()
        np.testing.assert_allclose([ours[term] for term in sure], list(sure.values()), atol=1e-5)
    for ours, theirs in zip(found.tokens, exact["colbert_vecs"], strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    return found


@pytest.fixture(scope="module")
def encoder(tiny_folder):
    return open_encoder(str(tiny_folder), device="cpu", precision="fp32")


def test_all_outputs_equal_flagembedding(encoder, flag_model):
    found = parity(encoder, flag_model, TEXTS)
    np.testing.assert_allclose(np.linalg.norm(found.dense, axis=1), 1.0, atol=1e-5)
    # The vectors of this checkpoint differ, so that the comparison means something.
    assert np.abs(found.dense[0] - found.dense[6]).max() > 0.1


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("budget", [1, 40, 100_000])
def test_every_shape_of_batch(tiny_folder, flag_model, padded, budget):
    class Shaped(TorchM3Encoder):
        pass

    Shaped.padded = padded  # the accelerator's way of batching, on the CPU
    encoder = Shaped(identity_of(tiny_folder), lambda: tiny_folder, device="cpu", batch_tokens=budget)
    texts = random.Random(5).sample(TEXTS * 2, 30)
    parity(encoder, flag_model, texts)


@pytest.mark.slow
def test_longest_text_is_cut_at_8192_tokens(encoder, flag_model):
    found = parity(encoder, flag_model, ["水手服 " * 9000, "1girl"])
    assert found.tokens[0].shape == (8191, 32)


def test_only_what_was_asked_for(encoder):
    assert encoder.encode(["a"]).sparse is None
    assert encoder.encode(["a"]).tokens is None
    assert encoder.encode(["a"], sparse=True).tokens is None
    nothing = encoder.encode([], sparse=True, tokens=True)
    assert (nothing.dense.shape, nothing.sparse, nothing.tokens) == ((0, 32), [], [])


def test_empty_text_is_named(encoder):
    with pytest.raises(InputError, match="Text 2 of 3"):
        encoder.encode(["a", "  ", "b"])


def test_scores_equal_flagembedding(encoder, flag_model):
    pairs = [
        ("黑色长发", "長い黒髪"),
        ("twintails, blue eyes", "ツインテールの女の子、青い目、制服"),
        ("1girl", "1girl"),
    ]
    left, right = (encoder.encode(list(side), sparse=True, tokens=True) for side in zip(*pairs, strict=True))
    exact = flag_model.compute_score(pairs, max_query_length=512, max_passage_length=512)
    for i in range(len(pairs)):
        assert float(left.dense[i] @ right.dense[i]) == pytest.approx(exact["dense"][i], abs=1e-5)
        shared = sum(weight * right.sparse[i].get(term, 0.0) for term, weight in left.sparse[i].items())
        assert shared == pytest.approx(exact["sparse"][i], abs=1e-5)
        assert float(max_sim(right.tokens[i] @ left.tokens[i].T, np.array([0]))[0]) == pytest.approx(
            exact["colbert"][i], abs=1e-5
        )


def test_memory_that_runs_out_halves_the_batches(tiny_folder, flag_model, caplog):
    class Small(TorchM3Encoder):
        """A device that holds 300 tokens."""

        released = 0

        def _forward(self, ids, lengths, *, sparse, tokens):
            if ids.size > 300:
                raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
            return super()._forward(ids, lengths, sparse=sparse, tokens=tokens)

        def _release(self):
            self.released += 1

    Small.padded = True
    encoder = Small(identity_of(tiny_folder), lambda: tiny_folder, device="cpu", batch_tokens=4000)
    texts = [text for text in TEXTS if len(text) < 100] * 10
    parity(encoder, flag_model, texts)
    assert encoder.released >= 1
    assert "tokens at once since memory ran out" in encoder.description
    assert "Memory ran out" in caplog.text
    before = encoder.released
    encoder.encode(texts)
    assert encoder.released == before, "the size that fits is remembered"
    with pytest.raises(EncoderError, match="one text of"):
        encoder.encode(["長い " * 500])


def test_threads_share_one_encoder(encoder):
    alone = encoder.encode(SENTENCES).dense
    results = {}
    threads = [
        threading.Thread(target=lambda i=i: results.update({i: encoder.encode([SENTENCES[i]]).dense[0]}))
        for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for i, vector in results.items():
        np.testing.assert_allclose(vector, alone[i], atol=1e-5)
    assert len(results) == 8


def test_placement_is_called_before_every_encode(tiny_folder):
    seen = []
    encoder = open_encoder(str(tiny_folder), device="cpu", precision="fp32", placement=seen.append)
    encoder.encode(["a"])
    encoder.encode(["b"])
    assert len(seen) == 2 and seen[0] is seen[1] and next(seen[0].parameters()).shape[1] == 32
    encoder.close()
    encoder.encode(["c"])
    assert seen[2] is not seen[0]


def test_nothing_is_drawn(tiny_folder, capfd):
    open_encoder(str(tiny_folder), device="cpu", precision="fp32").encode(["a"] * 300, sparse=True, tokens=True)
    out, err = capfd.readouterr()
    assert "it/s" not in out + err


def test_description_says_device_and_precision(tiny_folder):
    assert open_encoder(str(tiny_folder), device="cpu", precision="fp32").description.endswith("(CPU, fp32)")
    assert open_encoder(str(tiny_folder), device="cuda:0", precision="auto").description.endswith("(CUDA:0, fp16)")


@pytest.mark.parametrize(("device", "precision"), [("tpu", "auto"), ("cpu", "fp16"), ("cpu", "fp8")])
def test_unknown_device_or_precision(tiny_folder, device, precision):
    with pytest.raises(EncoderError):
        open_encoder(str(tiny_folder), device=device, precision=precision)


def test_half_precision_where_no_accelerator_is_found(tiny_folder, monkeypatch):
    monkeypatch.setattr("danbooru_index.encoders.bge_m3.best_device", lambda: "cpu")
    with pytest.raises(EncoderError, match="'fp16' on cpu, and there is no accelerator"):
        open_encoder(str(tiny_folder), device="auto", precision="fp16").encode(["a"])


@pytest.mark.parametrize("text", [*SENTENCES, *ODD[:5]])
def test_a_text_alone_is_equal_to_the_last_bit(encoder, flag_model, text):
    """In other batches FlagEmbedding's own sums differ in the last bits, by the padding; alone there is none."""
    found = encoder.encode([text], sparse=True, tokens=True)
    exact = flag_model.encode([text], max_length=8192, return_sparse=True, return_colbert_vecs=True)
    assert found.sparse[0] == {int(term): float(weight) for term, weight in exact["lexical_weights"][0].items()}
    assert found.dense[0].tolist() == exact["dense_vecs"][0].tolist()
    assert found.tokens[0].tolist() == exact["colbert_vecs"][0].tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CUDA out of memory. Tried to allocate 2.00 GiB", True),
        ("MPS backend out of memory (MPS allocated: 9.07 GB)", True),
        ("level_zero backend failed with error: 39 (UR_RESULT_ERROR_OUT_OF_DEVICE_MEMORY)", True),
        ("level_zero backend failed with error: 40 (UR_RESULT_ERROR_OUT_OF_RESOURCES)", True),
        ("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", True),
        ("CUDA error: device-side assert triggered", False),
        ("mat1 and mat2 shapes cannot be multiplied", False),
    ],
)
def test_what_devices_say_when_memory_runs_out(text, expected):
    assert is_out_of_memory(RuntimeError(text)) is expected


def test_closing_lets_the_placement_go(tiny_folder):
    class Placement:
        held = None

        def __call__(self, module):
            self.held = module

        def release(self):
            self.held = None

    placement = Placement()
    encoder = TorchM3Encoder(identity_of(tiny_folder), lambda: tiny_folder, device="cpu", placement=placement)
    encoder.encode(["a"])
    assert placement.held is encoder.module is not None
    encoder.close()
    assert placement.held is None


def test_the_module_stays_where_it_was_brought(tiny_folder):
    class Watched(TorchM3Encoder):
        """Notes every move of the module after the one to its device."""

        def _move(self, module):
            super()._move(module)
            self.later, move = [], module.to

            def noted(*where, **how):
                self.later.append(where)
                return move(*where, **how)

            module.to = noted

    encoder = Watched(identity_of(tiny_folder), lambda: tiny_folder, device="cpu", precision="fp32")
    encoder.encode(["a"])
    gc.collect()
    assert encoder.later == []


def test_a_device_that_is_not_there(tiny_folder):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has the device")
    with pytest.raises(EncoderError, match="cuda"):
        open_encoder(str(tiny_folder), device="cuda").encode(["a"])


def test_opening_loads_nothing():
    import subprocess

    code = """
import sys
from danbooru_index.encoders import open_encoder
assert open_encoder("BAAI/bge-m3", device="cpu").identity.dimensions == 1024
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "False"
