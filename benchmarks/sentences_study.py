"""Study of sentences: when to split a text, what to put into a prompt, and the constants that follow.

    python benchmarks/sentences_study.py --db INDEX --queries DIR [--more DIR] [--fit]

DIR holds the query sets (`multi_*.jsonl` are sentences, the others single things), `--more` those that sentences_sets.py
makes. Every text is split and scored once; the choices are then compared on the scores. `--fit` also fits the logistic
weights of concepts/merge.py and concepts/choose.py on every other query and checks them on the rest (it needs
scikit-learn). Paste the printed constants after the ranking changes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import statistics
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from danbooru_index.concepts import COUNT_SCORE, interleave
from danbooru_index.concepts.choose import DEPTH, Candidate, choose, weigh
from danbooru_index.concepts.merge import _logit
from danbooru_index.evaluation.searches import average_precision, read_queries
from danbooru_index.index.index import Index
from danbooru_index.ranking import order
from danbooru_index.records import SearchRequest
from danbooru_index.search.candidates import PART, WHOLE
from danbooru_index.search.engine import fit_of
from danbooru_index.search.plan import plan_search
from danbooru_index.search.score import encode_queries, score_candidates

MADE = ("bare_", "short_", "girl_", "named_", "list_", "sentences_")  # of sentences_sets.py, and our own prose
SENTENCES = ("multi_zh", "multi_ja", "multi_en")
SETS = (
    "zh_human", "zh_natural", "zh_definition", "zh_tw", "zh_character", "zh_xhoxye", "ja_translation", "ja_wiki",
    "ja_character", "en_alias", *SENTENCES,
)  # fmt: skip


# Of a set in the fit: single things are the commoner text, made ones no one's own.
SINGLE_WEIGHT, MADE_WEIGHT = 3.0, 0.5
THRESHOLD = 0.4  # of the fitted logit, in favour of single things; it is part of merge.INTERCEPT


def scored(index, found):
    """([(row, fused, exact)] best first, 30 at most; how well the best fits)."""
    scores = found.total(index.weights)
    best = order(scores, index.store.post_count[found.rows])[:30]
    hits = [(int(found.rows[i]), float(scores[i] - found.exact[i]), float(found.exact[i])) for i in best]
    return hits, fit_of(index, found)


def read_set(index, path, most):
    """[(relevant tags, plan, whole, parts, fits)] of one set, in the order of their hashes; parts are empty where the text names
    one thing, `fits` is how well the whole and each part fit their best tag."""
    rows = []
    queries = sorted(read_queries(path), key=lambda query: hashlib.sha1(query.text.encode()).hexdigest())
    for query in queries[:most]:
        plan = plan_search(index, SearchRequest(query.text, nsfw="include"))
        asked = [plan.request, *plan.parts]
        vectors = encode_queries(index, [request.text for request in asked])
        found = [scored(index, one) for one in score_candidates(index, asked, vectors, PART if plan.parts else WHOLE)]
        rows.append((query.relevant, plan, found[0][0], [hits for hits, _ in found[1:]], [fit for _, fit in found]))
    return rows


def both_ways(index, row):
    """(features of is_sentence or None where the text names one thing, AP@10 of the whole, AP@10 of the parts)."""
    relevant, plan, whole, parts, fits = row

    def precision(tags):
        return average_precision(tags[:10], relevant)

    alone = precision([index.store.record(row).tag for row, _, _ in whole])
    top = max((f + e for _, f, e in whole), default=0.0)
    if top >= 1.0 or not parts or (len(parts) < 2 and not plan.count_tags):
        return None, alone, alone
    lists = [
        sorted(((c.row, c.probability) for c in weigh(candidates(index, part))), key=lambda pair: -pair[1])
        for part in parts
    ]
    lists += [[(index.store.exact(tag)[0][0], COUNT_SCORE)] for tag in plan.count_tags if index.store.exact(tag)]
    merged = precision([index.store.record(row).tag for row, _ in interleave(lists)])
    exact = statistics.fmean(fit.exact for fit in fits[1:])
    letters = sum(char.isalnum() for char in plan.request.text)
    features = (
        _logit(top),
        statistics.fmean(_logit(fit.score) for fit in fits[1:]),
        bool(plan.count_tags),
        math.log(max(1, letters)),
        fits[0].near,
        statistics.fmean(fit.near for fit in fits[1:]),
        exact,
        plan.listed,
        plan.listed * exact,
    )  # in the order of the constants of merge.is_sentence
    return features, alone, merged


def fit_splitting(index, sets):
    """Weights of is_sentence from one half of every set, and mAP@10 of the other half by threshold; then from all."""
    seen = {name: [both_ways(index, row) for row in rows] for name, rows in sets.items()}
    for first, second in ((0, 1), (1, 0)):
        decide = splitting({name: values[first::2] for name, values in seen.items()}, f"half {first} -> {second}")
        for threshold in (99.0, 0.0, THRESHOLD, 1.0, -99.0):
            shown = []
            for name, values in seen.items():
                kept = [p if f and decide(f) > threshold else w for f, w, p in values[second::2]]
                shown.append(f"{name} {statistics.fmean(kept):.3f}")
            print(f"  threshold {threshold:g}: {' '.join(shown)}")
    splitting(seen, f"all; take {THRESHOLD} from the last")


def splitting(seen, name):
    """Fit on {set: [(features, AP of the whole, AP of the parts)]}, print the weights; the function from features to a logit.

    Features are standardised, so that the penalty is equal for all; a query weighs by what the choice is worth.
    """
    from sklearn.linear_model import LogisticRegression

    told = [
        (f, p > w, abs(p - w) * 100 / len(values) * set_weight(name))
        for name, values in seen.items()
        for f, w, p in values
        if f and p != w
    ]
    features, better, weight = (np.array(column, float) for column in zip(*told, strict=True))
    centre, scale = features.mean(axis=0), features.std(axis=0)
    model = LogisticRegression(C=0.3, max_iter=2000).fit((features - centre) / scale, better, sample_weight=weight)
    slopes = model.coef_[0] / scale
    intercept = float(model.intercept_[0] - slopes @ centre)
    print(f"split, {name}: {np.round([*slopes, intercept], 2).tolist()}")
    return lambda f: float(slopes @ np.array(f, float) + intercept)


def set_weight(name):
    return MADE_WEIGHT if name.startswith(MADE) else 1.0 if name in SENTENCES else SINGLE_WEIGHT


def candidates(index, part):
    return [Candidate(r, f, e > 0, float(index.store.popularity[r])) for r, f, e in part[:DEPTH]]


def prompt_figures(index, rows, budget, most, weighing=weigh):
    """(recall, spent over wanted) of the prompts of a set."""
    recalls, spent, wanted = [], 0, 0
    for relevant, plan, whole, parts, _ in rows:
        chosen = choose([weighing(candidates(index, p)) for p in (parts or [whole])], budget, most)
        tags = {index.store.record(c.row).tag for part in chosen for c in part} | set(plan.count_tags)
        recalls.append(len(relevant & tags) / len(relevant))
        spent, wanted = spent + len(tags), wanted + len(relevant)
    return statistics.fmean(recalls), spent / wanted


def fit(index, sets):
    """Logistic weights from the even sentences of all sets, printed with the figures on the odd ones."""
    from sklearn.linear_model import LogisticRegression

    def table(rows):
        features, wanted, weights = [], [], []
        for name, (relevant, _, whole, parts, _) in rows:
            for part in parts or [whole]:
                found = candidates(index, part)
                for place, c in enumerate(found, start=1):
                    beside = found[0].exact and not c.exact
                    features.append([c.score, found[0].score - c.score, np.log(place), c.exact, beside, c.popularity])
                    wanted.append(index.store.record(c.row).tag in relevant)
                    weights.append(1.0 if name in SENTENCES else MADE_WEIGHT)
        return np.array(features, float), np.array(wanted), np.array(weights)

    for label, first, second in (("even -> odd", 0, 1), ("odd -> even", 1, 0), ("all", None, None)):
        model = LogisticRegression(C=100, max_iter=1000)
        half = slice(None) if first is None else slice(first, None, 2)
        model.fit(*table([(name, row) for name, rows in sets.items() for row in rows[half]]))
        weights, intercept = model.coef_[0], float(model.intercept_[0])
        print(f"fit {label}: {', '.join(f'{w:.2f}' for w in (*weights, intercept))}")
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
    parser.add_argument("--more", type=Path, help="folder of further sets, from sentences_sets.py")
    parser.add_argument("--most", type=int, default=10_000, help="queries of a set at most")
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args()
    with Index(options.db) as index:
        sets = {name: read_set(index, options.queries / f"{name}.jsonl", options.most) for name in SETS}
        for path in sorted(options.more.glob("*.jsonl")) if options.more else ():
            sets[path.stem] = read_set(index, path, options.most)
        sentences = {name: sets[name] for name in SENTENCES}
        print("recall of the prompt and tags spent over wanted, by budget")
        for budget in (1.0, 1.5, 2.0, 2.1, 2.2, 2.4, 3.0, 4.0):
            figures = [prompt_figures(index, rows, budget, 6) for rows in sentences.values()]
            shown = "; ".join(f"{n} {r:.3f} @{s:.2f}" for n, (r, s) in zip(sentences, figures, strict=True))
            print(f"  {budget:.1f}: {shown}")
        if options.fit:
            fit_splitting(index, sets)
            fit(
                index,
                {
                    name: rows
                    for name, rows in sets.items()
                    if name in SENTENCES or name.startswith(("short_", "girl_"))
                },
            )
    print(json.dumps({"index": str(options.db.name), "queries": {name: len(rows) for name, rows in sets.items()}}))


if __name__ == "__main__":
    main()
