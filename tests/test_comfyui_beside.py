"""The page's keys beside a pack that completes words in every text box, as the well-known autocomplete packs do it."""

from __future__ import annotations

import pytest
from browser_page import Page
from comfyui_marks import both_nodes

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")

pytest_plugins = ["browser_fixtures", "comfyui_fixtures"]
pytestmark = [pytest.mark.comfyui, pytest.mark.slow, both_nodes]
# A list of completions at a text box. One kind takes arrows and Tab when they go down, Enter as a typed character and
# Escape when it comes up, and opens by keys; the other takes all of them when they go down, and opens by input.
THEIRS = """([box, byKeys]) => {
  const theirs = window.theirs = { open: false, chosen: 0, taken: [] };
  const words = ["castle", "cat ears", "cape"];
  const update = () => {
    const word = box.value.slice(0, box.selectionEnd).split(/[,\\n] ?/).pop();
    theirs.open = word.trim().length > 0;
    theirs.chosen = 0;
  };
  const insert = () => {
    const start = box.value.slice(0, box.selectionEnd).lastIndexOf(",") + 1;
    box.setSelectionRange(start, box.selectionEnd);
    document.execCommand("insertText", false, (start ? " " : "") + words[theirs.chosen] + ", ");
    theirs.open = false;
  };
  const take = event => {
    if (!theirs.open) return;
    theirs.taken.push(event.key);
    if (event.key === "ArrowDown") theirs.chosen = (theirs.chosen + 1) % words.length;
    else if (event.key === "ArrowUp") theirs.chosen = (theirs.chosen + words.length - 1) % words.length;
    else if (event.key === "Escape") theirs.open = false;
    else insert();
    event.preventDefault();
  };
  const when = (kind, keys) => box.addEventListener(kind, event => keys.includes(event.key) && take(event));
  if (byKeys) {
    when("keydown", ["ArrowDown", "ArrowUp", "Tab"]);
    when("keypress", ["Enter"]);
    when("keyup", ["Escape"]);
    box.addEventListener("keyup", event => event.key.length === 1 && !event.altKey && update());
  } else {
    when("keydown", ["ArrowDown", "ArrowUp", "Tab", "Enter", "Escape"]);
    box.addEventListener("input", update);
  }
}"""


def theirs(page: Page) -> tuple[bool, int, list[str]]:
    """Whether their list is open, which word is chosen, and which keys they took."""
    value = page.page.evaluate("() => window.theirs")
    return value["open"], value["chosen"], value["taken"]


@pytest.mark.parametrize("by_keys", [True, False], ids=["by keys", "by input"])
def test_neither_list_takes_the_keys_of_the_other(page: Page, by_keys: bool) -> None:
    page.load("Tag Search")
    box, popup, press = page.text_box, page.page.locator(".dbi-popup"), page.page.keyboard.press
    box.click()
    box.fill("")
    page.page.evaluate(THEIRS, [box.element_handle(), by_keys])
    # Theirs alone: every key is theirs.
    page.page.keyboard.type("ca")
    assert theirs(page) == (True, 0, [])
    press("ArrowDown")
    press("Tab")
    assert box.input_value() == "cat ears, " and popup.count() == 0
    page.page.keyboard.type("ca")
    press("Enter")
    assert box.input_value() == "cat ears, castle, "
    assert theirs(page) == (False, 0, ["ArrowDown", "Tab", "Enter"])
    # Both are open: the keys are ours, and theirs stays as it is.
    page.page.keyboard.type("umbrel")
    assert theirs(page)[0]
    press("Alt+q")
    sync_api.expect(popup.locator(".dbi-row.dbi-active")).to_contain_text("umbrella")
    press("ArrowDown")
    press("ArrowUp")
    sync_api.expect(popup.locator(".dbi-row.dbi-active")).to_contain_text("umbrella")
    press("Escape")
    sync_api.expect(popup).to_have_count(0)
    assert theirs(page) == (True, 0, ["ArrowDown", "Tab", "Enter"])
    press("Alt+q")
    sync_api.expect(popup.locator(".dbi-row.dbi-active")).to_contain_text("umbrella")
    press("Enter")
    assert box.input_value() == "cat ears, castle, umbrella, "
    assert theirs(page)[2] == ["ArrowDown", "Tab", "Enter"]
    # Ours is gone: the keys are theirs again.
    page.page.keyboard.type("ca")
    press("Escape")
    assert theirs(page) == (False, 0, ["ArrowDown", "Tab", "Enter", "Escape"])
    assert box.input_value() == "cat ears, castle, umbrella, ca"
