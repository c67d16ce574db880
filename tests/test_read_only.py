"""An index on a disk or in a folder that cannot be written: it opens and searches by the sketches, says so, and nothing is written.

The mounts are real ones, in a mount namespace of the test's own process: root is not stopped by the permissions of a folder.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from builds import WordEncoder, tag_lines, write_lines

from danbooru_index.index.notes import trust_version
from danbooru_index.index.versions import current_version
from danbooru_index.indexing import build_index
from danbooru_index.settings import load_settings

TESTS = Path(__file__).parent
SEARCH = f"""
    import json, sys
    sys.path[:0] = {[str(TESTS.parent), str(TESTS)]!r}
    from dataclasses import replace
    from pathlib import Path
    from builds import WordEncoder
    from danbooru_index.index.index import Index
    from danbooru_index.records import SearchRequest
    from danbooru_index.search.engine import search
    from danbooru_index.settings import load_settings

    folder, dense = sys.argv[1:]
    settings = replace(load_settings(), dense=dense)
    with Index(Path(folder), encoder=WordEncoder(), settings=settings) as index:
        found = search(index, SearchRequest("red thing 8", nsfw="include"))
    print(json.dumps([found.nearest_by, found.tags]))
"""
CANNOT = "sketches (the folder of the Chroma collection cannot be written to)"


def namespace() -> list[str]:
    """The command that gives a process mounts of its own."""
    return ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-r", "-m"]


@functools.cache
def can_mount() -> bool:
    if not shutil.which("unshare"):
        return False
    command = [*namespace(), "sh", "-c", "mount --bind /tmp /tmp && mount -o remount,ro,bind /tmp"]
    return subprocess.run(command, capture_output=True, timeout=30).returncode == 0


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """An index that this test's home trusts, never opened by Chroma but for its build."""
    folder = tmp_path / "index"
    build_index(write_lines(tmp_path / "corpus.jsonl", tag_lines(120)), folder, WordEncoder())
    trust_version(current_version(folder), load_settings().home)
    return folder


def on_read_only(paths: list[Path], arguments: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    """Run Python where these paths are mounted read-only."""
    mounts = "".join(f'mount --bind "{path}" "{path}" && mount -o remount,ro,bind "{path}" && ' for path in paths)
    command = [*namespace(), "sh", "-c", f'{mounts} exec "$@"', "sh", sys.executable, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=180, cwd=TESTS.parent, env={**os.environ, **more}
    )


def state(folder: Path) -> dict[str, tuple[int, str]]:
    """Every path below a folder, with the time of its last change and the hash of a file's content."""
    return {
        path.relative_to(folder).as_posix(): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in sorted(folder.rglob("*"))
    }


def script(folder: Path, dense: str) -> list[str]:
    return ["-c", textwrap.dedent(SEARCH), str(folder), dense]


@pytest.mark.skipif("not can_mount()", reason="mounting is not allowed here")
# A whole disk; Chroma's folder; its database alone, where the lock can be made; its graph alone.
@pytest.mark.parametrize("what", ["index", "index and home", "folder", "database", "graph"])
def test_chroma_that_cannot_write_leaves_it_to_the_sketches(built: Path, what: str) -> None:
    chroma = current_version(built) / "chroma"
    (graph,) = [path for path in chroma.iterdir() if path.is_dir()]
    paths = {
        "index": [built],
        "index and home": [built, load_settings().home],
        "folder": [chroma],
        "database": [chroma / "chroma.sqlite3"],
        "graph": [graph],
    }[what]
    # Beside what is read-only the mark of a reader is made, and removed.
    watched = built if "index" in what else current_version(built)
    before = state(watched)
    for dense in ("chroma", "auto"):
        done = on_read_only(paths, script(built, dense))
        assert done.returncode == 0, done.stderr
        label, tags = json.loads(done.stdout)
        assert label == (CANNOT if dense == "chroma" else "sketches")
        assert "red_thing_8" in tags[:3]
    assert state(watched) == before
    assert json.loads(subprocess.run(
        [sys.executable, *script(built, "chroma")], capture_output=True, text=True, timeout=180, check=True
    ).stdout)[0] == "Chroma"  # where it can be written  # fmt: skip


@pytest.mark.skipif("not can_mount()", reason="mounting is not allowed here")
def test_info_verify_and_publish_on_a_read_only_disk(built: Path, tmp_path: Path) -> None:
    before = state(built)
    code = f"""
    import sys
    sys.path[:0] = {[str(TESTS.parent), str(TESTS)]!r}
    from pathlib import Path
    from danbooru_index.cli import main
    from danbooru_index.hub import publish
    from danbooru_index.index.versions import current_version
    from danbooru_index.index.manifest import read_manifest
    folder = {str(built)!r}
    codes = [main(["info", folder]), main(["verify", folder])]
    version = current_version(Path(folder))
    assert publish._listing(version, read_manifest(version)) == (version / "manifest.json").read_bytes()
    raise SystemExit(max(codes))
    """
    done = on_read_only([built], ["-c", textwrap.dedent(code)])
    assert done.returncode == 0, done.stderr
    assert "The Chroma collection was not checked" in done.stdout and "cannot be written" in done.stdout
    assert state(built) == before
