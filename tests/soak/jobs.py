"""What the soak does: each job is one run, by a random generator of its own, and says what came of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from soak.kills import kill_build, kill_fetch, kill_publish, kill_swap
from soak.outcome import Outcome, Place
from soak.strangers import mutate_answers, mutate_files, mutate_manifests, random_queries


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
