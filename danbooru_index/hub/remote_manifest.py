"""The manifest of a repository. It is untrusted input, so everything is checked here."""

from __future__ import annotations

import json

from ..errors import HubError, IndexMismatchError
from ..index.manifest import ENCODER_FOLDER, MANIFEST_FILE, SCHEMA_VERSION, Manifest, parse_manifest
from ..index.versions import SOURCE_FILE, UNFINISHED
from ..storage.foreign import JSON_VALUE, at
from ..transport.listing import ExpectedFile, check_names, read_files

PACKAGE_FILE = "encoder.json"
_NOT_LISTED = {ENCODER_FOLDER, UNFINISHED}
_HINT = "Nothing was downloaded. Choose another repository or revision, and tell the owner of this one."


def read_remote_manifest(data: bytes, where: str) -> tuple[Manifest, dict[str, ExpectedFile]]:
    """The manifest of a repository and the files that it lists.

    :raises IndexMismatchError: another schema version.
    :raises HubError: it is not a manifest, or an unsafe one.
    """
    with at(JSON_VALUE, lambda why: HubError(f"The {MANIFEST_FILE} of {where} cannot be used: {why}.", hint=_HINT)):
        value = json.loads(data)
        if not isinstance(value, dict) or value.get("format") != "danbooru-index":
            raise ValueError("it is not a manifest of a danbooru-index")
        if value.get("schema") != SCHEMA_VERSION:
            raise IndexMismatchError(
                f"The index of {where} has schema version {value.get('schema')!r}; this program reads {SCHEMA_VERSION}.",
                hint="Nothing was downloaded. Update danbooru-index, or choose a revision that fits with --revision.",
            )
        files = read_files(value["files"])
        # Our own notes stand beside them; on some systems MANIFEST.JSON would be one of these.
        check_names([MANIFEST_FILE, SOURCE_FILE, PACKAGE_FILE, *files])
        for name in files:
            # An encoder is a program; it comes with encoder.json, which --no-encoder leaves out. The others are our own notes.
            if name.split("/")[0].casefold() in _NOT_LISTED:
                raise ValueError(f"{name!r} is not a file of an index")
        return parse_manifest(value), files
