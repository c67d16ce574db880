"""docs/figures.md says of every figure how it was measured, and when: README's ten among them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FIGURES = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def cells(text: str) -> list[list[str]]:
    """The rows of the tables of a text, without heads and rules."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows if row[0].strip() != "what"]


def test_readme_has_ten_figures_and_each_of_them_has_its_row() -> None:
    shown = [tuple(row[:2]) for row in cells(README.partition("## Figures")[2].partition("\n## ")[0])]
    assert len(shown) == 10
    assert set(shown) <= {tuple(row[:2]) for row in cells(FIGURES)}
    assert "1.5 times longer on another machine of two cores" in README


def test_every_figure_has_a_command_a_commit_and_a_date() -> None:
    rows = cells(FIGURES)
    assert len(rows) > 30
    for row in rows:
        assert len(row) == 6 and row[2], row
        assert re.fullmatch(r"[0-9a-f]{7}", row[4]) and re.fullmatch(r"\d{4}-\d\d-\d\d", row[5]), row


def test_the_commits_are_of_that_day() -> None:
    said = {row[4]: row[5] for row in cells(FIGURES)}
    for commit, date in said.items():
        shown = subprocess.run(
            ["git", "log", "-1", "--format=%ad", "--date=short", commit],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if shown.returncode:
            pytest.skip("this is not a git checkout with its whole history")
        assert shown.stdout.strip() == date, commit
