"""`hf://datasets/OWNER/NAME/PATH` sources: one file of a dataset on the Hub, through the endpoints of the settings."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from ..errors import HubError, InputError, MissingDependencyError
from ..settings import Settings

PREFIX = "hf://"
_ADDRESS = re.compile(r"hf://datasets/(?P<repo>[\w.-]+/[\w.-]+)(?:@(?P<revision>[^/]+))?/(?P<path>.+)")
_TIMEOUT = 60.0


def check_address(address: str) -> re.Match[str]:
    """The parts of an address; raises InputError when it has another form."""
    parts = _ADDRESS.fullmatch(address)
    if not parts:
        raise InputError(
            f"{address} is no address of a dataset's file.",
            hint="Write hf://datasets/OWNER/NAME/PATH or hf://datasets/OWNER/NAME@REVISION/PATH.",
        )
    return parts


def resolve_url(address: str, endpoint: str) -> str:
    """The address of the file's bytes at an endpoint. `OWNER/NAME@REVISION` names a branch, tag or commit.

    :raises InputError: the address has another form.
    """
    parts = check_address(address)
    revision = quote(parts["revision"] or "main", safe="")
    return f"{endpoint}/datasets/{parts['repo']}/resolve/{revision}/{quote(parts['path'])}"


def fetch(address: str, folder: Path, settings: Settings, on_bytes: Callable[[int, int], None]) -> Path:
    """Download the file into `folder`; the endpoints are tried in order.

    `on_bytes` is told the bytes received and in all (0: unknown).

    :raises HubError: offline, or no endpoint delivered all of it.
    """
    urls = [resolve_url(address, endpoint) for endpoint in settings.endpoints]
    if settings.offline:
        raise HubError(
            f"{address} cannot be fetched: offline is set.",
            hint="Unset HF_HUB_OFFLINE (or `offline` in the settings), or name a local file.",
        )
    try:
        import httpx
    except ImportError as error:
        raise MissingDependencyError("Fetching from the Hub needs httpx.", hint="Run: pip install httpx") from error
    target = folder / address.rpartition("/")[2]
    problems = []
    for url in urls:
        try:
            # No token: a dataset here is public, and an endpoint may be anyone's mirror.
            with httpx.stream(
                "GET", url, follow_redirects=True, timeout=_TIMEOUT, headers={"Accept-Encoding": "identity"}
            ) as response:
                response.raise_for_status()
                total = int(response.headers.get("Content-Length") or 0)
                received = 0
                with target.open("wb") as file:
                    for block in response.iter_bytes(1 << 18):
                        file.write(block)
                        received += len(block)
                        on_bytes(received, total)
            if received and received == (total or received):
                return target
            problems.append(f"{url}: {received:,} of {total:,} bytes")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # httpx puts a link for developers on a second line, and says nothing at all of some timeouts.
            problems.append(f"{url}: {str(error).partition(chr(10))[0] or type(error).__name__}")
    raise HubError(
        f"{address} could not be fetched: {'; '.join(problems)}.",
        hint="Check the address, set HF_ENDPOINT to a mirror, or name a local file.",
    )
