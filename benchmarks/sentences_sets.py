"""Sentences of our own, made by rule from the development queries: without a head-count, and short.

    python benchmarks/sentences_sets.py --queries DIR --corpus tags.jsonl --output DIR

The development sentences all count persons and are long. `bare_*` are those sentences (and benchmarks/sentences_prose.jsonl)
with their person words cut out; `short_*` are two or three single-thing queries in a sentence of a few words, `girl_*` the
same with a person. What they want is what their parts want. `named_*` are characters with their series behind a mark or in
brackets, which want the character: they look like a list, and are none. `list_*` are two to four common tags by the corpus's own
names, as people type them. No random numbers: queries are ordered by their hash.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from danbooru_index.concepts.counts import headcount

PROSE = Path(__file__).with_name("sentences_prose.jsonl")
SINGLE = {
    "zh": ("zh_human", "zh_natural", "zh_xhoxye"),
    "ja": ("ja_translation", "ja_wiki"),
    "en": ("en_alias",),
}
CHARACTERS = {"zh": ("zh_character",), "en": ("zh_character", "ja_character")}
# G what is worn, H what a person looks like, P a place, O a thing; by the corpus's own labels of kinds.
SLOTS = {"G": ("服装",), "H": ("发型", "眼睛", "表情"), "P": ("场景",), "O": ("物品", "食物", "动物", "植物")}
SHORT = {
    "zh": ("{H}，穿着{G}", "{H}、{G}、{P}", "{G}和{O}", "{P}里的{O}"),
    "ja": ("{H}、{G}を着ている", "{H}、{G}、{P}", "{G}と{O}", "{P}の{O}"),
    "en": ("{H}, wearing {G}", "{H}, {G}, {P}", "{G} and {O}", "{O} in {P}"),
}
GIRL = {
    "zh": ("穿着{G}的{H}女孩", "{P}里的{H}女孩", "拿着{O}的女孩"),
    "ja": ("{G}を着た{H}の女の子", "{P}にいる{H}の女の子", "{O}を持つ女の子"),
    "en": ("{H} girl wearing {G}", "girl with {H} in {P}", "girl holding {O}"),
}
OF_A_TEMPLATE = 40
NAMED = {"zh": ("{}，{}", "{}（{}）", "{}、{}"), "en": ("{}, {}", "{} ({})", "{} from {}")}
OF_NAMED = 150
LISTED = {"zh": ("、", "，", ", ", "\n"), "en": (", ", ",", "; ", "\n")}
OF_LISTS, LEAST_POSTS = 150, 5000
_CLAUSES = re.compile(r"([，,。.、；;：]\s*)")
_AFTER = {"zh": "", "ja": "(?:が|は|を|の)?", "en": r"(?: with| is| are)?"}
_BEFORE = {"zh": "的?", "ja": "の?", "en": ""}


def any_of(words: Sequence[str], language: str) -> str:
    """A pattern of any of these words, the longest first."""
    ordered = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return rf"\b(?:{ordered})\b" if language == "en" else f"(?:{ordered})"


def without_persons(text: str, language: str) -> str | None:
    """The text without its words for persons and their numbers, None where it has none.

    >>> without_persons("一个眨眼的女孩，穿戴着耳机", "zh"), without_persons("A girl with wink, wearing robes", "en")
    ('眨眼，穿戴着耳机', 'wink, wearing robes')
    """
    table = headcount()
    persons = any_of([word for kind in ("girl", "boy", "person") for word in table[kind][language]], language)
    numbers = any_of([word for words in table["numbers"].values() for word in words[language]], language)
    person = re.compile(rf"{_BEFORE[language]}(?:{numbers}\s*)?{persons}{_AFTER[language]}", re.IGNORECASE)
    parts = _CLAUSES.split(text)
    found = False
    for i in range(0, len(parts), 2):
        shorter, count = person.subn("", parts[i])
        if count:
            parts[i] = re.sub(rf"^\s*{numbers}\s*", "", shorter, flags=re.IGNORECASE).strip()
            # "一个湿头发、空白的眼睛的女孩": the number stands before the first clause.
            parts[0] = parts[0] if found else re.sub(rf"^\s*{numbers}\s*", "", parts[0], flags=re.IGNORECASE)
            found = True
    joined = [a + b for a, b in zip(parts[::2], [*parts[1::2], ""], strict=True) if a.strip()]
    return "".join(joined).strip() if found else None


def bare(queries: Sequence[Mapping[str, object]], language: str) -> Iterator[dict[str, object]]:
    """The sentences without their persons, those that still name two things by their punctuation or length."""
    counts = {tag for names in headcount()["tags"].values() for tag in names.values()} | {"solo"}
    for query in queries:
        text = without_persons(str(query["query"]), language)
        relevant = [tag for tag in list(query["relevant"]) if tag not in counts]
        if text and len(relevant) > 1:
            yield {"query": text, "lang": language, "relevant": relevant, "kind": f"bare_{language}"}


def composed(
    templates: Sequence[str], slots: Mapping[str, Sequence[Mapping[str, object]]], kind: str, language: str
) -> Iterator[dict[str, object]]:
    """Each template filled with queries in turn; another template begins where the last one ended."""
    used = dict.fromkeys(SLOTS, 0)
    for template in templates:
        names = re.findall(r"\{(\w)\}", template)
        for _ in range(min(OF_A_TEMPLATE, *(len(slots[name]) for name in names))):
            chosen = {name: slots[name][(used[name] + i) % len(slots[name])] for i, name in enumerate(names)}
            for name in names:
                used[name] += 1
            relevant = list(dict.fromkeys(tag for query in chosen.values() for tag in list(query["relevant"])))
            text = template.format(**{name: query["query"] for name, query in chosen.items()})
            yield {"query": text, "lang": language, "relevant": relevant, "kind": kind}


def named(queries: Sequence[Mapping[str, object]], language: str) -> Iterator[dict[str, object]]:
    """Characters with their series, in each way of NAMED in turn: "name series" of a query, or the qualifier of its tag."""
    ordered = sorted(queries, key=lambda query: hashlib.sha1(str(query["query"]).encode()).hexdigest())
    pairs = []
    for query in ordered:
        tag = str(list(query["relevant"])[0])
        text = str(query["query"]) if language == "zh" else tag.replace("_(", "  ").rstrip(")").replace("_", " ")
        name, _, series = text.partition(" " if language == "zh" else "  ")
        if name and series and "  " not in series:
            pairs.append((name, series.strip(), query["relevant"]))
    for i, (name, series, relevant) in enumerate(pairs[:OF_NAMED]):
        text = NAMED[language][i % len(NAMED[language])].format(name, series)
        yield {"query": text, "lang": language, "relevant": relevant, "kind": f"named_{language}"}


def lists(corpus: Sequence[Mapping[str, object]], language: str) -> Iterator[dict[str, object]]:
    """Common tags of different kinds, two to four of them, between the marks of LISTED."""
    kinds = {kind for slot in SLOTS.values() for kind in slot}
    common = [
        line
        for line in corpus
        if line["category"] == "general"
        and int(str(line["post_count"])) >= LEAST_POSTS
        and str(line["text"])[1:].partition("】")[0] in kinds
        and not line.get("nsfw")
    ]
    ordered = sorted(common, key=lambda line: hashlib.sha1(str(line["tag"]).encode()).hexdigest())
    for i in range(OF_LISTS):
        chosen, ordered = ordered[: 2 + i % 3], ordered[2 + i % 3 :]
        tags = [str(line["tag"]) for line in chosen]
        chinese = [str(line["text"]).partition(" - ")[2].partition("。")[0] for line in chosen]
        names = chinese if language == "zh" else [tag.replace("_", " ") for tag in tags]
        text = LISTED[language][i // 3 % len(LISTED[language])].join(names)
        yield {"query": text, "lang": language, "relevant": tags, "kind": f"list_{language}"}


def read_lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def slots_of(queries: Sequence[dict[str, object]], labels: Mapping[str, str]) -> dict[str, list[dict[str, object]]]:
    """The queries that fill each slot: those that want one tag, by its label, in the order of their hashes."""
    ordered = sorted(queries, key=lambda query: hashlib.sha1(str(query["query"]).encode()).hexdigest())
    alone = [(labels.get(str(list(q["relevant"])[0]), ""), q) for q in ordered if len(list(q["relevant"])) == 1]
    return {name: [query for label, query in alone if label in kinds] for name, kinds in SLOTS.items()}


def labels_of(corpus: Path) -> dict[str, str]:
    """{tag: the label that its text begins with} of a corpus."""
    return {line["tag"]: line["text"][1:].partition("】")[0] for line in read_lines(corpus)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    labels = labels_of(options.corpus)
    for language, single in SINGLE.items():
        prose = [query for query in read_lines(PROSE) if query["lang"] == language]
        sentences = [*read_lines(options.queries / f"multi_{language}.jsonl"), *prose]
        slots = slots_of([q for name in single for q in read_lines(options.queries / f"{name}.jsonl")], labels)
        sets = {
            f"bare_{language}": list(bare(sentences, language)),
            f"short_{language}": list(composed(SHORT[language], slots, f"short_{language}", language)),
            f"girl_{language}": list(composed(GIRL[language], slots, f"girl_{language}", language)),
        }
        if language in NAMED:
            characters = [q for name in CHARACTERS[language] for q in read_lines(options.queries / f"{name}.jsonl")]
            sets[f"list_{language}"] = list(lists(read_lines(options.corpus), language))
            sets[f"named_{language}"] = list(named(characters, language))
        for name, queries in sets.items():
            lines = "".join(json.dumps(query, ensure_ascii=False) + "\n" for query in queries)
            (options.output / f"{name}.jsonl").write_text(lines, encoding="utf-8")
            print(f"{name}: {len(queries)}")


if __name__ == "__main__":
    main()
