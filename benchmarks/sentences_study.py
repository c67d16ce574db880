"""Study of sentences: when to split a text, what to put into a prompt, and the constants that follow.

    python benchmarks/sentences_study.py --db INDEX --queries DIR [--fit]

DIR holds the query sets (`multi_*.jsonl` are sentences, the others single things). Every text is split and scored once;
the choices are then compared on the scores. `--fit` also fits the logistic weights of concepts/merge.py and concepts/choose.py on every
other query and checks them on the rest (it needs scikit-learn). Paste the printed constants after the ranking changes.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from danbooru_index.concepts import interleave, split
from danbooru_index.concepts.choose import DEPTH, Candidate, choose, weigh
from danbooru_index.concepts.merge import _logit
from danbooru_index.evaluate import average_precision, read_queries
from danbooru_index.index import Index
from danbooru_index.lookup import StoreLexicon
from danbooru_index.ranking import order
from danbooru_index.records import SearchRequest
from danbooru_index.scoring import PART, WHOLE, encode_queries, score_candidates
from danbooru_index.sentence import thing_request

SENTENCES = ("multi_zh", "multi_ja", "multi_en")
HEADLINE = (
    "zh_human", "zh_natural", "zh_definition", "zh_tw", "zh_character", "ja_translation", "ja_wiki", "en_alias", *SENTENCES,
)  # fmt: skip


def scored(index, found):
    """[(row, fused, exact)] best first, 30 at most."""
    scores = found.fused(index.weights)
    best = order(scores, index.store.post_count[found.rows])[:30]
    return [(int(found.rows[i]), float(scores[i] - found.exact[i]), float(found.exact[i])) for i in best]


def read_set(index, path, most):
    """[(relevant tags, counts, whole, parts, letters)] of one set; parts are None where the text names one thing."""
    lexicon, rows = StoreLexicon(index.store), []
    for query in read_queries(path)[:most]:
        concepts = split(query.text, lexicon)
        things = [c for c in concepts if not c.tags and not c.negated]
        base = SearchRequest(query.text, nsfw="include")
        asked = [base, *(thing_request(base, thing) for thing in things)] if len(concepts) > 1 else [base]
        vectors = encode_queries(index, [request.text for request in asked])
        several = PART if len(asked) > 1 else WHOLE
        found = [scored(index, one) for one in score_candidates(index, asked, vectors, several)]
        counts = [tag for concept in concepts for tag in concept.tags]
        letters = sum(char.isalnum() for char in query.text)
        rows.append((query.relevant, counts, found[0], found[1:] if len(concepts) > 1 else None, letters))
    return rows


def both_ways(index, row):
    """(features of is_sentence or None where the text names one thing, AP@10 of the whole, AP@10 of the parts)."""
    relevant, counts, whole, parts, letters = row

    def precision(ranked):
        return average_precision([index.store.record(row).tag for row, _ in ranked[:10]], relevant)

    alone = precision([(r, f) for r, f, _ in whole])
    if not parts or (len(parts) < 2 and not counts):
        return None, alone, alone
    tops = [max((f for _, f, _ in part), default=0.0) for part in parts]
    top = max((f for _, f, _ in whole), default=0.0)
    features = (_logit(top), statistics.fmean(map(_logit, tops)), bool(counts), math.log(max(1, letters)))
    return features, alone, precision(interleave([(r, f + e) for r, f, e in part] for part in parts))


def fit_splitting(index, sets):
    """Weights of is_sentence from one half of every set, and mAP@10 of the other half by threshold."""
    from sklearn.linear_model import LogisticRegression

    seen = {name: [both_ways(index, row) for row in rows] for name, rows in sets.items()}
    for first, second in ((0, 1), (1, 0)):
        told = [
            (f, p > w, abs(p - w) * 100 / len(v[first::2]))
            for v in seen.values()
            for f, w, p in v[first::2]
            if f and p != w
        ]
        features, better, weight = zip(*told, strict=True)
        model = LogisticRegression(max_iter=2000).fit(np.array(features, float), better, sample_weight=weight)
        print(f"split, half {first} -> {second}: {np.round([*model.coef_[0], model.intercept_[0]], 2).tolist()}")
        for threshold in (99.0, 0.0, 0.4, 1.0, -99.0):
            shown = []
            for name, values in seen.items():
                kept = [p if f and model.decision_function([f])[0] > threshold else w for f, w, p in values[second::2]]
                shown.append(f"{name} {statistics.fmean(kept):.3f}")
            print(f"  threshold {threshold:g}: {' '.join(shown)}")


def candidates(index, part):
    return [Candidate(r, f, e > 0, float(index.store.popularity[r])) for r, f, e in part[:DEPTH]]


def prompt_figures(index, rows, budget, most, weighing=weigh):
    """(recall, spent over wanted) of the prompts of a set."""
    recalls, spent, wanted = [], 0, 0
    for relevant, counts, whole, parts, _ in rows:
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
        for relevant, _, whole, parts, _ in rows:
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
        sentences = {name: sets[name] for name in SENTENCES}
        print("recall of the prompt and tags spent over wanted, by budget")
        for budget in (1.0, 1.5, 2.0, 2.1, 2.2, 2.4, 3.0, 4.0):
            figures = [prompt_figures(index, rows, budget, 6) for rows in sentences.values()]
            shown = "; ".join(f"{n} {r:.3f} @{s:.2f}" for n, (r, s) in zip(sentences, figures, strict=True))
            print(f"  {budget:.1f}: {shown}")
        if options.fit:
            fit_splitting(index, sets)
            fit(index, sentences)
    print(json.dumps({"index": str(options.db.name), "queries": {name: len(rows) for name, rows in sets.items()}}))


if __name__ == "__main__":
    main()
