"""The hosts' installer hook. ComfyUI-Manager runs it after an install or update, Stable Diffusion WebUI at every start.

It installs nothing into the host. It says what is missing and the command that mends it, fetches the index only when the
setting `auto_fetch` asks for it, and in a WebUI updates the extension's own environment only when a setting there asks for it.
Standard library only until then; the exit code is 0, offline too.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).absolute().parent
MODELS_FOLDER = "danbooru_index"  # as nodes/host.py names it
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*(?:==\s*([^\s;,]+))?")


def in_webui() -> bool:
    """Whether the host is a WebUI: its environment is its own, and this pack's packages do not belong there."""
    return ROOT.parent.name != "custom_nodes" and importlib.util.find_spec("launch") is not None


def host_home() -> Path | None:
    """The home folder inside the host this pack lies in; None where it lies in no host."""
    known = ROOT.parent.name in ("custom_nodes", "extensions")
    return ROOT.parent.parent / "models" / MODELS_FOLDER if known else None


def missing_packages() -> list[str]:
    """The lines of requirements.txt whose package is absent, or pinned and another version."""
    missing = []
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        found = _REQUIREMENT.match(line)
        if found is None or (";" in line and sys.version_info >= (3, 11)):
            continue
        try:
            version = metadata.version(found[1])
        except metadata.PackageNotFoundError:
            version = None
        if version is None or (found[2] and version != found[2]):
            missing.append(line.strip())
    return missing


def say(text: str) -> None:
    """One line for the host's log."""
    print(f"danbooru-index: {text}", flush=True)


def look_at_packages() -> None:
    """Say which packages are missing; in a WebUI none of them belongs into its environment."""
    missing = [] if in_webui() else missing_packages()
    if missing:
        say(f"missing packages: {', '.join(missing)}. Install them:")
        say(f'  "{sys.executable}" -m pip install -r "{ROOT / "requirements.txt"}"')


def look_at_webui() -> None:
    """In a WebUI, bring the extension's own environment up to date, if the user's setting asks for it."""
    if not in_webui():
        return
    from danbooru_index_webui.at_start import update_if_asked

    update_if_asked(say)


def look_at_index() -> None:
    """Say whether there is an index, and fetch one if the setting asks for it."""
    from danbooru_index.settings import load_settings

    settings = load_settings(home=host_home())
    folder = settings.home / "index"
    if (folder / "CURRENT").is_file() or (folder / "manifest.json").is_file():
        return
    # Without /d, Windows stays on the drive where it is.
    enter = "cd /d" if sys.platform == "win32" else "cd"
    source = "" if settings.repository else " OWNER/NAME"
    command = f'{enter} "{ROOT}" && "{sys.executable}" -m danbooru_index fetch{source} --db "{folder}"'
    if not settings.auto_fetch or settings.offline or not settings.repository:
        say(f"no index in {folder}; the small starter index is used.")
        if settings.repository:
            say(f"To download a full one of {settings.repository}:")
        else:
            say("No full one is published yet. To download one that somebody published and that you trust:")
        say(f"  {command}")
        return
    from danbooru_index.errors import DanbooruIndexError
    from danbooru_index.hub import ensure_index

    say(f"auto_fetch is set: downloading {settings.repository} to {folder}")
    try:
        say(f"the index is {ensure_index(settings, folder)}")
    except DanbooruIndexError as error:
        say(f"{error} {error.hint}")
        say(f"To continue later: {command}")


def main() -> int:
    """Look at packages, then at the index; failures are reported, and the host's start continues."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    for look in (look_at_packages, look_at_webui, look_at_index):
        try:
            look()
        except Exception as error:  # a hook that fails must not stop its host
            say(f"{type(error).__name__}: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
