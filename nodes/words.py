"""The engine's hints in ComfyUI's words: its own Python, its own nodes and menus, no command that is not installed there.

The engine speaks to people at a command line. Here a rule replaces each such phrase; a command for which ComfyUI has no
node is written so that it runs as it stands.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from ..danbooru_index.errors import DanbooruIndexError, MissingDependencyError

PACK = Path(__file__).resolve().parent.parent
REBUILD = "Danbooru Index: Rebuild"
LOAD = "Danbooru Index: Load"

# Longer phrases first: what is left for a later rule is only what no earlier one took.
_RULES: tuple[tuple[str, str], ...] = (
    (
        r"Build it(?: again)? \(danbooru-index build[^)]*\) or fetch it(?: again)?(?: \(danbooru-index fetch\))?\.",
        f"Run {REBUILD}, or clear the folder of {LOAD}, so that the starter index is used.",
    ),
    (
        r"Build the index again \(danbooru-index build\) or fetch it again \(danbooru-index fetch\)\.",
        f"Run {REBUILD} with unfinished = restart.",
    ),
    (
        r"Build the index again \(danbooru-index build\), fetch it again \(danbooru-index fetch\), or use --dense sketch\.",
        f"Run {REBUILD} with unfinished = restart, or choose dense sketch in {LOAD}.",
    ),
    (
        r"Build it again without --chroma-tags 0, or search with --dense sketch\.",
        f"Run {REBUILD}, which makes one, or choose dense sketch in {LOAD}.",
    ),
    (r"or search without --chroma\.", f"or clear chroma in {LOAD}."),
    (
        r"Send it there \(danbooru-index build \.\.\. --chroma (\S+)\), or use the index that the server holds\.",
        rf"Name the index that the server at \1 holds in the folder of {LOAD}, or clear chroma there.",
    ),
    (r"or an index with --db, in the node: folder", f"or an index in the folder of {LOAD}"),
    (r"Run danbooru-index verify, then build or fetch again\.", f"Run {REBUILD} with unfinished = restart."),
    (r"Run its danbooru-index build command again, which goes", f"Run {REBUILD} again, which goes"),
    (
        r"Run the same command again to go on from there, or add --restart to start afresh\.",
        f"Run {REBUILD} again: it goes on from there; unfinished = restart begins afresh.",
    ),
    (r"Finish that build with its own command, or throw it away:", "Finish that build with its own corpus and encoder, or throw it away:"),
    (r"Build it again: danbooru-index build[^.]*", f"Run {REBUILD}"),
    (
        r"danbooru-index fetch OWNER/NAME, or (repository = \S+ in config\.toml)",
        rf"repository in {LOAD}, or \1",
    ),
    (r"build one here: danbooru-index build[^.]*", f"build one here ({REBUILD})"),
    (r"For example: danbooru-index related serafuku", "Name a tag, for example serafuku."),
    (r"Search for the right spelling: danbooru-index search TEXT", "Find the right spelling with Danbooru Index: Tag Search."),
    (r"--restart, in the node unfinished = restart", f"unfinished = restart in {REBUILD}"),
    (r" \(--db DIR, in the node: folder\)", f" in {LOAD}"),
    (r"or pass --tolerant to skip bad lines and count them", f"or switch tolerant on in {REBUILD} to skip bad lines and count them"),
    (r"\(--endpoint URL, or (HF_ENDPOINT=\S+)\)", rf"(endpoint in {LOAD}, or \1)"),
    (r" \(--endpoint URL\)", f" in {LOAD}"),
    (r"passed with --db", f"named in the folder of {LOAD}"),
    (r"choose another disk \(--db DIR, or DANBOORU_INDEX_HOME\)", "choose another disk (extra_model_paths.yaml, or DANBOORU_INDEX_HOME)"),
    (r"choose a folder on another disk with --db", "choose a folder on another disk (extra_model_paths.yaml, or DANBOORU_INDEX_HOME)"),
    (r"[Ff]etch into another folder with --db OTHER(, or --replace puts the fetched one in its place)?", f"Name another folder in {LOAD}"),
    (r"or choose a revision that fits with --revision", "or name a revision that fits in config.toml (revision)"),
    (r"Choose a revision that fits with --revision", "Name a revision that fits in config.toml (revision)"),
    (r"Use --device cpu", "Choose device cpu"),
    (r"use --device cpu", "choose device cpu"),
    (
        r" \(build --cooccurrence FILE\)",
        f": {REBUILD} takes them from a file beside the corpus, named like it, as tags.cooccurrence.csv",
    ),
    (r", or leave --cooccurrence out", ", or move the file of pairs away"),
    (r", or choose another --output", ""),
    (r"Choose another --output", "Choose another file"),
    (r", its encoding and --column", " and its encoding"),
    (r"Leave --base out, or name", "Name"),
    (r" For example: --column tag=name", ""),
    (r"Use --output \S+", "Choose another file."),
    (r"Fetch without it: --no-encoder\.", "Ask those who published it."),
    (r"Say it: --kind [^;]+; or name its columns: --column tag=COLUMN", "Give its columns a heading: tag, category, post_count, aliases"),
)  # fmt: skip


def python() -> str:
    """The Python that runs here, as a shell takes it."""
    return f'"{sys.executable}"'


def install_command(*packages: str) -> str:
    """The command that installs packages, or everything this pack needs, into ComfyUI's own Python."""
    if packages:
        return f"{python()} -m pip install {' '.join(packages)}"
    return f'{python()} -m pip install -r "{PACK / "requirements.txt"}"'


def hint_of(error: DanbooruIndexError) -> str:
    """What to do now, for somebody who sits before ComfyUI."""
    if isinstance(error, MissingDependencyError):
        return _missing_hint(error.hint)
    return plain(error.hint)


def plain(hint: str) -> str:
    """A hint of the engine without flags of the command line, its commands as they can be run here.

    >>> plain("Build it (danbooru-index build --input CORPUS --db DIR) or fetch it (danbooru-index fetch).")
    'Run Danbooru Index: Rebuild, or clear the folder of Danbooru Index: Load, so that the starter index is used.'
    """
    for pattern, words in _RULES:
        hint = re.sub(pattern, words, hint)
    hint = re.sub(r"(?<!-m )\bpip install\b", f"{python()} -m pip install", hint.replace("\\", "\\\\"))
    enter = "cd /d" if sys.platform == "win32" else "cd"
    command = f'{enter} "{PACK}" && {python()} -m danbooru_index '
    return re.sub(r"`?\bdanbooru-index (?=[a-z])", lambda _: command, hint).replace("`", "").replace("\\\\", "\\")


def _missing_hint(hint: str) -> str:
    """Everything that the pack needs in one command; BGE-M3's packages by name, with what they change."""
    named = re.search(r"pip install (.+?)(?:$| \(and)", hint)
    if named is None or "FlagEmbedding" not in named[1]:
        return f"Install what the pack needs, then restart ComfyUI:\n{install_command()}"
    return (
        f"Install it into ComfyUI's own Python, then restart ComfyUI:\n{install_command(named[1])}\n"
        f"{transformers_change()}Without it choose encoder auto or use-multilingual."
    )


def transformers_change() -> str:
    """What installing BGE-M3's packages would do to ComfyUI's transformers; empty where nothing changes."""
    from importlib import metadata

    try:
        version = metadata.version("transformers")
        newer = tuple(int(part) for part in version.split(".")[:2]) >= (5, 24)
    except (metadata.PackageNotFoundError, ValueError):
        return ""
    return f"This replaces transformers {version} by one below 5.24, which ComfyUI also takes.\n" if newer else ""
