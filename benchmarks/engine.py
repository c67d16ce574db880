"""The engine's promises, measured: python benchmarks/engine.py SHARED_DATA_FOLDER [--db DIR] [--readme]

Builds the benchmark corpus (unless --db names its index), evaluates the headline sets, and times whole processes.
Prints a Markdown table; --readme also puts it between the marks in README.md. 2 cores, embedded encoder, medians.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
SINGLE = ("zh_human", "zh_natural", "zh_definition", "zh_tw", "zh_character", "ja_translation", "ja_wiki", "en_alias")
HEADLINE = (*SINGLE, "multi_zh", "multi_ja", "multi_en")
RUNS = 5
LONG = {
    "zh": "一个银色长发的女孩穿着白色水手服和黑色过膝袜，戴着红色发带，站在樱花树下微笑着看向观众，背景是蓝天白云和学校的屋顶，手里拿着一把"
    "透明的雨伞，旁边有一只黑猫，夕阳的光照在她的脸上，风吹起她的裙子和头发。",
    "ja": "銀髪ロングの少女が白いセーラー服を着て桜の木の下で微笑みながらこちらを見ている、赤いリボンと黒いニーソックス、青空と白い雲、"
    "透明な傘を持っている、夕日の光が顔に当たり、風が髪とスカートを揺らしている。",
    "en": "a girl with long silver hair and blue eyes wearing a white sailor uniform under cherry blossoms, smiling",
}  # sentences of about 100 characters


def long_sentences(db: Path) -> dict[str, tuple[float, float]]:
    """Medians in milliseconds of a warm `search` and a warm `expand` of each sentence, the encoding included."""
    from danbooru_index import SearchRequest
    from danbooru_index.expand.engine import ExpandRequest, expand
    from danbooru_index.index.index import Index
    from danbooru_index.search.engine import search

    def median(call: Callable[[], object]) -> float:
        call()
        return statistics.median(timed(call) for _ in range(4 * RUNS))

    with Index(db) as index:
        return {
            language: (
                median(lambda text=text: search(index, SearchRequest(text))),
                median(lambda text=text: expand(index, ExpandRequest(text))),
            )
            for language, text in LONG.items()
        }


def timed(call: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    begun = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - begun)


def run(*arguments: str, home: Path) -> tuple[float, float, str]:
    """Seconds, peak memory in GB (children included) and output of one danbooru-index command."""
    environment = {**os.environ, "DANBOORU_INDEX_HOME": str(home), "PYTHONPATH": str(ROOT)}
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "danbooru_index", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    assert process.stdout is not None
    peak, watched = 0, psutil.Process(process.pid)
    os.set_blocking(process.stdout.fileno(), False)
    output = b""
    while process.poll() is None:
        try:
            peak = max(peak, watched.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        output += process.stdout.read() or b""
        time.sleep(0.02)
    seconds = time.perf_counter() - begun
    output += process.stdout.read() or b""
    if process.wait() != 0:
        raise SystemExit(f"danbooru-index {' '.join(arguments)} failed; run it by hand to see why")
    return seconds, peak / 1e9, output.decode()


def whole_process(home: Path, *flags: str) -> float:
    queries = ["水手服", "黒髪ロングの少女", "a girl holding an umbrella", "双马尾的女孩", "cat ears"]
    return statistics.median(run("search", query, *flags, home=home)[0] for query in queries[:RUNS])


def evaluate(data: Path, home: Path, *flags: str) -> dict:
    files = [str(data / "eval" / f"{name}.jsonl") for name in HEADLINE]
    return json.loads(run("evaluate", "--queries", *files, "--json", *flags, home=home)[2])


def row(what: str, target: str, measured: str) -> str:
    return f"| {what} | {target} | {measured} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--db", type=Path)
    parser.add_argument("--readme", action="store_true")
    options = parser.parse_args()
    lines = ["| what | target | measured |", "|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        seconds, memory, _ = run("search", "warm up", home=home)
        lines.append(
            row(
                "the first search of all, from an empty home folder",
                "4 s, 600 MB",
                f"{seconds:.1f} s, {1000 * memory:.0f} MB",
            )
        )
        lines.append(row("`search TEXT` as a whole process, starter index", "3 s", f"{whole_process(home):.2f} s"))
        starter = evaluate(options.data, home, "--only-known")
        lines.append(
            row("starter index, headline sets, `--only-known`: mAP@10", "0.70", f"{starter['mean']['map_at_10']:.3f}")
        )
        db = options.db
        if db is None:
            db = home / "benchmark"
            seconds, memory, _ = run("build", "--input", str(options.data / "tags.jsonl"), "--db", str(db), home=home)
            lines.append(row("`build` of 48,696 tags", "360 s, 2.5 GB", f"{seconds:.0f} s, {memory:.2f} GB"))
        whole = whole_process(home, "--db", str(db))
        lines.append(row("`search TEXT` as a whole process, 48,696 tags", "6 s", f"{whole:.2f} s"))
        result = evaluate(options.data, home, "--db", str(db))
        mean = result["mean"]
        lines.append(row("mean mAP@10 of the 11 headline sets", "0.43 (0.55)", f"{mean['map_at_10']:.3f}"))
        times = f"{mean['median_ms']:.1f} / {mean['p95_ms']:.1f} ms"
        lines.append(row("one warm search, median / p95 (means over the sets)", "30 / 80 ms", times))
        for language, (searched, expanded) in long_sentences(db).items():
            what = f"a warm `search` / `expand` of a sentence of {len(LONG[language])} characters, {language}"
            lines.append(row(what, "40 / 120 ms", f"{searched:.1f} / {expanded:.1f} ms"))
    lines += [
        "",
        "| set | queries | mAP@10 | recall@10 | MRR@10 | median ms | p95 ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for r in [*result["sets"], mean]:
        quality = " | ".join(f"{r[name]:.3f}" for name in ("map_at_10", "recall_at_10", "mrr_at_10"))
        lines.append(f"| {r['name']} | {r['queries']} | {quality} | {r['median_ms']:.1f} | {r['p95_ms']:.1f} |")
    table = "\n".join(lines)
    print(table)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    if options.readme:
        readme = ROOT / "README.md"
        text = readme.read_text(encoding="utf-8")
        marks = r"(<!-- benchmark:begin -->\n).*?(<!-- benchmark:end -->)"
        readme.write_text(re.sub(marks, lambda m: m[1] + table + "\n" + m[2], text, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main()
