"""A `prepare` that is killed leaves the old corpus, and its work is removed by the next one, but not that of a living one."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from danbooru_index.prepare import prepare_corpus
from danbooru_index.prepare.work_folder import work_folder

PROGRAM = (
    "import sys; from pathlib import Path; from danbooru_index.prepare import prepare_corpus;"
    "prepare_corpus([sys.argv[1]], Path(sys.argv[2]))"
)


def test_killed_the_old_corpus_stays_and_the_next_run_cleans_up(tmp_path: Path) -> None:
    source, folder = tmp_path / "tags.csv", tmp_path / "out"
    folder.mkdir()
    output = folder / "corpus.jsonl"
    output.write_text("old", encoding="utf-8")
    source.write_text("tag,count\n" + "".join(f"tag_{i},{i}\n" for i in range(300_000)), encoding="utf-8")
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(source), str(output)], cwd=Path(__file__).parents[1])
    deadline = time.monotonic() + 300
    while not any(folder.glob(".danbooru-index-prepare-*/facts.sqlite")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait(300)
    assert output.read_text(encoding="utf-8") == "old"
    assert len(list(folder.iterdir())) == 2
    source.write_text("sky,0,5,\n", encoding="utf-8")
    with work_folder(folder) as living:
        prepare_corpus([str(source)], output)
        assert sorted(path.name for path in folder.iterdir()) == sorted([living.name, "corpus.jsonl"])
    assert [path.name for path in folder.iterdir()] == ["corpus.jsonl"]
    assert '"tag":"sky"' in output.read_text(encoding="utf-8")
