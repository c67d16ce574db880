"""The help pages of the nodes, made from their translated names and tooltips: ``python tests/hosts/help_pages.py`` writes them.

What a tooltip cannot say stands in help_texts.json; a test compares the files with what this makes.
"""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("en", "zh", "zh-TW", "ja", "ko")
TEXTS = json.loads(Path(__file__).with_name("help_texts.json").read_text(encoding="utf-8"))
_SEARCHES = "DanbooruIndexTagSearch"
_SHOW_CHIPS = ("DanbooruIndexTagSearch", "DanbooruIndexPromptExpand", "DanbooruIndexRelatedTags")


def words_of(language: str) -> dict:
    """The names and tooltips of all nodes in a language."""
    return json.loads((ROOT / "locales" / language / "nodeDefs.json").read_text(encoding="utf-8"))


def page_path(node: str, language: str) -> Path:
    """Where ComfyUI looks for a node's page."""
    docs = ROOT / "web" / "docs"
    return docs / f"{node}.md" if language == "en" else docs / node / f"{language}.md"


def page(node: str, language: str) -> str:
    """One help page."""
    words = words_of(language)[node]
    inputs, outputs = TEXTS["headings"][language]
    colon = ": " if language in ("en", "ko") else "："

    def listed(entries: dict) -> str:
        return "\n".join(f"- **{entry['name']}**{colon}{entry['tooltip']}" for entry in entries.values())

    parts = [
        f"# {words['display_name']}",
        words["description"],
        f"![{words['display_name']}](images/{node}.png)",
        TEXTS["more"][node][language],
        *([TEXTS["chips"][language]] if node in _SHOW_CHIPS else []),
        *([TEXTS["sidebar"][language]] if node == _SEARCHES else []),
        f"## {inputs}",
        listed(words["inputs"]),
        f"## {outputs}",
        listed(words["outputs"]),
    ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write every page."""
    for node in TEXTS["more"]:
        for language in LANGUAGES:
            path = page_path(node, language)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page(node, language), encoding="utf-8")


if __name__ == "__main__":
    main()
