"""Names and addresses: a repository, its paths at an endpoint, and what is refused before anything is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from ..errors import InputError

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_KINDS = {"datasets": "dataset", "models": "model"}


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository: `id` is owner/name, `kind` is `dataset` or `model`."""

    id: str
    kind: str = "dataset"

    @classmethod
    def parse(cls, text: str) -> Repository:
        """Read `owner/name` (a dataset), `datasets/owner/name` or `models/owner/name`.

        >>> Repository.parse("models/BAAI/bge-m3")
        Repository(id='BAAI/bge-m3', kind='model')

        :raises InputError: it is none of these.
        """
        head, _, rest = text.strip().partition("/")
        kind, name = (_KINDS[head], rest) if head in _KINDS else ("dataset", text.strip())
        if not _ID.fullmatch(name) or ".." in name or "--" in name:
            raise InputError(
                f"{text!r} is not a repository of the Hub.",
                hint="Write owner/name, datasets/owner/name or models/owner/name.",
            )
        return cls(name, kind)

    def __str__(self) -> str:
        return f"{self.kind}s/{self.id}"

    def file_path(self, revision: str, name: str) -> str:
        """The path of a file's content at every endpoint."""
        prefix = "/datasets" if self.kind == "dataset" else ""
        return f"{prefix}/{self.id}/resolve/{quote(revision, safe='')}/{quote(name)}"

    def tree_path(self, revision: str) -> str:
        """The path of the list of all files at every endpoint."""
        return f"/api/{self.kind}s/{self.id}/tree/{quote(revision, safe='')}?recursive=true&expand=false"


def is_commit(revision: str) -> bool:
    """Whether a revision is a full commit hash, which never changes its content."""
    return _COMMIT.fullmatch(revision) is not None


def check_revision(revision: str) -> str:
    """A branch, tag or commit, unchanged.

    :raises InputError: it cannot be one.
    """
    if not _REVISION.fullmatch(revision) or ".." in revision:
        raise InputError(
            f"{revision!r} is not a revision.", hint="Write a branch such as main, a tag, or a commit hash."
        )
    return revision


def check_endpoint(url: str) -> str:
    """The address of a Hub or a mirror without its trailing slash.

    :raises InputError: it is not an http(s) address, or carries a name, password, query or fragment.
    """
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or any(char.isspace() or ord(char) < 32 for char in url.strip()):
        raise InputError(
            f"{_without_secrets(url)!r} is not an endpoint.",
            hint="Write an http or https address, for example HF_ENDPOINT=https://huggingface.co",
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise InputError(
            f"The endpoint {_without_secrets(url)!r} carries a name, password, query or fragment.",
            hint="Write the address alone; a token belongs in HF_TOKEN.",
        )
    return url.strip().rstrip("/")


def _without_secrets(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//...@", url).partition("?")[0]
