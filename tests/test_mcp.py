"""The MCP tools through the official client, over stdio and over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from serving import ROOT, serving

mcp = pytest.importorskip("mcp")

from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

KEY = "a-key-of-the-tests"
TOOLS = {"search_tags", "expand_prompt", "related_tags", "describe_tags", "index_info"}


def over_stdio(folder: Path, home: Path) -> StdioServerParameters:
    environment = {**os.environ, "DANBOORU_INDEX_HOME": str(home), "PYTHONPATH": str(ROOT)}
    arguments = ["-m", "danbooru_index", "mcp", "--db", str(folder)]
    return StdioServerParameters(command=sys.executable, args=arguments, env=environment)


def run(connect: Callable[[], Any], use: Callable[[Client], Awaitable[None]]) -> None:
    async def session() -> None:
        async with Client(connect(), read_timeout_seconds=120) as client:
            await use(client)

    asyncio.run(asyncio.wait_for(session(), 180))


async def use_every_tool(client: Client) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == TOOLS
    for tool in tools.values():
        assert tool.description and len(tool.description) > 60 and tool.annotations and tool.annotations.read_only_hint
    assert tools["search_tags"].input_schema["required"] == ["text"]
    assert "categories" in tools["search_tags"].input_schema["properties"]

    found = await client.call_tool("search_tags", {"text": "双马尾", "limit": 2})
    assert not found.is_error and found.structured_content["hits"][0]["tag"] == "twintails"
    assert json.loads(found.content[0].text) == found.structured_content
    prompt = (await client.call_tool("expand_prompt", {"text": "水手服，没有雨伞", "style": "tags"})).structured_content
    assert "serafuku" in prompt["prompt"] and "umbrella" in prompt["negative"]
    assert (await client.call_tool("related_tags", {"tags": ["serafuku"], "limit": 1})).structured_content["hits"]
    described = (await client.call_tool("describe_tags", {"tags": ["twin tails", "no_tag"]})).structured_content
    assert described["tags"][0]["tag"] == "twintails" and described["unknown"] == ["no_tag"]
    assert (await client.call_tool("index_info", {})).structured_content["tags"] == 17

    for name, arguments in (("search_tags", {"text": ""}), ("search_tags", {"text": "x", "limit": 0}), ("nothing", {})):
        refused = await client.call_tool(name, arguments)
        assert refused.is_error and "Traceback" not in refused.content[0].text, (name, arguments)


def test_over_standard_input_and_output(small_folder: Path, tmp_path: Path) -> None:
    run(lambda: over_stdio(small_folder, tmp_path / "home"), use_every_tool)


def test_over_http_with_a_key(small_folder: Path, tmp_path: Path) -> None:
    app = "from danbooru_index.serve.mcp_server import McpApp as app"
    with serving(small_folder, tmp_path / "home", ready=False, app=app, key=KEY, workers=2) as running:
        address = f"{running.address}/mcp"
        assert httpx.post(address, json={}, trust_env=False, timeout=300).status_code == 401
        right = {"Authorization": f"Bearer {KEY}"}
        foreign = {**right, "Origin": "https://evil.example"}
        assert httpx.post(address, json={}, headers=foreign, trust_env=False, timeout=300).status_code == 403
        elsewhere = {**right, "Host": "evil.example"}
        assert httpx.post(address, json={}, headers=elsewhere, trust_env=False, timeout=300).status_code == 421
        from mcp.shared._httpx_utils import create_mcp_http_client

        run(lambda: streamable_http_client(address, http_client=create_mcp_http_client(headers=right)), use_every_tool)


def test_an_index_that_cannot_be_opened_is_told_to_the_model(tmp_path: Path) -> None:
    async def use(client: Client) -> None:
        refused = await client.call_tool("search_tags", {"text": "x"})
        assert (
            refused.is_error and "no index" in refused.content[0].text and str(tmp_path) not in refused.content[0].text
        )

    run(lambda: over_stdio(tmp_path / "nothing here", tmp_path / "home"), use)
