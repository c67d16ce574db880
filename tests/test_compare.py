"""Comparing two runs: what is worse by more than noise is flagged, what is not is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.compare import main

Compare = Callable[..., tuple[int, dict[str, str], str]]


@pytest.fixture
def compared(capsys: pytest.CaptureFixture[str]) -> Compare:
    """Exit code, verdict of each figure, and what was printed."""

    def run(old: Path, new: Path, *flags: str) -> tuple[int, dict[str, str], str]:
        try:
            code = main([str(old), str(new), *flags])
        except SystemExit as stopped:
            code = int(str(stopped.code))
        out, err = capsys.readouterr()
        cells = [line.split("  ") for line in out.splitlines()[1:]]
        return code, {line[0].strip(): line[-1].strip() for line in cells if len(line) > 2}, out + err

    return run


def a_set(name: str, values: list[float], *, each: bool, median_ms: float = 10.0) -> dict[str, Any]:
    mean = {"name": name, "queries": len(values), "map_at_10": sum(values) / len(values), "median_ms": median_ms}
    return mean | ({"per_query": [{"query": f"q{n}", "map_at_10": v} for n, v in enumerate(values)]} if each else {})


def write(path: Path, *sets: dict[str, Any]) -> Path:
    mean = {"name": "mean", "queries": sum(one["queries"] for one in sets)}
    mean["map_at_10"] = sum(one["map_at_10"] for one in sets) / len(sets)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"index": "i", "encoder": "e", "sets": sets, "mean": mean}), encoding="utf-8")
    return path


GOOD = [1.0, 0.5, 0.0, 1.0, 0.5] * 8  # 40 queries, mean .6


def test_the_same_small_loss_of_every_query_is_seen_by_query_and_not_from_the_means(
    compared: Compare, tmp_path: Path
) -> None:
    worse = [max(0.0, value - 0.05) for value in GOOD]
    for each, verdict in ((True, "worse"), (False, "same")):
        old, new = (
            write(tmp_path / f"{name}.json", a_set("zh", values, each=each))
            for name, values in (("old", GOOD), ("new", worse))
        )
        code, verdicts, said = compared(old, new, "--all")
        assert (code, verdicts["zh: map_at_10"]) == (int(each), verdict), said
        assert verdicts["mean: map_at_10"] == verdict
        assert ("40 queries, paired" in said) == each


def test_gains_and_losses_that_balance_are_not_a_change(compared: Compare, tmp_path: Path) -> None:
    swapped = [*GOOD[1:], GOOD[0]]
    code, verdicts, _ = compared(
        write(tmp_path / "old.json", a_set("zh", GOOD, each=True)),
        write(tmp_path / "new.json", a_set("zh", swapped, each=True)),
        "--all",
    )
    assert (code, verdicts["zh: map_at_10"]) == (0, "same")


def test_a_large_loss_is_seen_without_single_queries_and_a_gain_is_not_a_failure(
    compared: Compare, tmp_path: Path
) -> None:
    old = write(tmp_path / "old.json", a_set("zh", [1.0] * 36 + [0.0] * 4, each=False))
    new = write(tmp_path / "new.json", a_set("zh", [1.0] * 24 + [0.0] * 16, each=False))
    code, verdicts, said = compared(old, new)
    # .9 -> .6 of 40: 2.02 * sqrt(.9 * .1 / 40 + .6 * .4 / 40) = .184
    assert (code, verdicts["zh: map_at_10"]) == (1, "worse") and "-0.484 to -0.116 (40 queries)" in said
    assert compared(new, old)[:2] == (0, {"zh: map_at_10": "better", "mean: map_at_10": "better"})


def test_fewer_unwanted_tags_are_better_and_sets_of_other_queries_are_not_judged(
    compared: Compare, tmp_path: Path
) -> None:
    def prose(path: Path, unwanted: float, concepts: float, queries: int) -> Path:
        said = {"name": "all", "queries": queries, "concepts": concepts, "unwanted": unwanted, "spent": 1.2}
        path.write_text(json.dumps({"index": "i", "encoder": "e", "sets": [said]}), encoding="utf-8")
        return path

    old, new = prose(tmp_path / "old.json", 0.3, 0.8, 200), prose(tmp_path / "new.json", 0.1, 0.8, 200)
    assert compared(old, new, "--all")[1] == {
        "all: concepts": "same",
        "all: unwanted": "better",
        "all: spent": "not judged",
    }
    assert compared(new, old)[:2] == (1, {"all: unwanted": "worse"})
    other = prose(tmp_path / "other.json", 0.9, 0.1, 100)
    assert compared(old, other, "--all")[1]["all: concepts"] == "not judged"


@pytest.mark.parametrize(
    ("old", "new", "code", "verdict"),
    [
        ([10.0], [10.9], 0, "same"),  # less than 10 %
        ([10.0], [15.0], 0, "perhaps worse"),  # one run has no spread
        ([10.0, 10.2], [15.0, 14.0], 0, "perhaps worse"),  # by chance in one of six
        ([10.0, 10.2, 10.1], [15.0, 14.0, 16.0], 1, "worse"),
        ([10.0, 14.5, 10.1], [15.0, 14.0, 16.0], 0, "same"),  # the spreads overlap
        ([15.0, 14.0, 16.0], [10.0, 10.2, 10.1], 0, "better"),
    ],
)
def test_times_are_held_against_ten_percent_and_the_spread(
    compared: Compare, tmp_path: Path, old: list[float], new: list[float], code: int, verdict: str
) -> None:
    for side, times in (("old", old), ("new", new)):
        for number, time in enumerate(times):
            write(tmp_path / side / f"{number}.json", a_set("zh", GOOD, each=False, median_ms=time))
    found = compared(tmp_path / "old", tmp_path / "new", "--all")
    assert (found[0], found[1]["sets: zh: median_ms"]) == (code, verdict), found[2]


def test_a_benchmarks_json_is_judged_by_its_units(compared: Compare, tmp_path: Path) -> None:
    def run(rate: float, memory: float, said: str, wakes: int) -> dict[str, Any]:
        rows = [{"what": "memory during fetch, MB", "value": memory, "target": 300, "held": True}]
        return {"cores": 2, "zh": {"a_second": rate, "wakes": wakes}, "rows": rows, "lines": {"ours": said}}

    for side, values in (("old", (40.0, 51.0, "4,178 lines/s", 900)), ("new", (30.0, 80.0, "2,000 lines/s", 9))):
        (tmp_path / side).mkdir()
        for number in range(3):
            (tmp_path / side / f"{number}.json").write_text(json.dumps(run(*values)), encoding="utf-8")
    code, verdicts, said = compared(tmp_path / "old", tmp_path / "new", "--all")
    assert code == 1, said
    assert verdicts == {
        "zh: a_second": "worse",
        "rows: memory during fetch, MB: value": "worse",
        "lines: ours, lines/s": "worse",
    }


def test_what_cannot_be_compared_says_so(compared: Compare, tmp_path: Path) -> None:
    one = write(tmp_path / "one.json", a_set("zh", GOOD, each=False))
    (tmp_path / "empty").mkdir()
    (tmp_path / "other.json").write_text('{"seconds": 3}', encoding="utf-8")
    for other, words in (
        ("nowhere.json", "cannot be read"),
        ("empty", "no .json"),
        ("other.json", "no figure in common"),
    ):
        code, _, said = compared(one, tmp_path / other)
        assert code == 2 and words in said, said
