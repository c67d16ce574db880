"""The page of the service: plain HTML, CSS and JavaScript modules, sent as they lie here."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from ..message import Answer

FOLDER = Path(__file__).parent
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page_answer(path: str) -> Answer | None:
    """The file of the page that stands at this path, None where there is none: `/` and `/page/NAME`."""
    name = "index.html" if path == "/" else path.removeprefix("/page/") if path.startswith("/page/") else ""
    return _files().get(name)


@lru_cache(maxsize=1)
def _files() -> dict[str, Answer]:
    """Every file by its name; a request can name no other."""
    return {path.name: _answer(path) for path in FOLDER.iterdir() if path.suffix in _TYPES}


def _answer(path: Path) -> Answer:
    body = path.read_bytes()
    headers = {
        "content-type": _TYPES[path.suffix],
        "cache-control": "no-cache",
        "etag": f'"{hashlib.sha256(body).hexdigest()[:16]}"',
        "content-security-policy": _POLICY,
        "referrer-policy": "no-referrer",
        "x-frame-options": "DENY",
    }
    return Answer(200, headers, body)
