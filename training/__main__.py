"""From the data to weights.json in one command:

    python -m training --data DATA --work WORK --write

builds the indexes that are missing in WORK, collects what every query set finds in each, prints the cross-fitted figures, and with
--write fits the shipped ranker on all queries. `--ablate` prints what each group of features gives instead.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from danbooru_index.ranking import FEATURES
from danbooru_index.storage.files import sha256_of

from .collect import Data, collect
from .corpora import CORPORA, Corpus, open_corpus
from .fit import Settings, fit, plain_sum
from .groups import GROUPS, SHIPPED
from .measure import UNSEEN, by_set, cross_fitted, header, precisions, rows, scorer
from .provenance import commit, write_weights
from .queries import query_sets


def _collected(corpus: Corpus, data: Path, work: Path) -> tuple[Data, dict[str, Any]]:
    """The candidates of one corpus, taken from the work folder where neither it nor the features have changed."""
    path, stamp = work / "collected" / f"{corpus.name}.npz", work / "collected" / f"{corpus.name}.json"
    index, made_of = open_corpus(corpus, data, work)
    made_of = {**made_of, "index": index.folder.name, "features": list(FEATURES)}
    with index:
        if not stamp.is_file() or json.loads(stamp.read_text(encoding="utf-8")) != made_of:
            print(f"collecting {corpus.name}", file=sys.stderr, flush=True)
            collect(index, corpus.name, query_sets(corpus, data), corpus.only_known).save(path)
            stamp.write_text(json.dumps(made_of), encoding="utf-8")
    return Data.load(path), {key: made_of[key] for key in ("corpus", "lexicon")}


def _ablate(data: Data, settings: Settings) -> None:
    for name, group in GROUPS.items():
        kept = tuple(i for i in settings.columns if FEATURES[i] not in group)
        if len(kept) < len(settings.columns):
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
    found = [_collected(corpus, options.data, options.work) for corpus in CORPORA]
    data = Data.join([part for part, _ in found])
    settings = Settings(columns=tuple(FEATURES.index(name) for name in SHIPPED))
    print(header())
    every = np.arange(len(data.queries))
    print(rows("plain sum", data, precisions(data, every, plain_sum)), flush=True)
    unseen = cross_fitted(data, settings)
    np.save(options.work / UNSEEN, unseen)
    print(rows("cross-fitted", data, unseen), flush=True)
    if options.ablate:
        return _ablate(data, settings)
    if options.write:
        ranker = fit(data, every, settings)
        print(rows("all queries, fitted", data, precisions(data, every, scorer(ranker))), flush=True)
        figures = {name: {k: round(v, 4) for k, v in sets.items()} for name, sets in by_set(data, unseen).items()}
        write_weights(
            ranker,
            settings.columns,
            {
                "commit": commit(),
                "corpora": {corpus.name: of for corpus, (_, of) in zip(CORPORA, found, strict=True)},
                "queries": {path.name: sha256_of(path) for path in sorted((options.data / "eval").glob("*.jsonl"))},
                "settings": {key: value for key, value in asdict(settings).items() if key != "columns"},
                "cross_fitted_map_at_10": figures,
            },
        )


if __name__ == "__main__":
    main()
