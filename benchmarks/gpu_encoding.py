"""BGE-M3's encoder on an accelerator: what it makes, how fast, in how much memory. The steps of bge_m3_gpu.py that encode."""

from __future__ import annotations

import logging
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from bge_m3 import QUERIES, alternate, lines_of

from danbooru_index.encoders import Encoding, open_encoder
from danbooru_index.encoders.batching import TokenBudget
from danbooru_index.errors import EncoderError
from danbooru_index.settings import Settings

BUDGETS = (4096, 8192, 16_384, 32_768, 65_536, 131_072)
ALL = {"sparse": True, "tokens": True}
LONGEST = "長い " * 9000  # more than the model takes, so that it is cut at 8,192 tokens


@dataclass
class Bench:
    """What the steps share: the checkpoint, texts, files of queries and sentences, and the encoder on the device."""

    folder: Path
    corpus: Path
    device: str
    lines: int
    work: Path
    queries: tuple[Path, ...] = ()
    sentences: tuple[Path, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)
    encoder: Any = None

    def open(self, device: str, precision: str = "auto") -> Any:
        """A new encoder of the checkpoint; nothing is loaded yet."""
        return open_encoder(str(self.folder), device=device, precision=precision, settings=Settings(home=self.work))

    @property
    def cuda(self) -> Any:
        """torch.cuda where the model runs there, else None."""
        import torch

        return torch.cuda if self.encoder.module is not None and self.where().startswith("cuda") else None

    def where(self) -> str:
        """The device that holds the weights."""
        return str(next(self.encoder.module.parameters()).device)

    def texts(self, count: int) -> list[str]:
        """The first lines of the corpus."""
        return lines_of(self.corpus, count)

    def tokens_of(self, texts: list[str]) -> int:
        """How many tokens the texts have."""
        return sum(len(row.ids) for row in self.encoder._tokenizer.encode_batch_fast(texts))


def cosines(left: Encoding, right: Encoding) -> dict[str, Any]:
    """The least and the mean cosine of each output between two encodings of the same texts.

    Of dense and token vectors it is the plain product, as a search takes it: that fp16 leaves their lengths a little off 1
    counts as a difference, and a mean may pass 1.
    """

    def of_terms(a: dict[int, float], b: dict[int, float]) -> float:
        norms = np.linalg.norm(list(a.values())) * np.linalg.norm(list(b.values()))
        return float(sum(weight * b.get(term, 0.0) for term, weight in a.items()) / norms)

    dense = (left.dense * right.dense).sum(axis=1)
    sparse = [of_terms(a, b) for a, b in zip(left.sparse, right.sparse, strict=True) if a and b]
    tokens = np.concatenate([(a * b).sum(axis=1) for a, b in zip(left.tokens, right.tokens, strict=True)])
    named = {"dense": dense, "sparse": np.array(sparse), "tokens": tokens}
    return {name: {"least": f"{v.min():.5f}", "mean": f"{v.mean():.5f}"} for name, v in named.items()}


def parity(bench: Bench) -> dict[str, Any]:
    """fp16, and fp32, on the device against fp32 on the CPU."""
    texts = [*bench.texts(min(256, bench.lines)), *QUERIES.values()]
    exact = bench.open("cpu", "fp32").encode(texts, **ALL)
    found: dict[str, Any] = {"texts": len(texts), "as_it_runs": cosines(bench.encoder.encode(texts, **ALL), exact)}
    plain = bench.open(bench.device, "fp32")
    found["fp32_on_device"] = cosines(plain.encode(texts, **ALL), exact)
    plain.close()
    return found


def flag_embedding(bench: Bench) -> dict[str, Any]:
    """The same lines through FlagEmbedding's own `encode` and ours, in turns: all outputs."""
    from FlagEmbedding import BGEM3FlagModel

    texts = bench.texts(bench.lines)
    flag = BGEM3FlagModel(str(bench.folder), use_fp16=bench.cuda is not None, devices=bench.where())
    asked = {"return_dense": True, "return_sparse": True, "return_colbert_vecs": True}
    sides: dict[str, Callable[[], object]] = {
        "FlagEmbedding, 32 at once": lambda: flag.encode(texts, batch_size=32, **asked),
        "FlagEmbedding, 256 at once": lambda: flag.encode(texts, batch_size=256, **asked),
        "ours": lambda: bench.encoder.encode(texts, **ALL),
    }
    times = alternate(sides, 2)
    return {name: f"{len(texts) / statistics.median(values):,.0f} lines/s" for name, values in times.items()}


def queries(bench: Bench) -> dict[str, Any]:
    """One query at a time, on the device and on the CPU; milliseconds, medians."""
    processor = bench.open("cpu", "fp32")
    found = {}
    for name, query in QUERIES.items():
        sides: dict[str, Callable[[], object]] = {
            "device, dense": lambda q=query: bench.encoder.encode([q]),
            "device, all": lambda q=query: bench.encoder.encode([q], **ALL),
            "cpu, all": lambda q=query: processor.encode([q], **ALL),
        }
        times = alternate(sides, 15, warm=2)
        found[name] = {side: round(1000 * statistics.median(values), 1) for side, values in times.items()}
    return found


def budgets(bench: Bench) -> dict[str, Any]:
    """Batches of so many tokens: how fast, with how much memory beside the weights; and eight of the longest texts."""
    texts = bench.texts(bench.lines)
    found: dict[str, Any] = {"lines": len(texts), "tokens": bench.tokens_of(texts)}
    kept = bench.encoder._budget
    cases = [(f"{n:,} tokens", n, texts, asked) for n in BUDGETS for asked in ({"sparse": True}, ALL)]
    if bench.cuda:
        cases.append(("8 texts of 8,192 tokens, 32,768 at once", 32_768, [LONGEST] * 8, ALL))
    for name, tokens, batch, asked in cases:
        bench.encoder._budget = TokenBudget(tokens)
        if bench.cuda:
            bench.encoder._release()
            bench.cuda.reset_peak_memory_stats()
            before = bench.cuda.memory_allocated()
        begun = time.perf_counter()
        bench.encoder.encode(batch, **asked)
        seconds = time.perf_counter() - begun
        row = {"texts_a_second": round(len(batch) / seconds), "seconds": round(seconds, 2)}
        if bench.cuda:
            row["peak_gb"] = round((bench.cuda.max_memory_allocated() - before) / 1e9, 2)
        found[f"{name}, {'all' if 'tokens' in asked else 'dense and sparse'}"] = row
    bench.encoder._budget = kept
    return found


def out_of_memory(bench: Bench) -> dict[str, Any]:
    """Under a cap that 32,768 tokens do not fit: batches are halved, the vectors stay; then one text that fits nowhere."""
    if not bench.cuda:
        return {"left out": "needs CUDA"}
    texts = bench.texts(bench.lines)
    free = bench.encoder.encode(texts, **ALL)
    bench.encoder._release()
    total, weights = bench.cuda.get_device_properties(0).total_memory, bench.cuda.memory_reserved()
    found: dict[str, Any] = {}
    said = _Said()
    logging.getLogger("danbooru_index").addHandler(said)
    try:
        for name, room in (("400 MB", 400e6), ("150 MB", 150e6)):
            bench.encoder._budget = TokenBudget(32_768)
            bench.cuda.set_per_process_memory_fraction((weights + room) / total)
            said.lines.clear()
            begun = time.perf_counter()
            capped = bench.encoder.encode(texts, **ALL)
            found[f"{name} beside the weights"] = {
                "seconds": round(time.perf_counter() - begun, 2),
                "warnings": list(said.lines),
                "description": bench.encoder.description.removeprefix(bench.encoder.identity.name).strip(),
                "against_no_cap": cosines(capped, free),
            }
        try:
            bench.encoder.encode([LONGEST])
            found["one text of 8,192 tokens"] = "fitted"
        except EncoderError as error:
            found["one text of 8,192 tokens"] = f"{error} {error.hint}"
        bench.encoder.encode(texts[:8])
    finally:
        bench.cuda.set_per_process_memory_fraction(1.0)
        bench.encoder._budget = TokenBudget(32_768)
    return found


class _Said(logging.Handler):
    """Keeps what was logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def threads(bench: Bench) -> dict[str, Any]:
    """Eight threads share the encoder; each gets the vectors of its own text."""
    texts = bench.texts(8)
    alone = [bench.encoder.encode([text]).dense[0] for text in texts]
    found: dict[int, Any] = {}

    def one(number: int) -> None:
        found[number] = bench.encoder.encode([texts[number]]).dense[0]

    running = [threading.Thread(target=one, args=(number,)) for number in range(len(texts))]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(60)
    return {"least_cosine": f"{min(float(found[i] @ alone[i]) for i in range(len(texts))):.6f}"}


def release(bench: Bench) -> dict[str, Any]:
    """What is left on the device after `close`, and that the next encode loads again."""
    if not bench.cuda:
        return {"left out": "needs CUDA"}
    cuda = bench.cuda
    before = cuda.memory_reserved()
    bench.encoder.close()
    left = {
        "allocated_mb": round(cuda.memory_allocated() / 1e6, 1),
        "reserved_mb": round(cuda.memory_reserved() / 1e6, 1),
    }
    begun = time.perf_counter()
    bench.encoder.encode(["1girl"])
    return {
        "reserved_before_gb": round(before / 1e9, 2),
        **left,
        "loaded_again_s": round(time.perf_counter() - begun, 1),
    }
