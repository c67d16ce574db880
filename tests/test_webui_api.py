"""The WebUI extension with --nowebui, on both gradio versions: no page and no settings, but the API and its scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from webui import VERSIONS
from webui_host import end, models_of, start

pytestmark = pytest.mark.slow
LONG = 300  # seconds that a first answer may take on a busy machine


@pytest.fixture(scope="module", params=VERSIONS)
def api(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, small_folder: Path
) -> Iterator[httpx.Client]:
    process, address = start(request.param, models_of(tmp_path_factory.mktemp("nowebui"), small_folder), "--nowebui")
    try:
        with httpx.Client(base_url=address, timeout=LONG, trust_env=False) as client:
            yield client
    finally:
        end(process)


def test_the_routes_answer(api: httpx.Client) -> None:
    assert api.post("danbooru-index-webui/v1/status", json={}).json()["installed"]
    found = api.post("danbooru-index-webui/v1/search", json={"text": "双马尾", "limit": 1})
    assert found.json()["hits"][0]["tag"] == "twintails"
    assert (
        api.post("danbooru-index-webui/v1/search", json={}, headers={"Origin": "https://evil.example"}).status_code
        == 403
    )


def test_the_script_runs_by_the_api_and_only_where_it_is_asked(api: httpx.Client) -> None:
    def generated(*args: object) -> dict[str, object]:
        scripts = {"alwayson_scripts": {"danbooru index": {"args": list(args)}}} if args else {}
        answer = api.post("sdapi/v1/txt2img", json={"prompt": "双马尾，红眼睛，没有雨伞", **scripts})
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert generated() == {"prompt": "双马尾，红眼睛，没有雨伞", "negative_prompt": ""}
    short = generated(True)  # as callers of the first version send it, the rest as it comes
    assert short["prompt"] == "twintails, red eyes" and short["negative_prompt"] == "umbrella"
    whole = generated(True, "tags", "strict", 3, "general", 0, 0, True, False, False)
    assert "red_eyes" in str(whole["prompt"]) and whole["Danbooru Index NSFW"] == "strict"
