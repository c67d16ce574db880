"""What the soak does: each job is one run, by a random generator of its own, and says what came of it."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from builds import WordEncoder, tag_lines, write_lines
from conftest import corpus_lines
from hub_server import HubServer
from hub_versions import QUICK, environment
from mutations import files_of, mutated, mutated_manifest, reseal, use

from danbooru_index.errors import DanbooruIndexError
from danbooru_index.expand import ExpandRequest, expand
from danbooru_index.hub import fetch_index
from danbooru_index.hub.card import CardFacts
from danbooru_index.hub.publish import Target, plan_publish, publish
from danbooru_index.index.index import Index
from danbooru_index.index.manifest import check_files, read_manifest
from danbooru_index.index.versions import current_version
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search
from danbooru_index.settings import Settings
from danbooru_index.transport.endpoints import Repository

BUILDER = Path(__file__).parents[1] / "faults/builder.py"
PUBLISHER = Path(__file__).with_name("publisher.py")
REPOSITORY = "soak/index"
SECONDS = 5.0  # longer is a hang
MEGABYTES = 1000.0
_MUTATIONS = 20  # a run


@dataclass
class Outcome:
    """Counts: `effects` are kills that struck, or files that were refused; `wrong` is what must not be."""

    runs: int = 1
    effects: int = 0
    wrong: int = 0
    longest: float = 0.0
    memory: float = 0.0
    said: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Count another one too."""
        self.runs += other.runs
        self.effects += other.effects
        self.wrong += other.wrong
        self.longest, self.memory = max(self.longest, other.longest), max(self.memory, other.memory)

    def as_json(self) -> dict[str, float]:
        """All but the words."""
        return {name: value for name, value in asdict(self).items() if name != "said"}

    def fail(self, text: str) -> None:
        """Count something that must not be."""
        self.wrong += 1
        self.said.append(text)

    @contextlib.contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Whatever is not an error of ours, takes too long or too much memory is wrong."""
        begun, before = time.process_time(), _megabytes()
        try:
            yield
        except DanbooruIndexError:
            self.effects += 1
        except Exception as error:
            self.fail(f"{what}: {type(error).__name__}: {str(error)[:200]}")
        seconds, memory = time.process_time() - begun, _megabytes() - before
        self.longest, self.memory = max(self.longest, seconds), max(self.memory, memory)
        if seconds > SECONDS or memory > MEGABYTES:
            self.fail(f"{what}: {seconds:.1f} s, {memory:.0f} MB")


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@dataclass
class Place:
    """What all runs share: a hub with an index, a version with every channel, a corpus of 300 lines."""

    folder: Path
    hub: HubServer
    corpus: Path
    version: Path
    small: Path

    @classmethod
    @contextlib.contextmanager
    def open(cls, folder: Path) -> Iterator[Place]:
        """Built once in `folder`, used again by the next run."""
        os.environ["DANBOORU_INDEX_HOME"] = str(folder / "home")
        corpus = write_lines(folder / "corpus.jsonl", tag_lines(300))
        every, small = folder / "every", folder / "small"
        write_lines(folder / "small.jsonl", corpus_lines())
        (folder / "pairs.csv").write_text("tag_a,tag_b,count\nlong_hair,1girl,5\ncat_ears,1girl,3\n", encoding="utf-8")
        build_index(folder / "small.jsonl", every, WordEncoder(), BuildOptions(cooccurrence=folder / "pairs.csv"))
        from danbooru_index.encoders import open_encoder

        build_index(folder / "small.jsonl", small, open_encoder("use-multilingual"))
        with HubServer() as hub:
            hub.add(REPOSITORY).commit_folder(current_version(small))
            yield cls(folder, hub, corpus, current_version(every), small)

    def fresh(self, name: str) -> Path:
        """An empty folder."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        return self.folder / name

    def settings(self) -> Settings:
        """Settings of the hub here."""
        return Settings(home=self.folder / "home", endpoints=(self.hub.url,), repository=REPOSITORY)


def _killed(command: list[str], env: dict[str, str], rng: random.Random, longest: float) -> bool:
    """Run a command and kill it at a random moment; whether it was still at work."""
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(timeout=rng.uniform(0.0, longest))
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True


def _whole(folder: Path, outcome: Outcome, what: str) -> None:
    """The current version has every byte, and answers."""
    try:
        version = current_version(folder)
        if problems := check_files(version, read_manifest(version), hashes=True):
            outcome.fail(f"{what}: {problems[0]}")
        with Index(folder) as index:
            if not search(index, SearchRequest("red thing cat", nsfw="include")).hits:
                outcome.fail(f"{what}: nothing is found")
    except DanbooruIndexError as error:
        outcome.fail(f"{what}: {error}")


def kill_build(place: Place, rng: random.Random) -> Outcome:
    """A build into a folder with an index, killed a few times; the old one stays, and the new one is finished."""
    outcome, folder = Outcome(), place.fresh("built")
    shutil.copytree(place.small, folder)
    env = environment(place.folder / "home")
    command = [sys.executable, str(BUILDER), str(place.corpus), str(folder)]
    outcome.effects += _killed(command, env, rng, 6.0)
    _whole(folder, outcome, "after a killed build")
    if rng.random() < 0.2:  # to the end, which the next kills need not wait for
        subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=False)
        _whole(folder, outcome, "after a build that went on")
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
        fetch_index(place.settings(), folder, patience=QUICK)
    _whole(folder, outcome, "after a killed fetch")
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
        fetch_index(found, place.fresh("published"), patience=QUICK)
        _whole(place.folder / "published", outcome, "a published index")
    return outcome


def kill_swap(place: Place, rng: random.Random) -> Outcome:
    """An update while an index is open here, killed: what is open goes on answering, and one version is current."""
    outcome, folder = Outcome(), place.folder / "swapped"
    if not folder.exists():
        fetch_index(place.settings(), folder, patience=QUICK)
    place.hub.add(REPOSITORY).commit({**place.hub.add(REPOSITORY).files(), "README.md": str(rng.random()).encode()})
    command = [sys.executable, "-m", "danbooru_index", "fetch", REPOSITORY, "--endpoint", place.hub.url]
    with Index(folder) as index:
        env = environment(place.folder / "home")
        outcome.effects += _killed([*command, "--db", str(folder), "--update", "--verify"], env, rng, 2.5)
        with outcome.timed("search while the index is replaced"):
            search(index, SearchRequest("cat"))
    _whole(folder, outcome, "after a killed update")
    return outcome


def mutate_files(place: Place, rng: random.Random) -> Outcome:
    """Files of an index changed and sealed again; Chroma's changed without, which the sizes or `verify` find."""
    outcome, version = Outcome(), place.fresh("mutated")
    shutil.copytree(place.version, version)
    for _ in range(_MUTATIONS):
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
    for number in range(_MUTATIONS):
        changed = mutated_manifest(data, rng)
        with outcome.timed("manifest"):
            path.write_bytes(changed)
            outcome.effects += use(version, WordEncoder()) != "fine"
        if number % 4 == 0:
            place.hub.add("soak/hostile").commit({"manifest.json": changed})
            with outcome.timed("fetched manifest"):
                hostile = replace(place.settings(), repository="soak/hostile")
                fetch_index(hostile, place.fresh("hostile"), patience=replace(QUICK, attempts=1))
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
            fetch_index(place.settings(), folder, patience=QUICK)
        place.hub.faults.clear()
        if (folder / "CURRENT").exists():
            _whole(folder, outcome, f"after {str(trouble)[:80]}")
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


@dataclass(frozen=True)
class Job:
    """One kind of run, and how often it is done."""

    name: str
    runs: int
    run: Callable[[Place, random.Random], Outcome]


JOBS = (
    Job("kills of builds", 250, kill_build),
    Job("kills of fetches", 250, kill_fetch),
    Job("kills of publishing", 250, kill_publish),
    Job("kills of swaps", 250, kill_swap),
    Job("mutated index files (20 a run)", 350, mutate_files),
    Job("mutated manifests (20 a run)", 100, mutate_manifests),
    Job("mutated answers (4 a run)", 250, mutate_answers),
    Job("random queries (a minute a run)", 60, random_queries),
)
