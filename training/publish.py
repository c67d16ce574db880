"""An index with BGE-M3 from its sources to the Hub, in one command:

    HF_TOKEN=... python -m training.publish OWNER/NAME --sources FILE... --licence ID --source TEXT --work WORK

prepares the corpus, converts the weights to int8, builds, evaluates and publishes: each step is a command of danbooru-index in
a process of its own, and what it makes lies in WORK. A step that fails ends it; after what its message says, `--from STEP` goes
on there. The token comes from HF_TOKEN or the login that huggingface_hub saved, never from an argument, which every process of
the machine could read. `--until evaluate` stops before anything is sent, `--dry-run` shows what would be.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from danbooru_index.encoders import BGE_M3

SENTENCES = Path(__file__).resolve().parents[1] / "benchmarks" / "prose" / "test.jsonl"
STEPS = ("prepare", "convert", "build", "evaluate", "publish")


@dataclass(frozen=True)
class Command:
    """Arguments of danbooru-index, and where its output goes if not to the screen."""

    arguments: list[str]
    output: Path | None = None


class Job:
    """The commands of each step for one set of options."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        work: Path = options.work
        self.corpus, self.index = work / "danbooru_tags.jsonl", work / "index"
        self.figures = [(flags, work / f"figures-{name}.json") for name, flags in self._measured()]

    def _measured(self) -> Iterator[tuple[str, list[str]]]:
        if self.options.queries:
            yield "search", ["--queries", *map(str, self.options.queries)]
        yield "prose", ["--prose", "--queries", *map(str, self.options.sentences)]

    def prepare(self) -> list[Command]:
        """The corpus."""
        kinds = [part for kind in self.options.kind for part in ("--kind", kind)]
        return [Command(["prepare", *self.options.sources, *kinds, "--output", str(self.corpus)])]

    def convert(self) -> list[Command]:
        """The encoder that goes with the index, so that a CPU can query it without torch: what `evaluate` runs on a CPU too."""
        return [Command(["convert", "--model", self.options.model, "--texts", str(self.corpus)])]

    def build(self) -> list[Command]:
        """The index; an interrupted build is resumed."""
        model = ["--model", self.options.model, "--device", self.options.device]
        return [Command(["build", "--input", str(self.corpus), "--db", str(self.index), *model])]

    def evaluate(self) -> list[Command]:
        """What the card will say."""
        of = ["--db", str(self.index), "--json"]
        return [Command(["evaluate", *flags, *of], path) for flags, path in self.figures]

    def publish(self) -> list[Command]:
        """One commit."""
        options = self.options
        what = ["--licence", options.licence, "--source", options.source, "--with-encoder"]
        figures = ["--evaluation", *(str(path) for _, path in self.figures)]
        where = ["--endpoint", options.endpoint] if options.endpoint else []
        dry = ["--dry-run"] if options.dry_run else []
        return [Command(["publish", str(self.index), options.repository, *what, *figures, *where, *dry])]


def run(command: Command) -> int:
    """Run it and return its exit code; a result has its name only once it is whole."""
    whole = [sys.executable, "-m", "danbooru_index", *command.arguments]
    print(f"$ danbooru-index {shlex.join(command.arguments)}", file=sys.stderr, flush=True)
    if command.output is None:
        return subprocess.run(whole, check=False).returncode
    part = command.output.with_suffix(".part")
    with part.open("wb") as file:
        code = subprocess.run(whole, stdout=file, check=False).returncode
    if code == 0:
        part.replace(command.output)
    return code


def run_steps(job: Job, first: str, last: str) -> int:
    """Run the steps in turn; the exit code of the first one that fails, else 0."""
    for step in STEPS[STEPS.index(first) : STEPS.index(last) + 1]:
        commands: Callable[[], list[Command]] = getattr(job, step)
        for command in commands():
            code = run(command)
            if code:
                left = "" if step == "publish" else "; nothing was published"
                print(
                    f"error: the step {step} failed (exit code {code}){left}.\n"
                    f"hint: Do what is said above, then run the same command with --from {step}.",
                    file=sys.stderr,
                )
                return code
    return 0


def parser() -> argparse.ArgumentParser:
    """The arguments; none of them is secret."""
    made = argparse.ArgumentParser(
        prog="python -m training.publish", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("repository", metavar="REPO", help="owner/name (a dataset) or models/owner/name")
    made.add_argument("--sources", nargs="+", required=True, metavar="SOURCE", help="as prepare takes them")
    made.add_argument("--kind", action="append", default=[], metavar="FILE=KIND", help="as prepare takes it")
    made.add_argument("--licence", required=True, metavar="ID", help="of the corpus, as the Hub names it: cc-by-4.0")
    made.add_argument("--source", required=True, metavar="TEXT", help="where the corpus comes from, for the README")
    made.add_argument("--work", type=Path, required=True, metavar="DIR", help="where everything is made; it is reused")
    made.add_argument("--model", default=BGE_M3, metavar="NAME|FOLDER", help="default: %(default)s")
    made.add_argument("--device", default="auto", help="of the build: auto, cpu, cuda, mps or xpu")
    made.add_argument("--queries", type=Path, nargs="+", default=[], metavar="FILE", help="single things, to evaluate")
    made.add_argument(
        "--sentences", type=Path, nargs="+", default=[SENTENCES], metavar="FILE", help="to evaluate: %(default)s"
    )
    made.add_argument("--endpoint", metavar="URL", help="another Hub")
    made.add_argument("--from", dest="first", choices=STEPS, default=STEPS[0], help="begin with this step")
    made.add_argument("--until", dest="last", choices=STEPS, default=STEPS[-1], help="end with this step")
    made.add_argument("--dry-run", action="store_true", help="send nothing, but say what would be sent")
    return made


def main(arguments: list[str] | None = None) -> int:
    """See the module."""
    options = parser().parse_args(arguments)
    options.work.mkdir(parents=True, exist_ok=True)
    if STEPS.index(options.first) > STEPS.index(options.last):
        parser().error(f"--from {options.first} comes after --until {options.last}")
    return run_steps(Job(options), options.first, options.last)


if __name__ == "__main__":
    raise SystemExit(main())
