"""The commands that the documents name, and what is wrong with one: it is held against the real parser, Makefile and modules."""

from __future__ import annotations

import argparse
import importlib.util
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from danbooru_index.cli.main import parser

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
DOCUMENTS += sorted((ROOT / "web/docs").rglob("*.md")) + sorted((ROOT / "benchmarks").rglob("*.md"))

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<![`*])`([^`\n]+)`(?!`)")  # what is bold, too, is a message that is quoted
_FLAG = re.compile(r"(?<![\w/.=-])(--[a-z][a-z-]*|-[a-z](?![\w-]))")
_WORD = re.compile(r"[a-z][a-z-]*")
_OURS = re.compile(r"(?<![\w/.-])(?:danbooru-index|python -m danbooru_index) +(?=[a-z-])")
_MODULE = re.compile(r"\bpython(?:3(?:\.\d+)?)? +-m +([\w.]+)([^|;#]*)")
_SCRIPT = re.compile(r"\bpython +([\w/]+\.py)([^|;#]*)")
_MAKE = re.compile(r"(?<![\w/-])make +([a-z][a-z-]*)(?=\s|$)")
_CHOICE = re.compile(r"(--[a-z-]+) +([a-z0-9]+(?:\|[a-z0-9]+)+)(?![\w|/-])")


def commands() -> dict[str, argparse.ArgumentParser]:
    """The sub-commands of danbooru-index by their names, from its own parser."""
    for action in parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    raise AssertionError("the command line has no sub-commands")


COMMANDS = commands()


def flags_of(command: str) -> dict[str, argparse.Action]:
    """The flags of a sub-command; of danbooru-index itself for an empty name."""
    return dict((COMMANDS[command] if command else parser())._option_string_actions)


TOOLS = ("nox", "pip", "pytest")  # run with python -m; not each of them is in every environment of the tests
ALL_FLAGS = {flag for name in ("", *COMMANDS) for flag in flags_of(name)}


@dataclass(frozen=True)
class Piece:
    """Text in a document that is written as code: a line of a fenced block, with its continuation lines, or a span."""

    where: str
    text: str
    fenced: bool


def pieces(path: Path) -> Iterator[Piece]:
    """The pieces of a document: python blocks are programs, which other tests run."""
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT).as_posix()
    blocks = [block[2] for block in _FENCE.finditer(text) if block[1] != "python"]
    for block in blocks:
        for line in re.sub(r"\n {4,}", " ", block).split("\n"):
            said = re.sub(r"(^|\s)#.*", "", line).strip().removeprefix("$ ")
            if said:
                yield Piece(name, said, True)
    for span in _SPAN.finditer(_FENCE.sub("", text)):
        yield Piece(name, span[1].strip(), False)


def problems(piece: Piece) -> list[str]:
    """What a piece names that does not exist; a whole command in a fenced block must be one that the parser takes."""
    text = piece.text
    found = [*_make_problems(text), *_python_problems(text)]
    starts = [match.end() for match in _OURS.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=False):
        said = re.split(r"\s+(?:\||&&|;)\s+(?!-)", text[start:end])[0]
        bad = command_problems(said)
        found += bad or (_parse_problems(said) if piece.fenced else [])
    if not starts and text.split()[0] in COMMANDS:
        found += command_problems(text)
    elif not starts and re.fullmatch(r"--[a-z-]+( \S+)*", text):
        programs = _source(ROOT / "benchmarks") if piece.where.startswith("benchmarks/") else ""
        known = {flag for flag in _FLAG.findall(text) if flag in ALL_FLAGS or f'"{flag}"' in programs}
        found += [f"no command has {flag}" for flag in _FLAG.findall(text) if flag not in known]
        found += _choice_problems(text, list(COMMANDS))
    return found


def _source(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py")))


def command_problems(text: str) -> list[str]:
    """What is wrong with `SUB-COMMAND arguments`, or several of them one after the other as in a summary."""
    words, found = text.split(), []
    if not _WORD.fullmatch(words[0]):  # a flag of the program itself
        return [f"danbooru-index has no {flag}" for flag in _FLAG.findall(words[0]) if flag not in flags_of("")]
    if words[0] not in COMMANDS:
        return [f"there is no command {words[0]}"]
    current = words[0]
    for word in words[1:]:
        current = word if word in COMMANDS else current
        found += [f"{current} has no {flag}" for flag in _FLAG.findall(word) if flag not in flags_of(current)]
    return found + _choice_problems(text, [name for name in COMMANDS if name in words])


def _choice_problems(text: str, names: list[str]) -> list[str]:
    found = []
    for flag, listed in _CHOICE.findall(text):
        actions = [flags_of(name)[flag] for name in names if flag in flags_of(name)]
        known = [{str(choice) for choice in action.choices} for action in actions if action.choices]
        if known and not any(set(listed.split("|")) <= choices for choices in known):
            found.append(f"{flag} does not take all of {listed}")
    return found


def _parse_problems(text: str) -> list[str]:
    if re.search(r"[\[<|]|(^|\s)\.\.\.", text):  # a pattern, not a command
        return []
    try:
        arguments = shlex.split(re.sub(r" > [\w.-]+$", "", text))  # where a shell puts the output
    except ValueError as error:
        return [f"{text}: {error}"]
    try:
        # A placeholder such as N stands for a number.
        parser().parse_args(["1" if argument == "N" else argument for argument in arguments])
    except SystemExit:
        return [f"argparse refuses: {text}"]
    return []


def _make_problems(text: str) -> list[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    return [f"there is no make {target}" for target in _MAKE.findall(text) if target not in targets]


def _python_problems(text: str) -> list[str]:
    found = []
    for module, rest in _MODULE.findall(text):
        if module not in ("danbooru_index", *TOOLS):
            spec = _spec(module)
            if spec is None:
                found.append(f"there is no module {module}")
            elif spec.origin and Path(spec.origin).is_relative_to(ROOT) and ".venv" not in spec.origin:
                found += _source_problems(_program(module, Path(spec.origin)), rest)
    for script, rest in _SCRIPT.findall(text):
        if (ROOT / script).is_file():
            found += _source_problems(ROOT / script, rest)
        else:
            found.append(f"there is no {script}")
    return found


def _spec(module: str) -> importlib.machinery.ModuleSpec | None:
    try:
        return importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return None


def _program(module: str, origin: Path) -> Path:
    """The file that `python -m` runs: of a package its `__main__`."""
    return origin.with_name("__main__.py") if origin.name == "__init__.py" else origin


def _source_problems(program: Path, arguments: str) -> list[str]:
    if not program.is_file():
        return [f"{program.relative_to(ROOT)} does not exist"]
    source = program.read_text(encoding="utf-8")
    return [
        f"{program.name} has no {flag}"
        for flag in _FLAG.findall(arguments)
        if f'"{flag}"' not in source and flag != "--help"
    ]
