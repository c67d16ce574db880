"""docs/troubleshooting.md quotes messages as the code writes them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import ROOT

from danbooru_index.errors import BuildError, IndexNotFoundError
from danbooru_index.index import Index
from danbooru_index.indexing.space import check_space

PAGE = ROOT / "docs" / "troubleshooting.md"
ROOMS = (
    "Memory and disk",
    "Network and mirrors",
    "Chroma",
    "GPU and BGE-M3",
    "The index",
    "ComfyUI",
    "Stable Diffusion WebUI",
)
LEAST_FIXED = 8  # letters that a message has of its own
FILLED = r"(?:[^ ]*\.\.\.[^ ]*|$)"  # what is filled in stands as `...` in the page; at the end it may be nothing


def quoted() -> list[str]:
    """The messages of the page, `...` where they differ."""
    heads = re.findall(r"^\*\*`.*`\*\*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return [message for head in heads for message in re.findall(r"\*\*`([^`]+)`\*\*", head)]


def sources() -> Iterator[ast.Module]:
    for folder in ("danbooru_index", "nodes", "danbooru_index_webui"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield ast.parse(path.read_text(encoding="utf-8"))


def constants(*trees: ast.Module) -> dict[str, str]:
    """The names in capitals that modules give to texts, `A, B = "a", 1` included: messages are made with them."""
    given: dict[str, str] = {}
    for node in (node for tree in trees for node in tree.body if isinstance(node, ast.Assign)):
        for target in node.targets:
            several = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
            for name, value in zip(target.elts, node.value.elts, strict=True) if several else [(target, node.value)]:
                if isinstance(name, ast.Name) and name.id.isupper() and isinstance(getattr(value, "value", None), str):
                    given[name.id] = value.value
    return given


def parts(node: ast.expr, known: dict[str, str]) -> Iterator[str | None]:
    """The fixed parts of a text in the code, None for what is filled in; `%s` of the log is filled in too."""
    if isinstance(node, ast.JoinedStr):
        for value in node.values:
            yield from parts(value, known)
    elif isinstance(node, ast.FormattedValue) and isinstance(node.value, ast.Name):
        yield known.get(node.value.id)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from parts(node.left, known)
        yield from parts(node.right, known)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        for place, text in enumerate(re.split(r"%[sd]", node.value)):
            yield from (None, text) if place else (text,)
    else:
        yield None


def patterns() -> list[re.Pattern[str]]:
    """One pattern for every text of the package and its hosts that has enough of its own to be known by it."""
    found = set()
    everywhere = constants(*sources())
    for tree in sources():
        known = {**everywhere, **constants(tree)}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr | ast.Constant | ast.BinOp):
                pieces = list(parts(node, known))
                if sum(character.isalpha() for piece in pieces if piece for character in piece) >= LEAST_FIXED:
                    fixed = (None if piece is None else re.escape(piece.replace("\n", " ")) for piece in pieces)
                    found.add("".join(FILLED if piece is None else piece for piece in fixed))
    return [re.compile(text) for text in sorted(found)]


PATTERNS = patterns()


def is_said(message: str) -> bool:
    return any(pattern.fullmatch(message) for pattern in PATTERNS)


@pytest.mark.parametrize("message", quoted())
def test_the_code_says_this(message: str) -> None:
    assert is_said(message)


def test_a_message_that_nobody_says_is_noticed() -> None:
    assert not is_said("The index ... could not be written: the disk is tired.")
    assert not is_said("There is no index yet")
    assert not is_said("Another build is at rest in ...: ....")


def test_every_room_has_entries_and_every_entry_an_answer() -> None:
    sections = dict(re.findall(r"^## (.+)\n((?:(?!^## ).*\n)*)", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    for room in ROOMS:
        entries = re.split(r"^(?=\*\*`)", sections[room], flags=re.MULTILINE)[1:]
        assert len(entries) >= 3, room
        assert all(len(entry.split("\n", 1)[1].strip()) > 30 for entry in entries), room


def test_messages_that_are_raised_here_read_as_the_page_says(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFoundError) as missing:
        Index(tmp_path)
    with pytest.raises(BuildError) as full:
        check_space(tmp_path, 10**18)
    for error in (missing.value, full.value):
        assert [text for text in quoted() if re.fullmatch(re.escape(text).replace(r"\.\.\.", ".+"), str(error))]
