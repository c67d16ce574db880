"""The WebUI extension without a browser: its server process, its script and routes, what it costs at start."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from webui_host import ready_environment

from danbooru_index.expand.request import ExpandRequest
from danbooru_index.prompt import STYLES
from danbooru_index.records import NSFW_CHOICES, Category
from danbooru_index.service.schema import from_json
from danbooru_index_webui import box, expand_prompt, host
from danbooru_index_webui.at_start import settings
from danbooru_index_webui.backend import Backend
from danbooru_index_webui.client import Client, ServiceError
from danbooru_index_webui.process import LocalServer
from danbooru_index_webui.routes import check

ROOT = Path(__file__).resolve().parent.parent
DOUBLE = Path(__file__).resolve().parent / "webui_double"


@pytest.fixture
def home(tmp_path: Path, small_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder whose index is the small one."""
    folder = tmp_path / "models" / "danbooru_index"
    folder.mkdir(parents=True)
    (folder / "index").symlink_to(small_folder)
    monkeypatch.delenv("DANBOORU_INDEX_HOME")
    return folder


posix = pytest.mark.skipif(sys.platform == "win32", reason="the tests' environment is a shell script")


@posix
def test_the_server_starts_when_needed_restarts_once_and_ends_with_its_pipe(home: Path) -> None:
    server = LocalServer(ready_environment(home / "webui-environment"), home)
    assert not server.is_running
    client = server.client()
    assert client.ask("search", {"text": "双马尾", "limit": 1})["hits"][0]["tag"] == "twintails"
    assert server.client() is client and "key" not in " ".join(server._log).split("a key")[0]
    process = server._process
    assert process is not None
    arguments = " ".join(psutil.Process(process.pid).cmdline())
    assert client._key not in arguments and len(client._key) > 20  # other users of the machine see command lines
    with pytest.raises(ServiceError) as refused:
        Client(client.address).ask("index")
    assert refused.value.status == 401

    process.kill()
    process.wait()
    assert server.client().ask("health")["status"] == "ok"  # once it is restarted
    assert server._process is not None
    server._process.kill()
    server._process.wait()
    with pytest.raises(ServiceError, match="ended"):
        server.client()
    server.restart()
    last = server.client()
    assert last.ask("health")["loaded"]
    child = server._process
    assert child is not None and child.stdin is not None
    child.stdin.close()  # as when the WebUI is killed
    assert child.wait(20) == 0
    server.stop()


@posix
def test_threads_start_one_server(home: Path) -> None:
    backend = Backend(home, lambda: "")
    ready_environment(backend.environment.folder)
    with pytest.raises(ServiceError) as refused:
        backend.ask("search", {"text": ""})
    assert refused.value.status == 400
    pid = backend.server._process.pid  # type: ignore[union-attr]
    threads = [threading.Thread(target=backend.ask, args=("health",)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert backend.server._process.pid == pid  # type: ignore[union-attr]
    # A server elsewhere, with the key in a file beside the models.
    address, key = backend.server.client().address, backend.server.client()._key
    (home / "server_key.txt").write_text(key + "\n", encoding="utf-8")
    other = Backend(home, lambda: address)
    assert other.ask("index")["tags"] == 17
    assert not other.server.is_running and other.status()["installed"]
    with pytest.raises(ServiceError, match="not the address"):
        Backend(home, lambda: "file:///etc/passwd").ask("index")
    backend.server.stop()


def test_without_an_environment_the_button_is_named(home: Path) -> None:
    with pytest.raises(ServiceError) as refused:
        Backend(home, lambda: "").ask("search", {"text": "x"})
    assert refused.value.code == "not_installed" and "Install" in refused.value.hint
    assert Backend(home, lambda: "").status() == {"installed": False, "installing": False, "running": False, "said": ""}


class Answers:
    """The backend's place, with one answer."""

    def __init__(self, answer: dict[str, Any] | ServiceError) -> None:
        self.answer, self.asked = answer, []

    def ask(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((route, body))
        if isinstance(self.answer, ServiceError):
            raise self.answer
        return self.answer


def job(prompt: Any) -> SimpleNamespace:
    made = SimpleNamespace(prompt=prompt, negative_prompt="bad hands", extra_generation_params={}, comments=[])
    made.comment = made.comments.append
    return made


def test_generating_expands_and_pasting_brings_the_text_back(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers({"prompt": "1girl, twintails", "negative": "umbrella", "tags": ["1girl", "twintails"]})
    monkeypatch.setattr(expand_prompt, "backend", lambda: answers)
    p = job("双马尾女孩，没有雨伞, 1girl")
    expand_prompt.expand_job(p, box.settings_of(["anima", "exclude", 3, "general", 100.0, 5.0]))
    asked = {
        "style": "anima",
        "nsfw": "exclude",
        "budget": 3.0,
        "categories": ["general"],
        "min_count": 100,
        "enrich": 5,
    }
    plain = {"keep_text": False, "weights": False, "quality": False}
    assert answers.asked == [("expand", {"text": "双马尾女孩，没有雨伞, 1girl", **asked, **plain})]
    from_json(ExpandRequest, answers.asked[0][1])  # the service takes it
    assert (p.prompt, p.negative_prompt) == ("1girl, twintails", "bad hands, umbrella")
    notes = p.extra_generation_params
    assert notes[expand_prompt.ADDED_KEY] == "twintails"  # 1girl stood there already
    options = {option.name: option for option in box.OPTIONS}
    assert (notes[options["style"].key], notes[options["enrich"].key]) == ("anima", 5)
    back = {name: box.pasted(option, expand_prompt.TEXT_KEY) for name, option in options.items()}
    assert back["style"] == options["style"].key and back["enrich"](notes) == 5
    # What the picture was made without is off again; what another made is left alone.
    assert options["quality"].key not in notes and back["quality"](notes) is False and back["quality"]({}) is None

    params = {"Prompt": p.prompt, "Negative prompt": p.negative_prompt, **notes}
    expand_prompt.restore("", params)
    assert (params["Prompt"], params["Negative prompt"]) == ("双马尾女孩，没有雨伞, 1girl", "bad hands")
    plain = {"Prompt": "a cat"}
    expand_prompt.restore("", plain)
    assert plain == {"Prompt": "a cat"}


def test_the_choices_are_the_engines() -> None:
    """The adapter imports nothing of the engine, so that it names them again."""
    assert (host.NSFW, host.STYLES) == (NSFW_CHOICES, STYLES)
    assert sorted(box.CATEGORIES) == sorted((box.AUTO, *(category.label for category in Category)))
    defaults = ExpandRequest("x")
    for name, value in box.request_of(box.settings_of([])).items():
        given = getattr(defaults, name)
        assert value == (list(given) if isinstance(given, tuple) else given), name


def test_a_list_of_prompts_and_a_service_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers({"prompt": "twintails", "negative": "", "tags": ["twintails"]})
    monkeypatch.setattr(expand_prompt, "backend", lambda: answers)
    p = job(["双马尾", "双马尾", ""])
    expand_prompt.expand_job(p, box.settings_of([]))
    assert p.prompt == ["twintails", "twintails", ""] and len(answers.asked) == 1 and p.negative_prompt == "bad hands"
    monkeypatch.setattr(expand_prompt, "backend", lambda: Answers(ServiceError("no server", "start it")))
    p = job("双马尾")
    expand_prompt.expand_job(p, box.settings_of([]))
    assert p.prompt == "双马尾" and "no server start it" in p.comments[0] and p.extra_generation_params == {}


@pytest.mark.parametrize(
    ("app", "headers", "cookies", "status"),
    [
        ({"auth": None}, {}, {}, None),
        ({"auth": None}, {"origin": "https://evil.example"}, {}, 403),
        ({"auth": None}, {"origin": "http://webui:7860"}, {}, None),
        ({"auth": None}, {"content-type": "text/plain"}, {}, 415),
        ({"auth": {"a": "b"}}, {}, {}, 401),
        ({"auth": {"a": "b"}}, {}, {"access-token": "wrong"}, 401),
        ({"auth": {"a": "b"}}, {}, {"access-token": "token"}, None),
        ({"auth": {"a": "b"}, "cookie_id": "xy"}, {}, {"access-token-unsecure-xy": "token"}, None),
        ({"auth": {"a": "b"}, "cookie_id": "xy"}, {}, {"access-token-zz": "token"}, 401),
    ],
)
def test_the_routes_obey_logins_and_refuse_other_sites(
    app: dict, headers: dict, cookies: dict, status: int | None
) -> None:
    host = SimpleNamespace(tokens={"token": "a"}, **app)
    sent = {"host": "webui:7860", "content-type": "application/json", **headers}
    if status is None:
        check(host, sent, cookies)
        return
    with pytest.raises(ServiceError) as refused:
        check(host, sent, cookies)
    assert refused.value.status == status


def test_it_costs_next_to_nothing_at_start_and_imports_the_standard_library_alone(tmp_path: Path) -> None:
    (tmp_path / "gradio.py").write_text("", encoding="utf-8")
    code = f"""
import sys, time, importlib.util
sys.path[:0] = [{str(DOUBLE)!r}, {str(tmp_path)!r}]
import asyncio, json, modules.scripts, modules.script_callbacks, modules.shared, gradio, urllib.request
before = set(sys.modules)
started = time.process_time()
sys.path.insert(0, {str(ROOT)!r})
spec = importlib.util.spec_from_file_location("danbooru_index_webui.py", {str(ROOT / "scripts" / "danbooru_index_webui.py")!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
spent = time.process_time() - started
new = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(spent, sorted(new - set(sys.stdlib_module_names)), len(modules.script_callbacks.app_started))
"""
    environment = {**os.environ, "WEBUI_DOUBLE_MODELS": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60, check=True
    )
    spent, _, rest = done.stdout.partition(" ")
    assert rest.strip() == "['danbooru_index_webui'] 1"
    assert float(spent) < 0.1, f"{1000 * float(spent):.0f} ms"


def test_comfyui_gets_none_of_it_and_settings_hold_no_secret() -> None:
    ignored = (ROOT / ".comfyignore").read_text(encoding="utf-8").splitlines()
    for own in ("danbooru_index_webui/", "scripts/", "javascript/", "/style.css"):
        assert own in ignored
    pack = [path for folder in ("nodes", "danbooru_index") for path in (ROOT / folder).rglob("*.py")]
    assert not [path for path in pack if "danbooru_index_webui" in path.read_text(encoding="utf-8")]
    from danbooru_index_webui.host import OPTIONS

    assert not [key for key in OPTIONS if ("key" in key and key != "danbooru_index_live_key") or "token" in key]
    assert not (ROOT / "scripts" / "__init__.py").exists()


def test_saved_settings_that_cannot_be_read_ask_for_nothing(tmp_path: Path) -> None:
    assert settings(tmp_path) == {}
    for text in ("{", "[]", '{"danbooru_index_install_at_start": true}'):
        (tmp_path / "config.json").write_text(text, encoding="utf-8")
    assert settings(tmp_path)["danbooru_index_install_at_start"] is True
    (tmp_path / "config.json").write_text("[]", encoding="utf-8")
    assert settings(tmp_path) == {}
