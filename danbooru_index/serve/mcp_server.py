"""The engine as tools of the Model Context Protocol, over stdio or streamable HTTP. The only file that imports mcp.

The tools are made from the list of routes: a route's fields are a tool's arguments, its answer is the tool's result.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from .. import __version__
from ..errors import MissingDependencyError
from ..service.failures import RequestError, failure
from ..service.keeper import IndexKeeper
from ..service.message import JSON, MAX_BODY_BYTES, Request
from ..service.routes import ROUTES, Route
from ..service.service import Service
from ..settings import load_settings
from .app import Receive, Scope, Send, headers_of, send_answer
from .guard import Guard
from .options import ServeOptions

try:
    import mcp.types as types
    from mcp.server import Server, ServerRequestContext
    from mcp.server.stdio import stdio_server
    from mcp.server.transport_security import TransportSecuritySettings
except ImportError as missing:
    raise MissingDependencyError(
        f"The package mcp cannot be imported: {missing}.", hint="Install it: pip install 'danbooru-index[mcp]'"
    ) from missing

PATH = "/mcp"
INSTRUCTIONS = (
    "Danbooru tags are the words that anime image models were trained on. Use expand_prompt to turn what somebody wants to "
    "see into a prompt, search_tags to find or check single tags, and related_tags for what usually goes with a tag. Only "
    "use tags that these tools returned: models ignore words that are not tags."
)
# Route name -> the tool's name, title and what a model should know of it.
TOOLS = {
    "search": (
        "search_tags",
        "Search Danbooru tags",
        "Find the Danbooru tags that fit a text in any language (Chinese, Japanese, English, ...): a thing, a character, a "
        "whole sentence, an old or misspelt tag. Returns tags best first; each with `score` (above 1 means that the text is "
        "a name of this tag), category, number of posts, and its names and definition in `text`. Call it once with a "
        "whole list of things rather than once a thing.",
    ),
    "expand": (
        "expand_prompt",
        "Turn a sentence into a prompt",
        "Turn a description in any language into a prompt of Danbooru tags that exist, with counts, characters, implied "
        "tags and contradictions resolved; what the text excludes comes back as `negative`. `concepts` says for each "
        "part of the text whether it is covered, weak or not found: rephrase what was not found. <lora:...>, (tag:1.2) and "
        "the like stay as they are.",
    ),
    "related": (
        "related_tags",
        "Find related tags",
        "Find tags that usually stand together with some tags on the same picture, for instance to make an outfit or a "
        "scene complete. Give tags, not sentences; several are taken together. `unknown` lists those that do not exist.",
    ),
    "tags": (
        "describe_tags",
        "Describe tags",
        "What is known of some tags: category, number of posts, names by language, definition, aliases, what they imply. "
        "Use it to check whether tags exist; `unknown` lists those that do not.",
    ),
    "index": ("index_info", "About the index", "How many tags are known, and which encoder and version of the index is in use."),
}  # fmt: skip
_BY_TOOL = {TOOLS[route.name][0]: route for route in ROUTES if route.name in TOOLS}


def _tool(route: Route) -> types.Tool:
    name, title, description = TOOLS[route.name]
    return types.Tool(
        name=name,
        title=title,
        description=description,
        input_schema=route.takes or {"type": "object", "properties": {}, "additionalProperties": False},
        output_schema=route.gives,
        annotations=types.ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False),
    )


def make_server(service: Service) -> Server[Any]:
    """The MCP server over a service."""

    async def list_tools(
        _: ServerRequestContext[Any], __: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_tool(route) for route in _BY_TOOL.values()])

    async def call_tool(_: ServerRequestContext[Any], asked: types.CallToolRequestParams) -> types.CallToolResult:
        route = _BY_TOOL.get(asked.name)
        if route is None:
            return _failed(f"There is no tool {asked.name[:60]!r}. The tools are: {', '.join(_BY_TOOL)}.")
        body = json.dumps(asked.arguments or {}).encode() if route.method == "POST" else b""
        request = Request(route.method, route.path, {}, {"content-type": JSON}, body)
        answer = await asyncio.to_thread(service.answer, request)
        said = answer.json()
        if answer.status != 200:
            return _failed(f"{said['error']} {said['hint']}")
        text = types.TextContent(text=answer.body.decode("utf-8"))
        return types.CallToolResult(content=[text], structured_content=said)

    return Server(
        "danbooru-index",
        version=__version__,
        title="Danbooru tags",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _failed(text: str) -> types.CallToolResult:
    """What the model reads when it asked for something that cannot be."""
    return types.CallToolResult(content=[types.TextContent(text=text)], is_error=True)


def run_stdio(options: ServeOptions) -> None:
    """Serve one client over standard input and output until it closes them; the index opens at the first call."""
    keeper = IndexKeeper(load_settings(), options.db)

    async def run() -> None:
        server = make_server(Service(keeper.use, keeper.find))
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())

    try:
        asyncio.run(run())
    finally:
        keeper.close()


class McpApp:
    """The streamable HTTP transport as an ASGI application behind the same guard as `serve`.

    It is stateless, so workers share nothing. Made in the parent process and copied to the workers: all state begins at
    start-up.
    """

    def __init__(self, options: ServeOptions) -> None:
        self.options = options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification, version 3."""
        if scope["type"] == "lifespan":
            keeper = self._start()
            try:
                await self._inner(scope, receive, send)
            finally:
                keeper.close()
        elif scope["type"] == "http":
            try:
                self._check(scope)
            except RequestError as error:
                await send_answer(failure(error), send, close=False)
                return
            await self._inner(scope, receive, send)

    def _start(self) -> IndexKeeper:
        self._guard = Guard(self.options)
        keeper = IndexKeeper(load_settings(), self.options.db)
        self._inner = make_server(Service(keeper.use, keeper.find)).streamable_http_app(
            streamable_http_path=PATH,
            json_response=True,
            stateless_http=True,
            max_request_body_size=MAX_BODY_BYTES,
            # The guard does it, for names too that the user allowed.
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
        return keeper

    def _check(self, scope: Scope) -> None:
        headers = headers_of(scope)
        client = scope["client"][0] if scope.get("client") else ""
        self._guard.check_site(headers)
        self._guard.check_key(headers, client)
        self._guard.check_rate(client)
