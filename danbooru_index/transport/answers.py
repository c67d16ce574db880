"""What an endpoint says: whether it is an answer at all, and its body, which is bounded before it is unpacked."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .endpoints import is_commit
from .listing import ExpectedFile, expected_of

if TYPE_CHECKING:
    import httpx

COMMIT_HEADER = "X-Repo-Commit"
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")
_GZIP = 31  # zlib's number for a gzip header
_PIECE = 1 << 16


class EndpointError(Exception):
    """An endpoint did not deliver: the text is what it said. Worth another try there only if `transient`."""

    def __init__(self, text: str, *, transient: bool = False, wait: float | None = None) -> None:
        super().__init__(text)
        self.transient = transient
        self.wait = wait


class Stopped(Exception):
    """The transfer was asked to stop."""


def pieces(response: httpx.Response) -> Iterator[bytes]:
    """The body in pieces, as they come; unpacked ones are of at most 64 KiB.

    Nothing but plain bytes is asked for. A proxy on the way may pack them once with gzip all the same; whatever is packed
    twice or in another way is refused, since a few bytes of that may stand for gigabytes.

    :raises EndpointError: it is packed so, or damaged.
    """
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity"):
        yield from response.iter_raw()
    elif encoding in ("gzip", "x-gzip"):
        yield from _unpacked(response.iter_raw())
    else:
        raise EndpointError(f"sent an answer packed as {printable(encoding)!r}, which nobody asked for")


def _unpacked(packed: Iterator[bytes]) -> Iterator[bytes]:
    decoder = zlib.decompressobj(_GZIP)
    try:
        for piece in packed:
            rest = piece
            while rest and not decoder.eof:
                yield decoder.decompress(rest, _PIECE)
                rest = decoder.unconsumed_tail
        if not decoder.eof:
            raise EndpointError("sent a packed answer that is cut short", transient=True)
    except zlib.error as error:
        raise EndpointError(f"sent a damaged answer: {error}", transient=True) from error


def commit_in(response: httpx.Response) -> str | None:
    """The commit that an answer names, None where it names none.

    :raises EndpointError: what it names cannot be a commit.
    """
    commit: str | None = response.headers.get(COMMIT_HEADER)
    if commit is not None and not is_commit(commit):
        raise EndpointError(f"answered with {printable(commit[:60])!r} as {COMMIT_HEADER}, which is not a commit")
    return commit


def file_in(response: httpx.Response) -> ExpectedFile:
    """The size and hash that an answer to HEAD promises of a file: the Hub's own headers where it redirects to the storage.

    :raises EndpointError: it promises none, so that nothing could be verified.
    """
    headers = response.headers
    size = headers.get("X-Linked-Size") or ("" if response.is_redirect else headers.get("Content-Length", ""))
    digest = (headers.get("X-Linked-Etag") or headers.get("ETag", "")).removeprefix("W/").strip('"')
    expected = expected_of(size, digest)
    if expected is None:
        raise EndpointError("answered without the size and hash of the file, by which it could be verified")
    return expected


def continues(response: httpx.Response, start: int) -> bool:
    """Whether the body continues where the part ends."""
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    plain = response.headers.get("Content-Encoding", "identity") == "identity"
    return response.status_code == 206 and plain and found is not None and int(found[1]) == start


def check_redirect(before: httpx.Request, after: httpx.Request) -> None:
    """Refuse a redirect that drops encryption."""
    if before.url.scheme == "https" and after.url.scheme != "https":
        raise EndpointError(f"redirected from https to {after.url.scheme}")


def check_status(response: httpx.Response, *, redirected: bool) -> None:
    """Refuse every status but 200, 206, and 416 to a Range; raises EndpointError with what the server says of it."""
    status = response.status_code
    if status in (200, 206) or (status == 416 and "Range" in response.request.headers):
        return
    said = [response.headers.get(name, "") for name in ("X-Error-Code", "X-Error-Message")]
    text = ": ".join(part for part in (f"HTTP {status} {response.reason_phrase}".strip(), *said) if part)
    if redirected:
        text += f" from {response.url.host}, where it redirects"
    # An expired signed address of the storage is mended by asking the endpoint again.
    transient = status in _TRANSIENT or (status == 403 and redirected)
    raise EndpointError(printable(text), transient=transient, wait=_retry_after(response))


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() and len(value) < 6 else None


def printable(text: str) -> str:
    """The text on one line, without characters that a terminal would obey."""
    return "".join(char if char.isprintable() else " " for char in text)[:300]
