"""Settings: the one file that reads the environment and the TOML file. Inputs and flags override what it returns."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import InputError
from .storage.foreign import TEXT, TOML, at

CONFIG_NAME = "config.toml"
ENVIRONMENT, DEFAULT = "environment", "default"  # where a setting comes from, beside CONFIG_NAME
DENSE_CHOICES = ("auto", "sketch", "chroma")
DEFAULT_ENDPOINT = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and what may be fetched.

    `home` holds indexes and models. `endpoints` are tried in order. `repository` and `revision` name the prebuilt index. It
    has no default: a name that nobody has registered could be registered by anybody. Nothing is fetched unless a command or
    node asks for it, or `auto_fetch` is true. `token` goes to the Hub
    itself and to `token_endpoints`, never to another endpoint. `model_folders` are a host's folders of models, where
    BGE-M3 may already lie. `weights` is a file that `evaluate --tune` wrote, for searches instead of the built-in weights.
    `dense` says where tags of near meaning are looked for: `auto`, `sketch` or `chroma`; `chroma` is the address of a Chroma
    server that holds the collection of the index. `queue_builds` lets ComfyUI queue every rebuild as a prompt, not only those
    that need the GPU. `key` is what clients of `serve` must send. `config` is the settings file, there
    or not. A workflow's nodes fetch only from `repository`, `endpoints` and what is `allowed_` beside them, and only into the
    home or `allowed_folders` (sources.py). `sources` says of each name of the file where its value was found: ENVIRONMENT,
    CONFIG_NAME or DEFAULT.
    """

    home: Path
    endpoints: tuple[str, ...] = (DEFAULT_ENDPOINT,)
    token: str | None = field(default=None, repr=False)
    token_endpoints: tuple[str, ...] = ()
    offline: bool = False
    repository: str = ""
    revision: str = "main"
    auto_fetch: bool = False
    model: str = "use-multilingual"
    device: str = "auto"
    model_folders: tuple[Path, ...] = ()
    weights: Path | None = None
    dense: str = "auto"
    chroma: str = ""
    queue_builds: bool = False
    key: str | None = field(default=None, repr=False)
    config: Path | None = None
    allowed_repositories: tuple[str, ...] = ()
    allowed_endpoints: tuple[str, ...] = ()
    allowed_servers: tuple[str, ...] = ()
    allowed_folders: tuple[Path, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def token_for(self, endpoint: str) -> str | None:
        """The token, for an endpoint that may see it."""
        return self.token if endpoint in (DEFAULT_ENDPOINT, *self.token_endpoints) else None


def default_home() -> Path:
    """The folder for indexes and models when nothing else is said, by the platform's conventions."""
    import platformdirs

    return Path(platformdirs.user_data_dir("danbooru-index", appauthor=False))


def for_child_processes(values: Mapping[str, str]) -> None:
    """Set environment variables for the processes that start from now on; what the user has set stands."""
    for name, value in values.items():
        os.environ.setdefault(name, value)


def load_settings(home: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings: environment first, then the TOML file, then defaults.

    :param home: the host's home folder (ComfyUI's user folder); DANBOORU_INDEX_HOME overrides it.
    :param environ: the environment; `os.environ` when left out.
    :raises InputError: the TOML file cannot be parsed, or a value has the wrong type.
    """
    env = os.environ if environ is None else environ
    folder = Path(env["DANBOORU_INDEX_HOME"]).expanduser() if env.get("DANBOORU_INDEX_HOME") else home or default_home()
    config = Path(env.get("DANBOORU_INDEX_CONFIG") or folder / CONFIG_NAME)
    table = _read_toml(config)

    read = _Reader(env, table)

    def allowed(name: str) -> Any:
        return read(f"allowed_{name}", f"DANBOORU_INDEX_ALLOWED_{name.upper()}", [])

    return Settings(
        home=folder,
        endpoints=_endpoints(read("endpoint", "HF_ENDPOINT", DEFAULT_ENDPOINT)),
        token=_token(env.get("HF_TOKEN", "")),
        token_endpoints=_endpoints(read("token_endpoints", "DANBOORU_INDEX_TOKEN_ENDPOINTS", "")),
        offline=_flag(read("offline", "HF_HUB_OFFLINE", False), "offline"),
        repository=str(read("repository", "DANBOORU_INDEX_REPO", "")),
        revision=str(read("revision", "DANBOORU_INDEX_REVISION", "main")),
        auto_fetch=_flag(read("auto_fetch", "DANBOORU_INDEX_AUTO_FETCH", False), "auto_fetch"),
        model=str(read("model", "DANBOORU_INDEX_MODEL", "use-multilingual")),
        device=str(read("device", "DANBOORU_INDEX_DEVICE", "auto")),
        model_folders=_folders(read("model_folders", "DANBOORU_INDEX_MODEL_FOLDERS", [])),
        dense=_choice(str(read("dense", "DANBOORU_INDEX_DENSE", "auto")), "dense", DENSE_CHOICES),
        chroma=str(read("chroma", "DANBOORU_INDEX_CHROMA", "")),
        queue_builds=_flag(read("queue_builds", "DANBOORU_INDEX_QUEUE_BUILDS", False), "queue_builds"),
        key=env.get("DANBOORU_INDEX_KEY") or None,
        weights=_file(
            read("weights", "DANBOORU_INDEX_WEIGHTS", None), folder if read.sources["weights"] == CONFIG_NAME else None
        ),
        config=config,
        allowed_repositories=_endpoints(allowed("repositories"), "allowed_repositories"),
        allowed_endpoints=_endpoints(allowed("endpoints"), "allowed_endpoints"),
        allowed_servers=_endpoints(allowed("servers"), "allowed_servers"),
        allowed_folders=_folders(allowed("folders")),
        sources=read.sources,
    )


class _Reader:
    """Reads one setting after another, and keeps in `sources` where each was found."""

    def __init__(self, env: Mapping[str, str], table: Mapping[str, Any]) -> None:
        self._env, self._table = env, table
        self.sources: dict[str, str] = {}

    def __call__(self, name: str, variable: str, default: Any) -> Any:
        """The value of the environment's `variable`, else of `name` in the file, else the default."""
        if self._env.get(variable, "").strip(" ,"):
            self.sources[name] = ENVIRONMENT
            return self._env[variable]
        there = self._table.get(name, "") != ""
        self.sources[name] = CONFIG_NAME if there else DEFAULT
        return self._table[name] if there else default


def _read_toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    hint = "Save it as UTF-8, or remove it."
    with at(TEXT, lambda why: InputError(f"The settings file {path} cannot be read: {why}.", hint=hint)):
        return parse_toml(path.read_text(encoding="utf-8-sig"), path)


def parse_toml(text: str, path: Path) -> dict[str, Any]:
    """The table of a settings file; `path` is for the error.

    :raises InputError: it is not valid TOML.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    hint = "Correct that line, or remove the file."
    with at(TOML, lambda why: InputError(f"The settings file {path} is not valid TOML: {why}.", hint=hint)):
        table: dict[str, Any] = tomllib.loads(text)
    return table


def _token(value: str) -> str | None:
    token = value.strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        hint = "Copy the token again, or unset HF_TOKEN; a public index needs none."
        raise InputError("HF_TOKEN holds characters that no token has.", hint=hint)
    return token or None


def _endpoints(value: str | list[str], name: str = "endpoint") -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise InputError(
            f"The setting {name} is {value!r}.",
            hint=f'Use an address or a list: {name} = ["https://huggingface.co"].',
        )
    return tuple(part.strip().rstrip("/") for part in parts if part.strip())


def _folders(value: str | list[str]) -> tuple[Path, ...]:
    parts = value.split(os.pathsep) if isinstance(value, str) else value
    return tuple(Path(part).expanduser() for part in parts if part)


def _file(value: str | None, folder: Path | None = None) -> Path | None:
    """A file; a relative one is looked for in `folder`, else where the program runs."""
    path = Path(value).expanduser() if value else None
    return folder / path if path and folder else path


def _choice(value: str, name: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise InputError(f"The setting {name} is {value!r}.", hint=f"Use one of: {', '.join(choices)}.")
    return value


def _flag(value: str | bool, name: str) -> bool:
    if isinstance(value, bool):
        return value
    lowered = value.strip().lower()
    if lowered in ("1", "true", "yes", "on"):
        return True
    if lowered in ("0", "false", "no", "off", ""):
        return False
    raise InputError(f"The setting {name} is {value!r}.", hint="Use true or false.")
