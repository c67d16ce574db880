"""What a run of the soak works on, and what came of it."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from builds import WordEncoder, tag_lines, write_lines
from conftest import corpus_lines
from hub_server import HubServer

from danbooru_index.errors import DanbooruIndexError
from danbooru_index.index.index import Index
from danbooru_index.index.manifest import check_files, read_manifest
from danbooru_index.index.versions import current_version
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search
from danbooru_index.settings import Settings

BUILDER = Path(__file__).parents[1] / "faults/builder.py"
PUBLISHER = Path(__file__).with_name("publisher.py")
REPOSITORY = "soak/index"
SECONDS = 5.0  # longer is a hang
MEGABYTES = 1000.0
MUTATIONS = 20  # a run


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
        begun, before = time.process_time(), megabytes()
        try:
            yield
        except DanbooruIndexError:
            self.effects += 1
        except Exception as error:
            self.fail(f"{what}: {type(error).__name__}: {str(error)[:200]}")
        seconds, memory = time.process_time() - begun, megabytes() - before
        self.longest, self.memory = max(self.longest, seconds), max(self.memory, memory)
        if seconds > SECONDS or memory > MEGABYTES:
            self.fail(f"{what}: {seconds:.1f} s, {memory:.0f} MB")


def megabytes() -> float:
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


def check_whole(folder: Path, outcome: Outcome, what: str) -> None:
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
