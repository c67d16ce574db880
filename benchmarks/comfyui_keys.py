"""From the last key to results on screen in ComfyUI's sidebar, debounce included: what a person waits for while typing.

    python benchmarks/comfyui_keys.py DATA DB [--count 40] [--vue] [--json FILE]

DATA holds eval/zh_human.jsonl, DB is an index of tags.jsonl. A real ComfyUI 0.30.0 and a real Chromium, typed into at 12 keys a
second; the clock runs in the page, from the input event of the last key to the frame after the rows of that text are there.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "hosts")]

from browser import FLAGS, executable
from browser_page import open_page
from comfyui_home import HomeServer

KEY_MS = 80
WARM = 8
CLOCK = """() => {
  const clock = window.clock = { wanted: "", typed: 0, answered: 0, shown: 0 };
  const real = window.fetch;
  window.fetch = async (url, options) => {
    const answer = await real(url, options);
    if (String(url).endsWith("/v1/search") && JSON.parse(options.body).text === clock.wanted) clock.answered = performance.now();
    return answer;
  };
  const box = document.querySelector(".dbi-input");
  box.addEventListener("input", event => { clock.typed = event.timeStamp; }, true);
  new MutationObserver(() => {
    if (clock.answered && !clock.shown) {
      clock.shown = -1;
      requestAnimationFrame(() => setTimeout(() => { clock.shown = performance.now(); }));
    }
  }).observe(document.querySelector(".dbi-list"), { childList: true });
}"""


def texts(data: Path, count: int) -> list[str]:
    """Short things to look for, and how they are typed in three other languages."""
    others = [
        "twintails",
        "cat ears",
        "school uniform",
        "夜空の花火",
        "セーラー服",
        "ツインテール",
        "긴 머리",
        "고양이 귀",
        "雙馬尾",
        "水手服",
    ]
    lines = (data / "eval" / "zh_human.jsonl").read_text(encoding="utf-8").splitlines()
    found = [str(json.loads(line)["query"]) for line in lines]
    step = max(1, len(found) // count)
    return others + [text for text in found[::step] if len(text) <= 12][: max(0, count - len(others))]


def typed(page: Any, text: str) -> tuple[float, float]:
    """Milliseconds from the last key to the answer, and to the rows on screen."""
    page.evaluate("text => Object.assign(window.clock, { wanted: text, typed: 0, answered: 0, shown: 0 })", text)
    page.locator(".dbi-input").fill("")
    page.keyboard.type(text, delay=KEY_MS)
    page.wait_for_function("() => window.clock.shown > 0", timeout=60_000)
    clock = page.evaluate("() => window.clock")
    return clock["answered"] - clock["typed"], clock["shown"] - clock["typed"]


def run(data: Path, db: Path, count: int, *, vue: bool) -> dict[str, Any]:
    """Type them all, and sum up."""
    from playwright.sync_api import sync_playwright

    base = Path(tempfile.mkdtemp(prefix="keys"))
    (base / "home").mkdir()
    (base / "home" / "index").symlink_to(db.resolve(), target_is_directory=True)
    with sync_playwright() as playwright, HomeServer(base) as server:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(FLAGS))
        with open_page(server, browser, vue=vue) as page:
            page.load("Tag Search")
            page.open_sidebar()
            page.page.evaluate(CLOCK)
            asked = texts(data, count)
            for text in asked[:WARM]:
                typed(page.page, text)
            times = [typed(page.page, text) for text in asked[WARM:] + asked[:WARM]]
        browser.close()
    shown = sorted(time for _, time in times)
    return {
        "texts": len(times),
        "answer_median_ms": round(statistics.median(time for time, _ in times)),
        "screen_median_ms": round(statistics.median(shown)),
        "screen_p90_ms": round(shown[int(len(shown) * 0.9)]),
        "screen_max_ms": round(shown[-1]),
        "load_average": [round(value, 1) for value in os.getloadavg()],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("db", type=Path)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--vue", action="store_true", help="with Nodes 2.0")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = run(options.data, options.db, options.count, vue=options.vue)
    print(json.dumps(found, indent=2))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
