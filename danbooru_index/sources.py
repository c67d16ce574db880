"""Where a workflow may have things fetched from.

It may be a stranger's, so its nodes take nothing from anywhere but what the user's own settings name; a host offers to
add a source, and only a person can say yes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from .errors import InputError, SourceNotAllowedError
from .settings import DEFAULT_ENDPOINT, Settings, parse_toml
from .storage.files import write_text_atomically
from .storage.foreign import DISK, at
from .storage.locks import FileHold
from .storage.paths import is_network_path, lies_in
from .transport.endpoints import Repository, check_endpoint

REPOSITORY, ENDPOINT, SERVER, FOLDER = KINDS = ("repository", "endpoint", "server", "folder")
KEYS = {
    REPOSITORY: "allowed_repositories",
    ENDPOINT: "allowed_endpoints",
    SERVER: "allowed_servers",
    FOLDER: "allowed_folders",
}
_WORDS = {
    REPOSITORY: "the repository {}",
    ENDPOINT: "the endpoint {}",
    SERVER: "the Chroma server {}",
    FOLDER: "the folder {}",
}
_LOCK_SECONDS = 10.0
_TABLE = re.compile(r"^\s*\[", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Source:
    """One place that a workflow names: `kind` is `repository`, `endpoint`, `server` (of Chroma) or `folder`."""

    kind: str
    value: str

    @classmethod
    def of(cls, kind: str, value: str) -> Source:
        """A source as it is compared and written: in one spelling.

        :raises InputError: it cannot be one.
        """
        if kind == REPOSITORY:
            return cls(kind, str(Repository.parse(value)).removeprefix("datasets/"))
        if kind in (ENDPOINT, SERVER):
            scheme, slashes, rest = check_endpoint(value).partition("://")
            host, slash, path = rest.partition("/")
            return cls(kind, f"{scheme.lower()}{slashes}{host.lower()}{slash}{path}")
        if kind == FOLDER:
            text = value.strip()
            return cls(kind, text if is_network_path(text) else str(Path(text).expanduser().resolve()))
        raise InputError(f"{kind!r} is not a kind of source.", hint=f"Use one of: {', '.join(KINDS)}.")


def check_source(settings: Settings, source: Source) -> None:
    """Refuse a source that the user's own settings do not name.

    :param settings: the user's, without anything that the workflow says.
    :raises SourceNotAllowedError: it is another one.
    """
    if source.value in _allowed(settings, source.kind) or (
        source.kind == FOLDER and _is_inside(settings, source.value)
    ):
        return
    what = _WORDS[source.kind].format(source.value)
    raise SourceNotAllowedError(
        f"This workflow names {what}, which is not in your settings, so nothing was asked of it.",
        hint="If you trust it, say yes where ComfyUI's page asks Allow this source? (every such run asks again), or write it "
        f"into config.toml: {KEYS[source.kind]} = "
        f"[{json.dumps(source.value, ensure_ascii=False)}]",
        kind=source.kind,
        value=source.value,
    )


def _allowed(settings: Settings, kind: str) -> set[str]:
    named: dict[str, Iterable[str]] = {
        REPOSITORY: (settings.repository, *settings.allowed_repositories),
        ENDPOINT: (DEFAULT_ENDPOINT, *settings.endpoints, *settings.token_endpoints, *settings.allowed_endpoints),
        SERVER: (getattr(settings, "chroma", ""), *settings.allowed_servers),
        FOLDER: map(str, settings.allowed_folders),
    }
    return {Source.of(kind, value).value for value in named[kind] if value}


def _is_inside(settings: Settings, folder: str) -> bool:
    """Whether a folder lies in the home folder or in one that the user allowed."""
    return any(lies_in(folder, str(root)) for root in (settings.home, *settings.allowed_folders))


def allow_source(settings: Settings, kind: str, value: str) -> Settings:
    """Write a source into the user's settings file, where a person said so, and return the settings with it.

    Everything else in the file stays as it is, comments too. What is there already is not written twice.

    :param kind: `repository`, `endpoint`, `server` or `folder`.
    :raises InputError: it cannot be such a source, or the file cannot be changed; it is untouched then.
    """
    source = Source.of(kind, value)
    if settings.config is None:
        raise InputError("These settings come from no file.", hint=f"Write {KEYS[kind]} into config.toml.")
    config = settings.config
    hint = f"Write this line into it yourself: {KEYS[kind]} = [{json.dumps(source.value, ensure_ascii=False)}]"
    with at(DISK, lambda why: InputError(f"{config} could not be written: {why}.", hint=hint)):
        config.parent.mkdir(parents=True, exist_ok=True)
        with FileHold(config.with_name(f".{config.name}.lock"), timeout=_LOCK_SECONDS):
            _add(config, KEYS[kind], source.value)
    known: tuple[str | Path, ...] = getattr(settings, KEYS[kind])
    new = Path(source.value) if kind == FOLDER else source.value
    changes = {KEYS[kind]: known if new in known else (*known, new)}
    return replace(settings, **changes)  # type: ignore[arg-type]


def _add(path: Path, key: str, value: str) -> None:
    text = path.read_text(encoding="utf-8-sig") if path.is_file() else ""
    before = parse_toml(text, path)
    values = before.get(key, [])
    values = [values] if isinstance(values, str) else list(values)
    if value in values:
        return
    line = f"{key} = {json.dumps([*values, value], ensure_ascii=False)}\n"
    kept = _without(text, key) if key in before else text
    # A key of the top level stands before the first table.
    table = _TABLE.search(kept)
    place = table.start() if table else len(kept)
    head = kept[:place] if not kept[:place] or kept[:place].endswith("\n") else f"{kept[:place]}\n"
    changed = f"{head}{line}{kept[place:]}"
    # The file is a person's, and TOML can be written in many ways: only what reads as meant is kept.
    if parse_toml(changed, path) != {**before, key: [*values, value]}:
        raise InputError(
            f"{path} is written in a way that is not changed here.", hint=f"Add this line yourself: {line.strip()}"
        )
    write_text_atomically(path, changed)


def _without(text: str, key: str) -> str:
    """The text without a key of the top level, whose list may go over several lines."""
    found = re.search(
        rf"^[ \t]*{key}[ \t]*=[ \t]*(?:\[[^\]]*\]|\"[^\"\n]*\"|'[^'\n]*')[ \t]*(?:#[^\n]*)?\n?", text, re.MULTILINE
    )
    return text if found is None else text[: found.start()] + text[found.end() :]
