"""An encoder that travels with an index: `encoder.json` (identity, files with hashes) and the folder `encoder/`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..encoders import EncoderIdentity, open_encoder
from ..errors import HubError, IndexMismatchError, InputError
from ..index.manifest import ENCODER_FOLDER as PACKAGE_FOLDER
from ..index.manifest import PACKAGE_OPTION, Manifest, list_files
from ..settings import Settings
from ..storage.files import sha256_of
from ..storage.foreign import JSON_VALUE, at
from ..transport.listing import MAX_LISTING_BYTES, ExpectedFile, check_names, has_size, read_files
from ..transport.mirrors import Remote
from .remote_manifest import PACKAGE_FILE

DEFAULT_FOLDER = "models/bge-m3/onnx-int8"  # below the home folder; where `convert` puts it for fetched weights
CARD_FILE = "model.json"  # in an encoder's folder, by `convert`: whose vectors it makes
_FORMAT = "danbooru-index-encoder"


@dataclass(frozen=True, slots=True)
class EncoderPackage:
    """Which encoder it is, its files by their path in the repository, and the very bytes of `encoder.json`."""

    identity: EncoderIdentity
    files: dict[str, ExpectedFile]
    data: bytes


def parse_package(data: bytes, where: str) -> EncoderPackage:
    """Read `encoder.json`.

    :raises HubError: it is not an encoder's list of files, or unsafe.
    """
    hint = "Fetch without it: --no-encoder."
    with at(JSON_VALUE, lambda why: HubError(f"The {PACKAGE_FILE} of {where} cannot be used: {why}.", hint=hint)):
        value = json.loads(data)
        if value["format"] != _FORMAT:
            raise ValueError(f"its format is {value['format']!r}")
        files = read_files(value["files"])
        outside = [name for name in files if not name.startswith(f"{PACKAGE_FOLDER}/")]
        if outside:
            raise ValueError(f"{outside[0]!r} is outside {PACKAGE_FOLDER}/")
        return EncoderPackage(EncoderIdentity.from_json(value["encoder"]), files, data)


def package_of(remote: Remote, manifest: Manifest, where: str) -> EncoderPackage | None:
    """The encoder that the manifest says the repository carries, None for none.

    :raises HubError: `encoder.json` cannot be fetched, or is not the one that the manifest names.
    """
    wanted = manifest.options.get(PACKAGE_OPTION)
    if wanted is None:
        return None
    _, data = remote.read(PACKAGE_FILE, MAX_LISTING_BYTES)
    if hashlib.sha256(data).hexdigest() != wanted:
        raise HubError(
            f"The {PACKAGE_FILE} of {where} is not the one that the manifest names.",
            hint="Choose another endpoint (--endpoint URL).",
        )
    package = parse_package(data, where)
    try:
        check_names([*manifest.files, *package.files])
    except ValueError as error:
        hint = "Nothing was downloaded. Choose another repository or revision, and tell the owner of this one."
        raise HubError(f"The index and the encoder of {where} do not belong together: {error}.", hint=hint) from error
    return package


def check_package(version: Path, manifest: Manifest, *, hashes: bool = False) -> list[str]:
    """What is wrong with the encoder of a version, one sentence a file; empty when all is well, or it carries none."""
    wanted = manifest.options.get(PACKAGE_OPTION)
    if wanted is None:
        return []
    path = version / PACKAGE_FILE
    if not path.is_file() or sha256_of(path) != wanted:
        return [f"{PACKAGE_FILE} is missing or changed"]
    files = parse_package(path.read_bytes(), str(version)).files
    bad = [name for name, expected in files.items() if not has_size(version / name, expected)]
    if hashes:
        bad += [
            name for name, expected in files.items() if name not in bad and sha256_of(version / name) != expected.digest
        ]
    return [f"{name} is missing or changed" for name in bad]


def converted_folder(identity: EncoderIdentity, settings: Settings) -> Path:
    """Where `convert` put the int8 form of an encoder; where it would be put, if there is none."""
    from ..encoders.onnx_m3 import find_converted

    found = find_converted(identity.name, settings)
    return settings.home / DEFAULT_FOLDER if found is None else found.folder


def pack_encoder(folder: Path, identity: EncoderIdentity) -> tuple[bytes, dict[str, Path | bytes]]:
    """`encoder.json` for a folder that `convert` made, and its files by their path in the repository.

    Both name the encoder by its public identity.

    :raises EncoderError: it is not a converted encoder.
    :raises IndexMismatchError: it is not the encoder of this identity, which built the index.
    :raises InputError: there is nothing in the folder, or a link.
    """
    names = list_files(folder) if folder.is_dir() else []
    links = [name for name in names if (folder / name).is_symlink()]
    if links:
        raise InputError(f"{links[0]} in {folder} is a link.", hint="Name a folder that holds the files themselves.")
    if not names:
        raise InputError(
            f"There is no encoder in {folder}.",
            hint="Make one: danbooru-index convert, or name its folder with --encoder DIR.",
        )
    found = open_encoder(str(folder), device="cpu", precision="int8").identity
    if found != identity:
        raise IndexMismatchError(
            f"The encoder in {folder} is {found}; the index was built by {identity}.",
            hint="Convert the model that built the index: danbooru-index convert --model NAME|FOLDER",
        )
    public = identity.public()
    files: dict[str, Path | bytes] = {f"{PACKAGE_FOLDER}/{name}": folder / name for name in names}
    if public != identity:
        card = json.loads((folder / CARD_FILE).read_bytes())
        files[f"{PACKAGE_FOLDER}/{CARD_FILE}"] = json_bytes({**card, "identity": public.as_json()})
    entries = {name: _entry(content) for name, content in files.items()}
    return json_bytes({"format": _FORMAT, "encoder": public.as_json(), "files": entries}), files


def _entry(content: Path | bytes) -> dict[str, Any]:
    if isinstance(content, bytes):
        return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return {"size": content.stat().st_size, "sha256": sha256_of(content)}


def json_bytes(value: dict[str, Any]) -> bytes:
    """JSON in the form that a build writes."""
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
