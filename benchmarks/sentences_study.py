"""Study of sentences: when to split a text, what to put into a prompt, and the constants that follow.

    python benchmarks/sentences_study.py --db INDEX --queries DIR [--fit]

DIR holds the query sets (`multi_*.jsonl` are sentences, the others single things). Every text is split and scored once;
the choices are then compared on the scores. `--fit` also fits the logistic weights of concepts/choose.py on every other
sentence and checks them on the rest (it needs scikit-learn). Paste the printed constants after the ranking changes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from danbooru_index.concepts import interleave, split
from danbooru_index.concepts.choose import DEPTH, Candidate, choose, weigh
from danbooru_index.evaluate import average_precision, read_queries
from danbooru_index.index import Index
from danbooru_index.lookup import StoreLexicon
from danbooru_index.ranking import order
from danbooru_index.records import SearchRequest
from danbooru_index.search import encode_queries, score_candidates
from danbooru_index.sentence import thing_request

SENTENCES = ("multi_zh", "multi_ja", "multi_en")
HEADLINE = (
    "zh_human", "zh_natural", "zh_definition", "zh_tw", "zh_character", "ja_translation", "ja_wiki", "en_alias", *SENTENCES,
)  # fmt: skip
RATIOS = (0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)


def scored(index, request, vector):
    """[(row, fused, exact)] best first, 30 at most."""
    found = score_candidates(index, request, vector)
    scores = found.fused(index.weights)
    best = order(scores, index.store.post_count[found.rows])[:30]
    return [(int(found.rows[i]), float(scores[i] - found.exact[i]), float(found.exact[i])) for i in best]


def read_set(index, path, most):
    """[(relevant tags, counts, whole, parts)] of one set; parts are None where the text names one thing."""
    lexicon, rows = StoreLexicon(index.store), []
    for query in read_queries(path)[:most]:
        concepts = split(query.text, lexicon)
        things = [c for c in concepts if not c.tags and not c.negated]
        base = SearchRequest(query.text, nsfw="include")
        asked = [base, *(thing_request(base, thing) for thing in things)] if len(concepts) > 1 else [base]
        found = [scored(index, r, v) for r, v in zip(asked, encode_queries(index, asked), strict=True)]
        counts = [tag for concept in concepts for tag in concept.tags]
        rows.append((query.relevant, counts, found[0], found[1:] if len(concepts) > 1 else None))
    return rows


def search_precision(index, rows, ratio, counted_ratio):
    """Mean AP@10 when texts are split below these ratios."""
    values = []
    for relevant, counts, whole, parts in rows:
        tops = [max((f for _, f, _ in part), default=0.0) for part in parts or []]
        top = max((f + e for _, f, e in whole), default=0.0)
        limit = counted_ratio if counts else ratio
        several = bool(tops) and (len(tops) > 1 or bool(counts)) and top < limit * statistics.fmean(tops)
        ranked = (
            interleave([(r, f + e) for r, f, e in part] for part in parts) if several else [(r, 0) for r, _, _ in whole]
        )
        values.append(average_precision([index.store.record(row).tag for row, _ in ranked[:10]], relevant))
    return statistics.fmean(values)


def candidates(index, part):
    return [Candidate(r, f, e > 0, float(index.store.popularity[r])) for r, f, e in part[:DEPTH]]


def prompt_figures(index, rows, budget, most, weighing=weigh):
    """(recall, spent over wanted) of the prompts of a set."""
    recalls, spent, wanted = [], 0, 0
    for relevant, counts, whole, parts in rows:
        chosen = choose([weighing(candidates(index, p)) for p in (parts or [whole])], budget, most)
        tags = {index.store.record(c.row).tag for part in chosen for c in part} | set(counts)
        recalls.append(len(relevant & tags) / len(relevant))
        spent, wanted = spent + len(tags), wanted + len(relevant)
    return statistics.fmean(recalls), spent / wanted


def fit(index, sets):
    """Logistic weights from the even sentences of all sets, printed with the figures on the odd ones."""
    from sklearn.linear_model import LogisticRegression

    def table(rows):
        features, wanted = [], []
        for relevant, _, whole, parts in rows:
            for part in parts or [whole]:
                found = candidates(index, part)
                for place, c in enumerate(found, start=1):
                    beside = found[0].exact and not c.exact
                    features.append([c.score, found[0].score - c.score, np.log(place), c.exact, beside, c.popularity])
                    wanted.append(index.store.record(c.row).tag in relevant)
        return np.array(features, float), np.array(wanted)

    for name, first, second in (("even -> odd", 0, 1), ("odd -> even", 1, 0), ("all", None, None)):
        model = LogisticRegression(C=100, max_iter=1000)
        model.fit(*table([row for rows in sets.values() for row in (rows if first is None else rows[first::2])]))
        weights, intercept = model.coef_[0], float(model.intercept_[0])
        print(f"fit {name}: {', '.join(f'{w:.2f}' for w in (*weights, intercept))}")
        if second is None:
            continue

        def weighing(found, weights=weights, intercept=intercept):
            result = []
            for place, c in enumerate(found, start=1):
                beside = found[0].exact and not c.exact
                x = np.array([c.score, found[0].score - c.score, np.log(place), c.exact, beside, c.popularity], float)
                probability = float(1 / (1 + np.exp(-(x @ weights + intercept))))
                result.append(Candidate(c.row, c.score, c.exact, c.popularity, probability))
            return result

        for language, rows in sets.items():
            recall, ratio = prompt_figures(index, rows[second::2], 2.1, 6, weighing)
            print(f"  {language}: recall {recall:.3f} at {ratio:.2f} times the wanted tags")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--db", type=Path, required=True)
    parser.add_argument("--queries", type=Path, required=True)
    parser.add_argument("--most", type=int, default=10_000, help="queries of a set at most")
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args()
    with Index(options.db) as index:
        sets = {name: read_set(index, options.queries / f"{name}.jsonl", options.most) for name in HEADLINE}
        print("mAP@10 by the ratio below which a text is split (with a head-count: a sixth more)")
        for ratio in (0.0, *RATIOS, 9.0):
            halves = []
            for half in (0, 1):
                halves.append([search_precision(index, rows[half::2], ratio, ratio * 7 / 6) for rows in sets.values()])
            both = [statistics.fmean(pair) for pair in zip(*halves, strict=True)]
            means = " / ".join(f"{statistics.fmean(half):.4f}" for half in halves)
            print(
                f"  {ratio:.2f}: halves {means}; " + " ".join(f"{n} {v:.3f}" for n, v in zip(sets, both, strict=True))
            )
        sentences = {name: sets[name] for name in SENTENCES}
        print("recall of the prompt and tags spent over wanted, by budget")
        for budget in (1.0, 1.5, 2.0, 2.1, 2.2, 2.4, 3.0, 4.0):
            figures = [prompt_figures(index, rows, budget, 6) for rows in sentences.values()]
            shown = "; ".join(f"{n} {r:.3f} @{s:.2f}" for n, (r, s) in zip(sentences, figures, strict=True))
            print(f"  {budget:.1f}: {shown}")
        if options.fit:
            fit(index, sentences)
    print(json.dumps({"index": str(options.db.name), "queries": {name: len(rows) for name, rows in sets.items()}}))


if __name__ == "__main__":
    main()
