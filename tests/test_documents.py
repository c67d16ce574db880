"""The documents name what exists: commands, flags, their choices, make targets, modules, settings, files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from documents import ALL_FLAGS, COMMANDS, DOCUMENTS, ROOT, Piece, command_problems, pieces, problems

_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_VARIABLE = re.compile(r"\bDANBOORU_INDEX_[A-Z_]+\b")
_HINTED = re.compile(r"danbooru-index ([a-z]+(?: [^;,.()]*)?)")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_command_and_flag_exists(path: Path) -> None:
    wrong = {piece.text: found for piece in pieces(path) if (found := problems(piece))}
    assert not wrong


def test_what_does_not_exist_is_noticed() -> None:
    for text in (
        "danbooru-index serach x",
        "danbooru-index search x --explian",
        "danbooru-index build --db DIR",
        "danbooru-index search x --nsfw exclude|never",
        "danbooru-index search x --nsfw never",
        "--no-such-flag",
        "build --tolerance",
        "DANBOORU_INDEX_KEY=x danbooru-index serve --hosts h",
        "make tests",
        "python -m training.nothing",
        "python -m training --writes",
        "python benchmarks/nothing.py",
    ):
        assert problems(Piece("", text, True)), text


def test_the_readme_names_every_command() -> None:
    words = {word for piece in pieces(ROOT / "README.md") if piece.fenced for word in piece.text.split()}
    assert not set(COMMANDS) - words


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_and_variables_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    links = [link for link in _LINK.findall(text) if "://" not in link and not link.startswith(("/", "mailto:"))]
    # ComfyUI shows a help page of any language from one folder.
    base = ROOT / "web/docs" if path.is_relative_to(ROOT / "web/docs") else path.parent
    assert not [link for link in links if not (base / link).exists()]
    assert not set(_VARIABLE.findall(text)) - variables()


def variables() -> set[str]:
    """The environment variables that the package and its tests read: settings name them by their ends."""
    sources = [*(ROOT / "danbooru_index").glob("*.py"), *(ROOT / "danbooru_index/cli").glob("*.py"), ROOT / "Makefile"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in [*sources, *(ROOT / "tests").rglob("*.py")])
    return set(_VARIABLE.findall(text))


def hints() -> list[tuple[str, str]]:
    """(file, command) of every `danbooru-index ...` in a text of the code; what is filled in stands as X."""
    found = []
    for path in sorted(
        [*(ROOT / "danbooru_index").rglob("*.py"), *(ROOT / "nodes").rglob("*.py"), ROOT / "install.py"]
    ):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                text = "".join(part.value if isinstance(part, ast.Constant) else "X" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            if "\\" not in text:  # those of nodes/words.py are patterns
                found += [(named(path), command) for command in _HINTED.findall(text)]
    return found


def test_the_hints_of_the_code_name_what_exists() -> None:
    said = [(where, text) for where, text in hints() if text.split()[0] in COMMANDS or "--" in text]
    assert len(said) > 30
    assert not [(where, text, bad) for where, text in said if (bad := command_problems(text))]


def test_flags_that_messages_name_exist() -> None:
    flags = {}
    for path in sorted((ROOT / "danbooru_index").rglob("*.py")):
        if "cli" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                flags.update({flag: named(path) for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]+\b", node.value)})
    assert len(flags) > 15
    of_pip = {"--force-reinstall"}
    assert not {flag: path for flag, path in flags.items() if flag not in ALL_FLAGS | of_pip}


def test_packages_that_messages_name_are_those_of_the_project() -> None:
    """`pip install "NAME>=N"` in a message asks for what the project needs, no less."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    needed = dict(re.findall(r'"([\w-]+)>=([\d.]+)', project))
    named_there = {}
    for path in sorted((ROOT / "danbooru_index").rglob("*.py")):
        named_there.update(re.findall(r'pip install "([\w-]+)>=([\d.]+)', path.read_text(encoding="utf-8")))
    assert len(named_there) >= 3
    assert named_there == {name: needed[name] for name in named_there}


def test_constants_and_messages_are_plain_english() -> None:
    """WORDS_PER_QUERY, not WORDS_A_QUERY; "is not a folder", not "is no folder"."""
    german = re.compile(r"(?<!there )(?<!There )\b(?:is|are|was|were) no (?!more\b|less\b|longer\b|other\b|reason\b)")
    found = []
    for path in [
        path for folder in ("danbooru_index", "danbooru_index_webui", "nodes") for path in (ROOT / folder).rglob("*.py")
    ]:
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        for node in nodes:
            if isinstance(node, ast.Name):
                wrong = re.fullmatch(r"[A-Z_]+_AN?_[A-Z_]+", node.id)
            else:
                text = node.value if isinstance(node, ast.Constant) and id(node) not in docstrings else None
                wrong = isinstance(text, str) and german.search(text)
            if wrong:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []
