"""Programs that are killed: a build, a fetch, a publication, a swap. Nothing may be lost or damaged."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

from hub_versions import QUICK, environment

from danbooru_index.hub import fetch_index
from danbooru_index.hub.card import CardFacts
from danbooru_index.hub.publish import Target, plan_publish, publish
from danbooru_index.index.index import Index
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search
from danbooru_index.transport.endpoints import Repository
from soak.outcome import BUILDER, PUBLISHER, REPOSITORY, Outcome, Place, check_whole

_ENDED: dict[str, float] = {}  # the most seconds after which a kind of command ended by itself
_LONGER = 1.2  # times as long as that the next one may take


def _killed(command: list[str], env: dict[str, str], rng: random.Random, longest: float) -> bool:
    """Run a command and kill it at a random moment of the time that such a one takes; whether it was still at work.

    :param longest: seconds within which it is killed while none like it has ended by itself.
    """
    kind, begun = f"{command[1:4]} {longest}", time.monotonic()
    most = min(longest, _LONGER * _ENDED.get(kind, longest))
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(timeout=rng.uniform(0.0, most))
        _ENDED[kind] = max(_ENDED.get(kind, 0.0), time.monotonic() - begun)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True


def kill_build(place: Place, rng: random.Random) -> Outcome:
    """A build into a folder with an index, killed a few times; the old one stays, and the new one is finished."""
    outcome, folder = Outcome(), place.fresh("built")
    shutil.copytree(place.small, folder)
    env = environment(place.folder / "home")
    command = [sys.executable, str(BUILDER), str(place.corpus), str(folder)]
    outcome.effects += _killed(command, env, rng, 6.0)
    check_whole(folder, outcome, "after a killed build")
    if rng.random() < 0.2:  # to the end, which the next kills need not wait for
        subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=False)
        check_whole(folder, outcome, "after a build that went on")
    return outcome


def kill_fetch(place: Place, rng: random.Random) -> Outcome:
    """A fetch, killed; the next goes on to a whole index."""
    outcome, folder = Outcome(), place.folder / "fetched"
    if rng.random() < 0.5:
        place.fresh("fetched")
    command = [
        sys.executable,
        "-m",
        "danbooru_index",
        "fetch",
        REPOSITORY,
        "--endpoint",
        place.hub.url,
        "--db",
        str(folder),
    ]
    fault = place.hub.fault("storage", rate=rng.choice([200_000, 2_000_000, 50_000_000]))
    outcome.effects += _killed(command, environment(place.folder / "home"), rng, 3.0)
    fault.times = 0
    place.hub.faults.clear()
    with outcome.timed("fetch after a kill"):
        fetch_index(place.settings(), folder, retry=QUICK)
    check_whole(folder, outcome, "after a killed fetch")
    return outcome


def kill_publish(place: Place, rng: random.Random) -> Outcome:
    """An upload, killed; readers see the old commit or the new one, and the next upload ends."""
    outcome = Outcome()
    command = [sys.executable, str(PUBLISHER), str(place.small), "soak/published", place.hub.url]
    outcome.effects += _killed(command, environment(place.folder / "home"), rng, 4.0)
    repository = place.hub.repositories.add("soak/published")
    for files in repository.commits.values():
        names = set(files) - {".gitattributes"}
        if names and not {"manifest.json", "README.md", "tags/corpus.jsonl"} <= names:
            outcome.fail(f"a commit holds half an index: {sorted(names)[:5]}")
    if rng.random() < 0.2:
        plan = plan_publish(place.small, Repository("soak/published"), CardFacts("cc0-1.0", "soak"))
        publish(plan, place.settings(), Target(place.hub.url), QUICK)
        found = replace(place.settings(), repository="soak/published")
        fetch_index(found, place.fresh("published"), retry=QUICK)
        check_whole(place.folder / "published", outcome, "a published index")
    return outcome


def kill_swap(place: Place, rng: random.Random) -> Outcome:
    """An update while an index is open here, killed: what is open goes on answering, and one version is current."""
    outcome, folder = Outcome(), place.folder / "swapped"
    if not folder.exists():
        fetch_index(place.settings(), folder, retry=QUICK)
    place.hub.add(REPOSITORY).commit({**place.hub.add(REPOSITORY).files(), "README.md": str(rng.random()).encode()})
    command = [sys.executable, "-m", "danbooru_index", "fetch", REPOSITORY, "--endpoint", place.hub.url]
    with Index(folder) as index:
        env = environment(place.folder / "home")
        outcome.effects += _killed([*command, "--db", str(folder), "--update", "--verify"], env, rng, 2.5)
        with outcome.timed("search while the index is replaced"):
            search(index, SearchRequest("cat"))
    check_whole(folder, outcome, "after a killed update")
    return outcome
