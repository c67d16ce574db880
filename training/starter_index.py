"""The starter index inside the package, in one command:

    python -m training.starter_index

builds it afresh from the starter corpus and the lexicon with the embedded encoder, and packs it. To be run whenever one of the three
changes, or the format of an index; tests/test_packed.py compares what ships with a fresh build.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from danbooru_index.encoders import USE_MULTILINGUAL, open_encoder
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.indexing.packed import pack_index
from danbooru_index.locate import STARTER_CORPUS, STARTER_PACKED


def build_starter(folder: Path) -> Path:
    """Build the starter index in a new folder, every text encoded; returns its version folder."""
    return build_index(STARTER_CORPUS, folder, open_encoder(USE_MULTILINGUAL), BuildOptions(chroma_tags=0)).folder


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(
        prog="python -m training.starter_index",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--output", type=Path, default=STARTER_PACKED, help="the file to write (default: %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pack_index(build_starter(Path(folder) / "starter"), options.output)
    print(f"{options.output}: {options.output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
