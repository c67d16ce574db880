"""`hf://datasets/OWNER/NAME/PATH` sources: one file of a dataset on the Hub, through the endpoints of the settings."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

from ..errors import InputError
from ..progress import Progress, Step, silent
from ..settings import Settings
from ..transport.download import DEFAULT_RETRY, RetryPolicy
from ..transport.endpoints import Repository
from ..transport.one_file import FileSource, download_file

PREFIX = "hf://"
KEPT = "sources"  # in the home folder: what interrupted downloads received
_ADDRESS = re.compile(r"hf://(?P<repo>datasets/[^/@]+/[^/@]+)(?:@(?P<revision>[^/]+))?/(?P<path>.+)")
_HINT = "Check the address, set HF_ENDPOINT to a mirror, unset HF_HUB_OFFLINE, or name a local file."


def parse_address(address: str) -> FileSource:
    """The file that an address names. `OWNER/NAME@REVISION` is a branch, tag or commit.

    :raises InputError: it has another form.
    """
    parts = _ADDRESS.fullmatch(address)
    if not parts:
        raise InputError(
            f"{address} is not the address of a file in a dataset.",
            hint="Write hf://datasets/OWNER/NAME/PATH or hf://datasets/OWNER/NAME@REVISION/PATH.",
        )
    return FileSource(Repository.parse(parts["repo"]), parts["revision"] or "main", parts["path"])


def fetch(
    address: str,
    folder: Path,
    settings: Settings,
    progress: Progress = silent,
    *,
    retry: RetryPolicy = DEFAULT_RETRY,
) -> Path:
    """Download the file into `folder`, verified; the endpoints are tried in order. An interrupted one resumes at the next call.

    :raises HubError: offline, or no endpoint delivered it whole.
    """
    source = parse_address(address)
    target = folder / source.name.rpartition("/")[2]
    kept = settings.home / KEPT / hashlib.sha256(address.encode()).hexdigest()[:16]

    def named(step: Step) -> None:
        progress(replace(step, name=f"{step.name}: {target.name}"))

    download_file(settings, source, kept, target, _HINT, named, retry=retry)
    return target
