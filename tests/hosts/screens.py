"""Pictures of everything of ours in ComfyUI's page, in a language, a theme and a kind of nodes, to be looked at.

``python tests/hosts/screens.py FOLDER [LANGUAGE...]`` writes them: the sidebar with what it finds, the dialog of the index, the
nodes with their chips, alone and inside a subgraph, and the list in a text box.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "hosts")]

from browser import FLAGS, executable
from browser_page import Page, open_page
from comfyui_home import HomeServer

from danbooru_index.locate import ensure_starter
from danbooru_index.settings import Settings

LANGUAGES = ("zh-TW", "ko", "zh", "ja", "en")
# What somebody would write in each.
TEXTS = {
    "zh-TW": "夜空下，一個穿著水手服的雙馬尾女孩撐著傘，沒有眼鏡",
    "ko": "밤하늘 아래 세일러복을 입은 트윈테일 소녀, 안경 없음",
    "zh": "夜空下，一个穿着水手服的双马尾女孩撑着伞，没有眼镜",
    "ja": "夜空の下、傘をさすセーラー服のツインテールの女の子、眼鏡なし",
    "en": "a girl with twintails in a sailor uniform under the night sky, no glasses",
}
WORDS = {"zh-TW": "雙馬尾", "ko": "트윈테일", "zh": "双马尾", "ja": "ツインテール", "en": "twintails"}


def fit(page: Page) -> None:
    """Show all nodes, as large as they fit."""
    page.page.evaluate("() => window.app.extensionManager.command.execute('Comfy.Canvas.FitView')")
    page.page.wait_for_timeout(900)


def take(page: Page, folder: Path, language: str, name: str) -> None:
    """The pictures of one page."""

    def shot(part: str) -> None:
        page.page.screenshot(path=folder / f"{name}-{part}.png")

    page.load("Prompt Expand")
    page.text_box.fill(TEXTS[language])
    page.run()
    fit(page)
    shot("chips")
    page.open_sidebar()
    page.search(WORDS[language])
    shot("sidebar")
    page.page.locator(".dbi-foot .dbi-button").click()
    page.page.locator(".dbi-dialog .dbi-plan div").first.wait_for()
    page.page.wait_for_timeout(400)
    shot("dialog")
    page.page.locator(".dbi-dialog .dbi-primary").click()
    page.page.locator(".dbi-dialog .dbi-buttons button").nth(1).click()
    page.page.locator(".dbi-dialog .dbi-report").wait_for(timeout=60_000)
    shot("dialog-verified")
    page.page.keyboard.press("Escape")
    page.page.locator("button:has(.pi-tags)").first.click()
    page.text_box.click()
    page.page.keyboard.press("Control+a")
    page.page.keyboard.type(WORDS[language])
    page.page.keyboard.press("Alt+q")
    page.page.locator(".dbi-popup .dbi-row").first.wait_for()
    page.page.wait_for_timeout(400)
    shot("popup")
    page.page.keyboard.press("Escape")
    page.into_subgraph(1)
    page.run()
    fit(page)
    shot("subgraph")
    page.load("Tag Search")
    page.text_box.fill(WORDS[language])
    page.run()
    fit(page)
    shot("search")


def main(folder: Path, languages: tuple[str, ...]) -> int:
    """Take the pictures of all languages; the exit code is 1 where a page complained of something of ours."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    complaints = 0
    base = Path(tempfile.mkdtemp(prefix="screens"))
    ensure_starter(Settings(home=base / "home"))
    with sync_playwright() as playwright, HomeServer(base) as server:
        browser: Any = playwright.chromium.launch(executable_path=executable(), args=list(FLAGS))
        for language, theme, vue in product(languages, ("dark", "light"), (False, True)):
            name = f"{language}-{theme}-{'nodes2' if vue else 'legacy'}"
            with open_page(server, browser, vue=vue, locale=language, theme=theme, size=(1280, 860)) as page:
                take(page, folder, language, name)
            print(name, *page.complaints, flush=True)
            complaints += len(page.complaints)
        browser.close()
    shutil.rmtree(base, ignore_errors=True)
    return int(complaints > 0)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python tests/hosts/screens.py FOLDER [LANGUAGE...]")
    sys.exit(main(Path(sys.argv[1]), tuple(sys.argv[2:]) or LANGUAGES))
