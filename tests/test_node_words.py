"""The engine's hints in ComfyUI's words: nothing of a command line is left that nobody in ComfyUI can run."""

from __future__ import annotations

import ast
import importlib
import re
import sys
import types
from pathlib import Path

import pytest

from danbooru_index.errors import IndexNotFoundError, MissingDependencyError

ROOT = Path(__file__).resolve().parent.parent
# What only the command line itself says, or a developer.
ELSEWHERE = (
    "cli/",
    "serve/",
    "mcp/",
    "hub/publish.py",
    "hub/card.py",
    "hub/encoder_package.py",
    "ranking/",
    "evaluation/",
    "encoders/convert.py",
)


@pytest.fixture(scope="module")
def words() -> types.ModuleType:
    """nodes/words.py as a part of the pack; it needs nothing of ComfyUI."""
    for name, path in (("wordspack", ROOT), ("wordspack.nodes", ROOT / "nodes")):
        package = types.ModuleType(name)
        package.__path__ = [str(path)]
        sys.modules[name] = package
    sys.modules["wordspack.danbooru_index"] = importlib.import_module("danbooru_index")
    sys.modules["wordspack.danbooru_index.errors"] = importlib.import_module("danbooru_index.errors")
    return importlib.import_module("wordspack.nodes.words")


def text_of(node: ast.expr) -> str:
    """A text in the code, with a word where it is filled in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "THAT" for part in node.values)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp):
        return text_of(node.left) + text_of(node.right)
    return ""


def hints() -> list[tuple[str, str]]:
    """(file, hint) of every error that the engine raises, and of constants that look like one."""
    found = []
    for path in sorted((ROOT / "danbooru_index").rglob("*.py")):
        name = path.relative_to(ROOT / "danbooru_index").as_posix()
        if name.startswith(ELSEWHERE):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            constant = (
                isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper()
            )
            if constant or (isinstance(node, ast.keyword) and node.arg == "hint"):
                found.append((name, text_of(node.value)))
    return [(name, hint) for name, hint in found if hint]


def test_no_hint_speaks_command_line(words: types.ModuleType) -> None:
    assert len(hints()) > 60
    left = []
    for name, hint in hints():
        said = words.plain(hint)
        # A whole command, which runs as it stands, is no phrase of the command line.
        bare = re.sub(r'"[^"]*" -m (danbooru_index|pip install)[^.]*', "", said)
        if re.search(r"(?<![\w-])--[a-z]|\bpip install\b|\bdanbooru-index [a-z]|`", bare):
            left.append((name, said))
    assert left == []


def test_a_missing_package_is_said_with_the_command_for_this_python(words: types.ModuleType) -> None:
    hint = words.hint_of(MissingDependencyError("x", hint="Install it: pip install httpx"))
    assert f'"{sys.executable}" -m pip install -r "{ROOT / "requirements.txt"}"' in hint
    bge = words.hint_of(
        MissingDependencyError(
            "x", hint='Install it: pip install "FlagEmbedding>=1.4.2,<2" "transformers<5.24" (and torch)'
        )
    )
    assert f'"{sys.executable}" -m pip install "FlagEmbedding>=1.4.2,<2" "transformers<5.24"' in bge


def test_no_index_is_said_with_what_to_do_in_comfyui(words: types.ModuleType) -> None:
    error = IndexNotFoundError(
        "x", hint="Build it (danbooru-index build --input CORPUS --db DIR) or fetch it (danbooru-index fetch)."
    )
    assert words.hint_of(error).startswith("Run Danbooru Index: Rebuild, or clear the folder")
