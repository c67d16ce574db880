"""From the data to weights.json in one command:

    python -m training --data DATA --work WORK --write

builds the indexes that are missing in WORK, collects what every query set finds in each, prints the cross-fitted figures, and with
--write fits the shipped ranker on all queries. `--ablate` prints what each group of features gives instead.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np

from danbooru_index.ranking import FEATURES
from danbooru_index.ranking.model import WEIGHTS_FILE

from .collect import Data
from .fit import Settings, fit, plain_sum
from .gather import SETTINGS, fit_unseen, gathered
from .groups import GROUPS
from .measure import by_set, cross_fitted, header, precisions, rows, scorer
from .provenance import provenance, weights_text, write_learned
from .queries import HEADLINE, SIDE


def _ablate(data: Data) -> None:
    for name, group in GROUPS.items():
        kept = tuple(i for i in SETTINGS.columns if FEATURES[i] not in group)
        if len(kept) < len(SETTINGS.columns):
            print(rows(f"without {name}", data, cross_fitted(data, Settings(columns=kept))), flush=True)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(
        prog="python -m training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of tags.jsonl, tags_rich.csv.gz and eval/")
    parser.add_argument(
        "--work", type=Path, required=True, help="folder for indexes and collected candidates; it is reused"
    )
    parser.add_argument("--write", action="store_true", help="replace weights.json")
    parser.add_argument("--ablate", action="store_true", help="leave out each group of features in turn")
    options = parser.parse_args()
    data, made_of = gathered(options.data, options.work)
    print(header())
    every = np.arange(len(data.queries))
    print(rows("plain sum", data, precisions(data, every, plain_sum)), flush=True)
    unseen = fit_unseen(data, options.work)
    print(rows("cross-fitted", data, unseen), flush=True)
    if options.ablate:
        return _ablate(data)
    if options.write:
        ranker = fit(data, every, SETTINGS)
        print(rows("all queries, fitted", data, precisions(data, every, scorer(ranker))), flush=True)
        figures = {name: {k: round(v, 4) for k, v in sets.items()} for name, sets in by_set(data, unseen).items()}
        settings = {key: value for key, value in asdict(SETTINGS).items() if key != "columns"}
        asked = (options.data / "eval" / f"{name}.jsonl" for name in (*HEADLINE, *SIDE))
        said = provenance(WEIGHTS_FILE, made_of, asked, {"map_at_10": figures}, settings=settings)
        write_learned(WEIGHTS_FILE, weights_text(ranker, SETTINGS.columns, said))


if __name__ == "__main__":
    main()
