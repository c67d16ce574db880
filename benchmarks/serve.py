"""Load on `danbooru-index serve`: 16 clients for 60 seconds on 2 workers, errors, searches a second, times, memory.

    python benchmarks/serve.py DATA DB [--seconds 60] [--clients 16] [--workers 2] [--json FILE]

DATA holds eval/zh_human.jsonl and eval/prose.jsonl, DB an index of tags.jsonl. Server and clients share this machine's cores;
traffic goes to 127.0.0.1 alone. Each client keeps one connection and asks the next text when its answer has come; every answer
must have status 200 and be JSON with hits. The load begins when all workers have opened the index. Memory is Linux's: private
is what a worker has for itself, the mapped index is shared.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

HEADERS = {"Content-Type": "application/json"}


def start(db: Path, workers: int) -> tuple[subprocess.Popen[str], str, int]:
    """A server on a free port, once it answers."""
    command = [
        sys.executable,
        "-m",
        "danbooru_index",
        "serve",
        "--db",
        str(db),
        "--port",
        "0",
        "--workers",
        str(workers),
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    assert process.stdout is not None
    address = process.stdout.readline().split()[1].removeprefix("http://")
    host, _, port = address.rpartition(":")
    for _ in range(600):
        try:
            connection = http.client.HTTPConnection(host, int(port), timeout=60)
            connection.request("GET", "/danbooru-index/v1/health")
            if connection.getresponse().status == 200:
                return process, host, int(port)
        except OSError:
            pass
        time.sleep(0.2)
    raise SystemExit("the server does not answer")


def worker_pids(process: subprocess.Popen[str]) -> list[int]:
    """The processes that answer."""
    import psutil

    children = psutil.Process(process.pid).children()
    return [c.pid for c in children if "spawn_main" in " ".join(c.cmdline())] or [process.pid]


def wait_until_settled(pids: list[int]) -> None:
    """Until no worker is still opening the index: connections that are kept would all go to the first that is ready."""
    while True:
        before = processor_seconds(pids)
        time.sleep(1)
        if processor_seconds(pids) - before < 0.05:
            return


def memory(pid: int) -> tuple[float, float]:
    """(private, proportional) megabytes of a process."""
    found = dict(line.split()[:2] for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    private = int(found["Private_Clean:"]) + int(found["Private_Dirty:"])
    return private / 1000, int(found["Pss:"]) / 1000


def processor_seconds(pids: list[int]) -> float:
    """User and system time of these processes so far."""
    import psutil

    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids)


def clients(host: str, port: int, texts: list[str], count: int, seconds: float, out: Any) -> None:
    """Run in a process of its own: `count` threads that each ask one after the other; puts (errors, times) into `out`."""
    bodies = [json.dumps({"text": text}, ensure_ascii=False).encode() for text in texts]
    turn, lock = itertools.cycle(bodies), threading.Lock()
    times: list[float] = []
    errors: list[str] = []
    end = time.monotonic() + seconds

    def ask() -> None:
        connection = http.client.HTTPConnection(host, port, timeout=60)
        while time.monotonic() < end:
            with lock:
                body = next(turn)
            started = time.perf_counter()
            try:
                connection.request("POST", "/danbooru-index/v1/search", body, HEADERS)
                answer = connection.getresponse()
                said = answer.read()
                if answer.status != 200 or not json.loads(said)["hits"]:
                    errors.append(f"{answer.status}: {said[:200]!r}")
            except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
                errors.append(repr(error))
                connection.close()
            times.append(time.perf_counter() - started)

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    out.put((errors, times))


def measure(host: str, port: int, pids: list[int], texts: list[str], options: argparse.Namespace) -> dict[str, Any]:
    """One load: what it gave, with the memory after a quarter of it and at its end."""
    out: Any = multiprocessing.Queue()
    load = multiprocessing.Process(target=clients, args=(host, port, texts, options.clients, options.seconds, out))
    before = processor_seconds(pids)
    load.start()
    time.sleep(options.seconds / 4)
    early = sum(memory(pid)[1] for pid in pids)
    errors, times = out.get()
    load.join()
    late = sum(memory(pid)[1] for pid in pids)
    spent = processor_seconds(pids) - before
    times.sort()
    return {
        "requests": len(times),
        "errors": len(errors),
        "first_error": errors[0] if errors else "",
        "server_cpu_ms_a_request": round(1000 * spent / len(times), 2),
        "a_second": round(len(times) / options.seconds, 1),
        "median_ms": round(1000 * times[len(times) // 2]),
        "p95_ms": round(1000 * times[int(0.95 * len(times))]),
        "max_ms": round(1000 * times[-1]),
        "memory_mb": [round(early), round(late)],
        "memory_change": round(late / early - 1, 3),
    }


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("db", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    process, host, port = start(options.db, options.workers)
    result: dict[str, Any] = {"load_average_before": os.getloadavg()[0], "cores": os.cpu_count()}
    try:
        pids = worker_pids(process)
        wait_until_settled(pids)
        for name in ("zh_human", "prose"):
            lines = (options.data / "eval" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
            texts = [json.loads(line)["query"] for line in lines]
            result[name] = measure(host, port, pids, texts, options)
        result["private_mb_of_each_worker"] = [round(memory(pid)[0]) for pid in pids]
    finally:
        process.terminate()
        process.wait(30)
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
