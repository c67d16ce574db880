"""What a way of searching costs, each in a process of its own: seconds to prepare, time of a query, and memory."""

from __future__ import annotations

import multiprocessing
import re
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np

from danbooru_index.evaluation.searches import DEPTH
from danbooru_index.index.index import Index
from danbooru_index.ranking import feature_table
from danbooru_index.records import SearchRequest
from danbooru_index.search.score import encode_queries, ranked, score_candidates, with_spelling

from . import trees
from .measure import Scorer
from .ways import PLAIN, SEARCHERS

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor seconds of preparing, processor milliseconds of a query, and the process's peak memory in MB."""

    seconds: float
    milliseconds: float
    megabytes: float


def apart(call: Callable[_P, _T], *given: _P.args, **named: _P.kwargs) -> _T:
    """What a function gives in a fresh process, so that its memory is its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(call, *given, **named).result()


def searched(way: str, folder: Path, texts: list[str]) -> tuple[list[list[str]], Cost]:
    """The first tags of each text by one of SEARCHERS, and what that cost."""
    begun = time.process_time()
    with Index(folder) as index:
        search = SEARCHERS[way][1](index)
        search(texts[0])
        ready = time.process_time()
        found = [search(text) for text in texts]
        each = 1000 * (time.process_time() - ready) / len(texts)
    return found, Cost(ready - begun, each, _peak())


def ordered(way: str, folder: Path, texts: list[str], model: Path) -> Cost:
    """What finding the candidates of each text and ordering them costs: `way` is nearest, fused, lambdamart or ours."""
    begun = time.process_time()
    score = trees.load(model) if way == "lambdamart" else PLAIN.get(way)
    with Index(folder) as index:
        _order(index, texts[0], score)
        ready = time.process_time()
        each = 1000 * sum(_order(index, text, score) for text in texts) / len(texts)
    return Cost(ready - begun, each, _peak())


def _order(index: Index, text: str, score: Scorer | None) -> float:
    """Processor seconds of one query; without a scorer it is the shipped ranker's."""
    start = time.process_time()
    request = with_spelling(index, SearchRequest(text, limit=DEPTH, nsfw="include"))
    (one,) = score_candidates(index, [request], encode_queries(index, [request.text]))
    ranked(index, one, DEPTH)
    spent = time.process_time() - start
    if score is None:
        return spent
    # Their features are in that time: the ranker has asked for them.
    table = feature_table(request.text, one.columns, index.similarity_floor)
    start = time.process_time()
    np.argsort(-(score(table) + one.exact), kind="stable")
    return spent + time.process_time() - start


def _peak() -> float:
    """The most memory that this process has had, in MB, as Linux counts it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    kilobytes = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(kilobytes[1]) / 1000 if kilobytes else float("nan")
