"""BGE-M3 against FlagEmbedding's own way, and three-channel search: every row of a table, both sides in one run, medians.

    python benchmarks/bge_m3.py make FOLDER            a full-size checkpoint with random weights (2.3 GB), once
    danbooru-index convert --model FOLDER              its int8 model
    python benchmarks/bge_m3.py encode FOLDER CORPUS   one query and 512 corpus lines: FlagEmbedding, torch, int8
    python benchmarks/bge_m3.py memory FOLDER          the int8 model's memory, in a process of its own
    python benchmarks/bge_m3.py search CORPUS          three channels over the corpus, encoding apart

The two sides of a ratio take turns, so that a busy machine slows both. `search` makes up vectors of BGE-M3's size from the
texts, because encoding a corpus with the full model takes hours here; only the time of a search depends on their size.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from danbooru_index.encoders import EncoderIdentity, Encoding, open_encoder
from danbooru_index.settings import Settings

QUERIES = {
    "16 tokens": "a girl with long hair and blue eyes under a tree",
    "64 tokens": "黑色长发的少女穿着水手服站在樱花树下，看着镜头，微笑，" * 3,
}
LINES = 512
SETTINGS = Settings(home=Path(tempfile.gettempdir()))


def lines_of(corpus: Path, count: int, step: int = 1) -> list[str]:
    """The texts of a corpus, as a reader meets them."""
    with corpus.open(encoding="utf-8") as file:
        return [json.loads(line)["text"] for line in itertools.islice(file, 0, count * step, step)]


def make(folder: Path, corpus: Path | None) -> None:
    """The full-size checkpoint."""
    from tiny_m3 import FULL, SENTENCES, make_checkpoint

    texts = lines_of(corpus, 12_000, 4) if corpus else SENTENCES
    make_checkpoint(folder, FULL, texts=texts, tokens=24_000)


def alternate(sides: dict[str, Callable[[], object]], rounds: int, warm: int = 1) -> dict[str, list[float]]:
    """Seconds of every side in every round; the sides take turns, after `warm` turns that are not counted."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + warm):
        for name, side in sides.items():
            started = time.perf_counter()
            with contextlib.redirect_stderr(io.StringIO()):
                side()
            if number >= warm:
                times[name].append(time.perf_counter() - started)
    return times


def show(title: str, times: dict[str, list[float]], base: str) -> None:
    """One line a side: the median, and how many times faster than the base, as the median of each round's ratio."""
    for name, values in times.items():
        ratios = [b / v for b, v in zip(times[base], values, strict=True)]
        print(
            f"{title:24} {name:14} {1000 * statistics.median(values):9.1f} ms   {statistics.median(ratios):5.2f} x",
            flush=True,
        )


def encode(folder: Path, corpus: Path, rounds: int, line_rounds: int, count: int) -> None:
    """One query, and many lines with all outputs."""
    from FlagEmbedding import BGEM3FlagModel

    logging.disable(logging.WARNING)
    flag = BGEM3FlagModel(str(folder), use_fp16=False, devices="cpu")
    ours = open_encoder(str(folder), device="cpu", precision="fp32", settings=SETTINGS)
    int8 = open_encoder(str(folder), device="cpu", precision="int8", settings=SETTINGS)
    for name, query in QUERIES.items():
        sides = {
            "FlagEmbedding": lambda q=query: flag.encode(q),
            "torch": lambda q=query: ours.encode([q]),
            "int8 ONNX": lambda q=query: int8.encode([q]),
        }
        show(f"query, {name} ({len(flag.tokenizer(query)['input_ids'])})", alternate(sides, rounds), "FlagEmbedding")
    lines = lines_of(corpus, count)

    def guide() -> None:
        for start in range(0, len(lines), 32):
            flag.encode(
                lines[start : start + 32],
                batch_size=32,
                return_dense=True,
                return_sparse=True,
                return_colbert_vecs=True,
            )

    all_of = {"sparse": True, "tokens": True}
    sides = {
        "FlagEmbedding": guide,
        "torch": lambda: ours.encode(lines, **all_of),
        "int8 ONNX": lambda: int8.encode(lines, **all_of),
    }
    show(f"{len(lines)} lines, all outputs", alternate(sides, line_rounds, warm=0), "FlagEmbedding")


_MEMORY = """
import sys, psutil
from pathlib import Path
from danbooru_index.encoders import open_encoder
encoder = open_encoder(sys.argv[1], device="cpu", precision="int8")
for text in ("1girl", "黑色长发的少女站在樱花树下", "a girl with long hair " * 12):
    encoder.encode([text], sparse=True, tokens=True)
info = psutil.Process().memory_full_info()
heavy = [name for name in ("torch", "transformers", "FlagEmbedding") if name in sys.modules]
peak = next((line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")), "0") if sys.platform == "linux" else "0"
print(f"int8 ONNX, after three queries: {info.rss / 1e9:.2f} GB resident, {info.uss / 1e9:.2f} GB its own,")
print(f"peak {int(peak) * 1024 / 1e9:.2f} GB; imported: {heavy}")
"""


def memory(folder: Path) -> None:
    """Memory of a process that encodes queries in int8."""
    subprocess.run([sys.executable, "-c", _MEMORY, str(folder)], check=True, cwd=Path(__file__).parents[1])


class MadeUpEncoder:
    """Vectors of BGE-M3's size that depend on the text's characters: texts that share some are near."""

    identity = EncoderIdentity("made-up", "1", 1024)
    has_sparse = has_tokens = True
    on_gpu = False
    description = "made-up vectors of 1024 dimensions"

    def __init__(self) -> None:
        self.known: dict[str, Encoding] = {}
        self._table = np.random.default_rng(0).normal(size=(4096, 1024)).astype(np.float32)

    def encode(self, texts: list[str], *, sparse: bool = False, tokens: bool = False) -> Encoding:
        """See Encoder.encode: a token is a piece of three characters. What `known` holds costs nothing."""
        if len(texts) == 1 and texts[0] in self.known:
            return self.known[texts[0]]
        pieces = [[text[i : i + 3] for i in range(0, len(text), 3)] for text in texts]
        ids = [[zlib.crc32(piece.encode()) for piece in row] for row in pieces]
        vectors = [self._table[np.array(row) % 4096] for row in ids]
        dense = np.stack([rows.sum(axis=0) for rows in vectors])
        dense /= np.linalg.norm(dense, axis=1, keepdims=True)
        return Encoding(
            dense,
            [{term % 250_000: 0.05 + (term % 97) / 300 for term in row} for row in ids] if sparse else None,
            [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in vectors] if tokens else None,
        )


def search(corpus: Path, folder: Path, rows: int, queries: Iterable[str]) -> None:
    """Search with three channels, encoding apart."""
    from danbooru_index import SearchRequest
    from danbooru_index.index.index import Index
    from danbooru_index.indexing import build_index
    from danbooru_index.search.engine import search as find

    encoder = MadeUpEncoder()
    if not folder.exists():
        folder.mkdir(parents=True)
        part = folder / "corpus.jsonl"
        with corpus.open(encoding="utf-8") as source:
            part.write_text("".join(itertools.islice(source, rows)), encoding="utf-8")
        report = build_index(part, folder / "index", encoder)
        print(f"built {report.rows:,} rows, {report.texts:,} texts in {report.seconds:.0f} s", flush=True)
    index = Index(folder / "index", encoder=encoder)
    requests = [SearchRequest(query) for query in queries]
    encoder.known = {request.text: encoder.encode([request.text], sparse=True, tokens=True) for request in requests}
    for request in requests:
        find(index, request)
    index.dense.open()
    times = [1000 * find(index, request).seconds for _ in range(2) for request in requests]
    late = len(index.late) if index.late is not None else 0
    p95 = sorted(times)[int(0.95 * len(times))]
    print(f"{len(index.store):,} rows, {late:,} with token vectors, {len(times)} searches:", end=" ")
    print(f"median {statistics.median(times):.1f} ms, p95 {p95:.1f} ms")


def main() -> None:
    """Parse and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["make", "encode", "memory", "search"])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=9, help="turns of each side for one query")
    parser.add_argument("--line-rounds", type=int, default=3, help="turns of each side for the corpus lines")
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--index", type=Path, help="where the index of `search` is kept (default: built anew)")
    parser.add_argument("--queries", type=Path, help="a file of queries for `search`")
    options = parser.parse_args()
    first, *rest = options.paths
    if options.what == "make":
        make(first, rest[0] if rest else None)
    elif options.what == "encode":
        encode(first, rest[0], options.rounds, options.line_rounds, options.lines)
    elif options.what == "memory":
        memory(first)
    else:
        queries = (
            [json.loads(line)["query"] for line in options.queries.open(encoding="utf-8")][:100]
            if options.queries
            else list(QUERIES.values()) * 20
        )
        with tempfile.TemporaryDirectory() as temporary:
            search(first, options.index or Path(temporary) / "bench", options.rows, queries)


if __name__ == "__main__":
    main()
