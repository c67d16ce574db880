"""`convert`: BGE-M3 in int8 for the CPU."""

from __future__ import annotations

import argparse
import itertools
import json
from pathlib import Path
from typing import Any

from ..progress import Progress
from ..report import table
from ..settings import Settings, load_settings
from .common import ProgressBar, add_json_flag

_MAX_TEXTS = 256


def add_commands(commands: Any) -> None:
    """Add `convert`."""
    parser = commands.add_parser("convert", help="turn local BGE-M3 weights into an int8 model for the CPU")
    parser.add_argument(
        "--model",
        default="BAAI/bge-m3",
        metavar="NAME|FOLDER",
        help="BAAI/bge-m3 (default, fetched when it is nowhere) or a folder with its files",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="where to write it (default: onnx-int8 beside the weights, or in the home's models folder)",
    )
    parser.add_argument(
        "--texts",
        type=Path,
        metavar="FILE.jsonl",
        help=f"a corpus whose first {_MAX_TEXTS} texts are compared with fp32 (default: texts in ten languages)",
    )
    parser.add_argument(
        "--force", action="store_true", help="keep the model even if its dense vectors are far from fp32"
    )
    add_json_flag(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Convert and print what it cost."""
    from ..corpus import CorpusReader
    from ..encoders.convert import SAMPLE_TEXTS, convert

    texts: tuple[str, ...] = SAMPLE_TEXTS
    if options.texts:
        with CorpusReader(options.texts, strict=False) as reader:
            texts = tuple(record.text for record in itertools.islice(reader, _MAX_TEXTS))
    with ProgressBar() as bar:
        source, target = _folders(options, load_settings(), bar)
    made = convert(source, target, texts=texts, force=options.force)
    if options.json:
        cosines = {
            name: {"mean": round(value.mean, 5), "least": round(value.least, 5)}
            for name, value in made.similarity.items()
        }
        print(
            json.dumps(
                {
                    "folder": str(made.folder),
                    "bytes": made.size,
                    "weight_bits": made.weight_bits,
                    "texts": len(texts),
                    "cosine": cosines,
                }
            )
        )
        return 0
    rows = [
        ["output", "mean cosine to fp32", "least"],
        *([name, f"{value.mean:.4f}", f"{value.least:.4f}"] for name, value in made.similarity.items()),
    ]
    print(table(rows, right=(1, 2)))
    print(f"{len(texts)} texts; {made.size / 1e6:.0f} MB, {made.weight_bits}-bit weights -> {made.folder}")
    return 0


def _folders(options: argparse.Namespace, settings: Settings, progress: Progress) -> tuple[Path, Path | None]:
    """The checkpoint, and where its int8 form goes; the Hub's cache is not ours to write to."""
    from ..encoders.model_files import FOLDER_NAMES, MODELS, REPOSITORY, ensure_folder
    from ..encoders.onnx_m3 import ONNX_FOLDER

    if options.model != REPOSITORY:
        return Path(options.model), options.output
    source = ensure_folder(settings, progress)
    beside = source.parent.name != "snapshots"
    target = source / ONNX_FOLDER if beside else settings.home / MODELS / FOLDER_NAMES[0] / ONNX_FOLDER
    return source, options.output or target
