"""What strangers may send: mutated files, manifests and answers, and random queries. Each is used or refused, soon and in little memory."""

from __future__ import annotations

import random
import shutil
import time
from dataclasses import replace
from pathlib import Path

from builds import WordEncoder
from hub_versions import QUICK
from mutations import files_of, mutated, mutated_manifest, reseal, use

from danbooru_index.expand import ExpandRequest, expand
from danbooru_index.hub import fetch_index
from danbooru_index.index.index import Index
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search
from soak.outcome import MUTATIONS, Outcome, Place, check_whole


def mutate_files(place: Place, rng: random.Random) -> Outcome:
    """Files of an index changed and sealed again; Chroma's changed without, which the sizes or `verify` find."""
    outcome, version = Outcome(), place.fresh("mutated")
    shutil.copytree(place.version, version)
    for _ in range(MUTATIONS):
        path = rng.choice(files_of(version))
        data = path.read_bytes()
        with outcome.timed(path.name):
            path.write_bytes(mutated(data, rng, path.name))
            reseal(version)
            outcome.effects += use(version, WordEncoder()) != "fine"
        path.write_bytes(data)
    _mutate_chroma(version, rng, outcome)
    return outcome


def _mutate_chroma(version: Path, rng: random.Random, outcome: Outcome) -> None:
    reseal(version)
    paths = sorted(path for path in version.glob("chroma/**/*") if path.is_file())
    if not paths:
        return
    path = rng.choice(paths)
    path.write_bytes(mutated(path.read_bytes(), rng, path.name))
    with outcome.timed(path.name):
        outcome.effects += use(version, WordEncoder()) != "fine"


def mutate_manifests(place: Place, rng: random.Random) -> Outcome:
    """Manifests changed, of an index here and of one at a hub."""
    outcome, version = Outcome(), place.fresh("manifests")
    shutil.copytree(place.version, version)
    path = version / "manifest.json"
    data = path.read_bytes()
    for number in range(MUTATIONS):
        changed = mutated_manifest(data, rng)
        with outcome.timed("manifest"):
            path.write_bytes(changed)
            outcome.effects += use(version, WordEncoder()) != "fine"
        if number % 4 == 0:
            place.hub.add("soak/hostile").commit({"manifest.json": changed})
            with outcome.timed("fetched manifest"):
                hostile = replace(place.settings(), repository="soak/hostile")
                fetch_index(hostile, place.fresh("hostile"), retry=replace(QUICK, attempts=1))
    return outcome


_ANSWERS = (
    {"cut": 100},
    {"truncate": 50},
    {"flip": 3},
    {"gzip": True},
    {"no_length": True},
    {"drop": True},
    {"ignore_range": True},
)


def mutate_answers(place: Place, rng: random.Random) -> Outcome:
    """Answers of a hub with trouble: an index that is whole, or an error of ours and none."""
    outcome = Outcome()
    for _ in range(4):
        trouble = dict(
            rng.choice([*_ANSWERS, {"status": rng.randrange(200, 600), "body": rng.randbytes(rng.randrange(200))}])
        )
        place.hub.fault(
            rng.choice(["storage", "manifest", "corpus", "resolve"]), times=rng.choice([1, 3, 10**6]), **trouble
        )
        folder = place.fresh("answered")
        with outcome.timed(str(trouble)[:80]):
            fetch_index(place.settings(), folder, retry=QUICK)
        place.hub.faults.clear()
        if (folder / "CURRENT").exists():
            check_whole(folder, outcome, f"after {str(trouble)[:80]}")
    return outcome


_PIECES = [
    "cat ears",
    "双马尾",
    "女の子",
    "(long hair:1.2)",
    "<lora:x:1>",
    "__a__",
    ",",
    "\n",
    "\\(",
    "no ",
    "不要",
    "\x00",
    "\ud800",
    "😀",
    "é",
]


def random_query(rng: random.Random) -> str:
    """A text of any kind: known words, prompt syntax, any code points, up to the limit."""
    size = rng.choice([1, 3, 10, 30, 100, 2000])
    if rng.random() < 0.5:
        return "".join(rng.choice(_PIECES) for _ in range(size))[:20_000]
    top = rng.choice([0x7F, 0x3000, 0xFFFF, 0x10FFFF])
    return "".join(chr(rng.randrange(top + 1)) for _ in range(size))


def random_queries(place: Place, rng: random.Random) -> Outcome:
    """About a minute of queries of all kinds to one open index."""
    outcome = Outcome()
    with Index(place.small) as index:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            text = random_query(rng)
            with outcome.timed(f"search {text[:60]!r}"):
                search(index, SearchRequest(text, nsfw="include", min_count=rng.choice([0, 100])))
            with outcome.timed(f"expand {text[:60]!r}"):
                expand(index, ExpandRequest(text))
    return outcome
