"""Measure `fetch` against curl plus sha256sum, its resume, its no-op and its memory: `python benchmarks/fetch.py`.

Everything runs on the loopback. Prints one JSON object; each row has its target, and `held` says whether it was met.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from hub_versions import environment, write_version

FETCH = [sys.executable, "-m", "danbooru_index", "fetch", "test/index", "--json"]
SHARES = {"chroma/graph.bin": 0.55, "chroma/chroma.sqlite3": 0.15, "dense/vectors.i8": 0.2, "tags/corpus.jsonl": 0.05}


def make_index(folder: Path, size: int) -> Path:
    """An index of so many bytes, in files as a real one has them: a few large ones and many small ones."""
    contents = {
        name: np.random.default_rng(number).bytes(int(size * share))
        for number, (name, share) in enumerate(SHARES.items())
    }
    small = (size - sum(len(data) for data in contents.values())) // 16
    contents |= {f"lexical/part-{number}.npy": np.random.default_rng(100 + number).bytes(small) for number in range(16)}
    return write_version(folder, contents)


@contextmanager
def serving(folder: Path):
    """The endpoint of a test Hub in a process of its own."""
    command = [sys.executable, str(ROOT / "tests/hub_server.py"), str(folder)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(folder)
    )
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(10)


def run_fetch(home: Path, endpoint: str, *arguments: str) -> tuple[float, dict, float]:
    """Seconds, the report, and the peak of resident memory in MB."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [*FETCH, "--endpoint", endpoint, *arguments],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"fetch ended with {process.returncode}")
    return (
        time.perf_counter() - started,
        json.loads(output),
        usage.ru_maxrss / (1024 if sys.platform == "linux" else 1 << 20),
    )


def warm_up(endpoint: str, version: Path) -> None:
    """The server hashes each file at its first request; that is not to be measured."""
    names = [path.relative_to(version).as_posix() for path in version.rglob("*") if path.is_file()]
    urls = [f"{endpoint}/datasets/test/index/resolve/main/{name}" for name in names]
    subprocess.run(["curl", "--fail", "-sSI", *urls], check=True, stdout=subprocess.DEVNULL)


def run_curl(target: Path, endpoint: str, version: Path) -> float:
    """Seconds that curl and then sha256sum take for the same files, one curl over one connection."""
    names = [path.relative_to(version).as_posix() for path in version.rglob("*") if path.is_file()]
    pairs = [
        word
        for name in names
        for word in (f"{endpoint}/datasets/test/index/resolve/main/{name}", "-o", str(target / name))
    ]
    started = time.perf_counter()
    subprocess.run(["curl", "--fail", "-sSL", "--create-dirs", *pairs], check=True)
    subprocess.run(["sha256sum", *(str(target / name) for name in names)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def measure_speed(work: Path, endpoint: str, version: Path, rounds: int) -> list[dict]:
    """The first and last row of the table: time against curl plus sha256sum, in turns, and memory."""
    curls, fetches, memory = [], [], []
    for number in range(rounds):
        curls.append(run_curl(work / f"curl{number}", endpoint, version))
        seconds, report, peak = run_fetch(work / f"home{number}", endpoint)
        assert report["status"] == "fetched", report
        fetches.append(seconds)
        memory.append(peak)
    ratio = statistics.median(fetches) / statistics.median(curls)
    details = {"fetch_s": [round(s, 2) for s in fetches], "curl_sha256sum_s": [round(s, 2) for s in curls]}
    return [
        {
            "what": "fetch / (curl + sha256sum), medians",
            "value": round(ratio, 2),
            "target": 1.5,
            "held": ratio <= 1.5,
            **details,
        },
        {"what": "memory during fetch, MB", "value": round(max(memory)), "target": 300, "held": max(memory) <= 300},
    ]


def measure_nothing(work: Path, endpoint: str, rounds: int) -> list[dict]:
    """`fetch` when everything is there, and with --verify beside it, to show that it does not hash."""
    rows = []
    for arguments, target in (((), 1.0), (("--verify",), None)):
        times, before = [], os.times()
        for _ in range(rounds):
            seconds, report, _ = run_fetch(work / "home0", endpoint, *arguments)
            assert report["status"] == "present", report
            times.append(seconds)
        median, after = statistics.median(times), os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        row = {"what": " ".join(["fetch, all there, s", *arguments]), "value": round(median, 2)}
        row |= {"runs": [round(t, 2) for t in times], "cpu_s": round(cpu / rounds, 2)}
        rows.append({**row, "target": target, "held": median <= target} if target else row)
    return rows


def staged(folder: Path) -> int:
    """Bytes that a broken run left."""
    found = [
        path for path in (folder / ".fetch").rglob("*") if path.is_file() and path.name not in ("lock", "files.json")
    ]
    total = 0
    for path in found:
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # it was finished and renamed meanwhile
            continue
    return total


def measure_cuts(work: Path, endpoint: str, size: int, cuts: int) -> dict:
    """Kill the process at random bytes, again and again, until it is through: bytes received in all, over the bytes of the index."""
    folder, draw = work / "killed" / "index", random.Random(1)
    kept, kills = 0, 0
    points = sorted(draw.randrange(1, size) for _ in range(cuts))
    for point in points:
        process = subprocess.Popen(
            [*FETCH, "--endpoint", endpoint],
            env=environment(work / "killed"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None and staged(folder) < point:
            time.sleep(0.001)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
        kept = staged(folder)
        if (folder / "CURRENT").exists():
            break
    if (folder / "CURRENT").exists():
        return {"what": "cut", "held": False, "value": "it finished before the last cut"}
    _, report, _ = run_fetch(work / "killed", endpoint)
    twice = report["received"] + kept - size
    return {
        "what": f"bytes received twice after {kills} kills at random bytes",
        "value": twice,
        "target": 0,
        "held": twice == 0,
        "kept_before_the_last_run": kept,
        "received_by_the_last_run": report["received"],
    }


def main() -> None:
    """Run all rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=500_000_000, metavar="BYTES")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cuts", type=int, default=6)
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        work = Path(name)
        version = work / "built"
        # In a process of its own: Linux counts the memory of the parent at fork to the peak of its children.
        maker = multiprocessing.Process(target=make_index, args=(version, options.size))
        maker.start()
        maker.join()
        total = sum(
            path.stat().st_size for path in version.rglob("*") if path.name != "manifest.json" and path.is_file()
        )
        with serving(version) as endpoint:
            warm_up(endpoint, version)
            rows = measure_speed(work, endpoint, version, options.rounds)
            rows += measure_nothing(work, endpoint, options.rounds)
            rows.append(measure_cuts(work, endpoint, total, options.cuts))
    print(json.dumps({"bytes": total, "cpus": os.cpu_count(), "load": os.getloadavg()[0], "rows": rows}, indent=1))
    sys.exit(0 if all(row.get("held", True) for row in rows) else 1)


if __name__ == "__main__":
    main()
