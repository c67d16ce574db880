"""The environment that the WebUI extension makes for its server: from the user's own package index, beside the host's."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from danbooru_index_webui import environment as environment_module
from danbooru_index_webui.client import ServiceError
from danbooru_index_webui.environment import Environment


def wheel(folder: Path, name: str) -> None:
    """A package that holds one module, as the simple index of a mirror has it."""
    place = folder / name.replace("_", "-")
    place.mkdir(parents=True)
    about = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(place / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}.py", "value = 1\n")
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", f"{name}.py,,\n{about}/METADATA,,\n{about}/WHEEL,,\n{about}/RECORD,,\n")


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path, list[str]]]:
    """A package index on this machine: its address, its folder, and what was asked of it."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    folder, asked = tmp_path / "mirror", []
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(folder))

        def do_GET(self) -> None:
            asked.append(self.path)
            super().do_GET()

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", folder, asked
    server.shutdown()


def test_the_environment_comes_from_the_users_index_resumes_and_leaves_the_host_alone(
    tmp_path: Path, mirror: tuple[str, Path, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, packages, asked = mirror
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("danbooru_index_test_one\ndanbooru_index_test_two\n", encoding="utf-8")
    monkeypatch.setattr(environment_module, "REQUIREMENTS", requirements)
    monkeypatch.setenv("INDEX_URL", address)  # the WebUI's own variable
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    before = sorted(path.name for path in Path(psutil.__file__).parent.parent.iterdir())
    wheel(packages, "danbooru_index_test_one")
    made, lines = Environment(tmp_path / "environment"), []
    with pytest.raises(ServiceError, match=r"test[_-]two"):
        made.install(lines.append)
    assert not made.is_ready

    wheel(packages, "danbooru_index_test_two")
    made.install(lines.append)
    assert made.is_ready and any("danbooru-index-test-one" in path for path in asked)
    assert (
        lines[0].startswith("Making")
        and any(line.startswith("Collecting") for line in lines)
        and lines[-1] == "Installed."
    )
    python = made.command()[0]
    probe = [python, "-c", "import danbooru_index_test_one, danbooru_index_test_two, sys; print(sys.prefix)"]
    done = subprocess.run(probe, env=made.variables(), capture_output=True, text=True, timeout=60, check=True)
    assert str(tmp_path) in done.stdout
    assert sorted(path.name for path in Path(psutil.__file__).parent.parent.iterdir()) == before

    calls = len(asked)
    made.install(lines.append)
    assert len(asked) == calls  # nothing to do
    requirements.write_text("danbooru_index_test_one\n", encoding="utf-8")
    assert not made.is_ready  # another version of the extension may need something else


@pytest.mark.parametrize(
    "by",
    [
        "PIP_INDEX_URL",
        "PIP_CONFIG_FILE",
        pytest.param(
            "pip.conf",
            marks=pytest.mark.skipif(
                not sys.platform.startswith("linux"), reason="pip reads this file under ~/.config on Linux alone"
            ),
        ),
    ],
)
def test_pips_own_settings_hold(
    tmp_path: Path, mirror: tuple[str, Path, list[str]], monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """Whoever has told pip of a mirror need not tell the extension."""
    address, packages, asked = mirror
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("danbooru_index_test_one\n", encoding="utf-8")
    wheel(packages, "danbooru_index_test_one")
    monkeypatch.setattr(environment_module, "REQUIREMENTS", requirements)
    monkeypatch.delenv("INDEX_URL", raising=False)
    if by == "PIP_INDEX_URL":
        monkeypatch.setenv("PIP_INDEX_URL", address)
    else:
        config = tmp_path / "config" / "pip" / "pip.conf"
        config.parent.mkdir(parents=True)
        config.write_text(f"[global]\nindex-url = {address}\nno-cache-dir = true\n", encoding="utf-8")
        monkeypatch.setenv("HOME", str(tmp_path))
        if by == "pip.conf":
            monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        else:
            monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    made = Environment(tmp_path / "environment")
    made.install(lambda line: None)
    assert made.is_ready and any("danbooru-index-test-one" in path for path in asked)


def test_a_python_without_venv_installs_into_a_folder(
    tmp_path: Path, mirror: tuple[str, Path, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, packages, _ = mirror
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("danbooru_index_test_one\n", encoding="utf-8")
    wheel(packages, "danbooru_index_test_one")
    monkeypatch.setattr(environment_module, "REQUIREMENTS", requirements)
    monkeypatch.setenv("INDEX_URL", address)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    real = environment_module._run

    def no_venv(command: list[str], lines: Any) -> None:
        if command[1:3] == ["-m", "venv"]:
            raise ServiceError("No module named venv")
        real(command, lines)

    monkeypatch.setattr(environment_module, "_run", no_venv)
    made = Environment(tmp_path / "environment")
    made.install(lambda line: None)
    assert made.is_ready and made.command()[0] == sys.executable
    probe = [made.command()[0], "-c", "import danbooru_index_test_one; print(danbooru_index_test_one.__file__)"]
    done = subprocess.run(probe, env=made.variables(), capture_output=True, text=True, timeout=60, check=True)
    assert str(made.folder) in done.stdout
