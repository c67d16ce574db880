"""Tables with named columns: which field a column is, and a row as a fact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from ..corpus.line import definition_language
from ..corpus.plain import LABELS
from ..errors import InputError
from ..records import Category
from ..text.fold import clean, script_language
from .dtext import plain_dtext, shorten_to_sentences
from .fact import LANGUAGES, Fact
from .name_rules import ValueProblem, add_names, normalise_tag, split_names, split_tags
from .rows import Note

# Field -> names of columns that are it, the surest first. Case, hyphens and spaces do not matter.
COLUMNS: dict[str, tuple[str, ...]] = {
    "tag": ("tag", "tag_name", "name", "english_tag", "标签", "タグ"),
    "category": ("category", "type", "category_id", "tag_type", "tag_category", "cat"),
    "post_count": ("post_count", "postcount", "posts", "count", "tag_count", "usage_count", "frequency"),
    "aliases": ("aliases", "alias", "synonyms"),
    "implies": ("implies", "implications"),
    "label": ("category_zh", "label", "category_cn", "zh_category", "cn_category", "分类"),
    "zh": (
        *(
            "zh",
            "cn",
            "zh_cn",
            "zh_hans",
            "zh_hant",
            "zh_tw",
            "zh_name",
            "cn_name",
            "name_zh",
            "name_cn",
            "chinese",
            "chinese_name",
        ),
        *("zh_names", "cn_names", "中文", "中文名", "翻译", "译名"),
    ),
    "ja": (
        "ja",
        "jp",
        "ja_jp",
        "ja_name",
        "jp_name",
        "name_ja",
        "name_jp",
        "japanese",
        "japanese_name",
        "ja_names",
        "日本語",
        "日文",
    ),
    "ko": (
        "ko",
        "kr",
        "ko_kr",
        "ko_name",
        "kr_name",
        "name_ko",
        "name_kr",
        "korean",
        "korean_name",
        "ko_names",
        "한국어",
    ),
    "en": ("en", "en_name", "name_en", "english", "english_name", "en_names"),
    "names": ("names", "translation", "translations", "translated", "trans", "other_names", "han_names"),
    "definition": (
        "definition",
        "description",
        "desc",
        "wiki",
        "wiki_body",
        "body",
        "meaning",
        "explanation",
        "释义",
        "说明",
    ),
    "definition_zh": ("definition_zh", "wiki_zh", "description_zh", "wiki_cn"),
    "definition_ja": ("definition_ja", "wiki_ja", "description_ja"),
    "definition_ko": ("definition_ko", "wiki_ko", "description_ko"),
    "definition_en": ("definition_en", "wiki_en", "description_en"),
    "nsfw": ("nsfw", "is_nsfw", "r18", "adult"),
    "deprecated": ("deprecated", "is_deprecated"),
}
_FIELD_OF = {column: field for field, columns in COLUMNS.items() for column in columns}
_SEVERAL = {"names", *LANGUAGES}  # fields that several columns may give
_FLAGS = {**dict.fromkeys(("1", "true", "t", "yes", "y"), True), **dict.fromkeys(("0", "false", "f", "no", "n"), False)}


def field_of(column: str) -> str | None:
    """The field that a column's name commonly means."""
    return _FIELD_OF.get(column.strip().lower().replace("-", "_").replace(" ", "_"))


def parse_columns(options: Iterable[str]) -> dict[str, str]:
    """`FIELD=COLUMN` options as column -> field; raises InputError."""
    mapped = {}
    for option in options:
        field, equals, column = option.partition("=")
        if not equals or not column or field not in COLUMNS:
            raise InputError(
                f"--column {option} is not FIELD=COLUMN.",
                hint=f"Fields: {', '.join(COLUMNS)}. For example: --column tag=name",
            )
        mapped[column] = field
    return mapped


class TableColumns:
    """Turns the rows of one table into facts. `mapped` (column -> field) goes before the common names."""

    def __init__(self, columns: Iterable[str], mapped: Mapping[str, str], note: Note) -> None:
        self._note = note
        self._mapped = mapped
        self._fields: dict[str, str | None] = {}
        self.unused: list[str] = []
        for column in sorted(columns, key=self._rank):
            self._assign(column)
        self._tag = next((column for column, field in self._fields.items() if field == "tag"), "tag")

    def _rank(self, column: str) -> int:
        field = field_of(column)
        normal = column.strip().lower().replace("-", "_").replace(" ", "_")
        return -1 if column in self._mapped else COLUMNS[field].index(normal) if field else 0

    def _assign(self, column: str) -> str | None:
        """The field of a column, which only one column can be, except for names."""
        field = self._mapped.get(column) or field_of(column)
        if field not in _SEVERAL and field in self._fields.values():
            field = None
        if field is None:
            self.unused.append(column)
        self._fields[column] = field
        return field

    def fact(self, line: int, row: Mapping[str, Any]) -> Fact | None:
        """The fact of one row; a row without a usable tag is noted, and so is each value that cannot be used."""
        try:
            fact = Fact(normalise_tag(row.get(self._tag)), line)
        except ValueProblem as problem:
            self._note("row", line, str(problem))
            return None
        for column, value in row.items():
            if value is None or value == "" or value == [] or value != value:  # not a number: an empty cell of pandas
                continue
            field = self._fields[column] if column in self._fields else self._assign(column)
            if field in _SETTERS:
                try:
                    _SETTERS[field](fact, value)
                except ValueProblem as problem:
                    self._note("value", line, f"{column}: {problem}")
        _apply_label(fact)
        return fact


def _apply_label(fact: Fact) -> None:
    if fact.label in LABELS:
        category, nsfw = LABELS[fact.label]
        fact.category = category if fact.category is None else fact.category
        fact.nsfw = nsfw if fact.nsfw is None and nsfw else fact.nsfw


@lru_cache(maxsize=1024)
def _parse_category(text: str) -> Category:
    if text in LABELS:
        return LABELS[text][0]
    try:
        return Category.parse(text)
    except InputError as error:
        raise ValueProblem(f"there is no category {text[:40]!r}") from error


def _set_category(fact: Fact, value: Any) -> None:
    fact.category = _parse_category(_whole(str(value).strip()))


def _whole(text: str) -> str:
    """A number without the ".0" that pandas gives whole numbers in a column with empty cells."""
    return text[:-2] if text.endswith(".0") and text[:-2].isdigit() else text


def parse_count(value: Any) -> int:
    """A number of posts, 0 to 2**31 - 1; raises ValueProblem."""
    try:
        count = int(_whole(value.strip().replace(",", ""))) if isinstance(value, str) else int(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueProblem(f"{str(value)[:40]!r} is not a whole number") from error
    if isinstance(value, bool) or (isinstance(value, float) and count != value) or not 0 <= count < 2**31:
        raise ValueProblem(f"{value!r} is not a whole number from 0 to {2**31 - 1}")
    return count


def _set_count(fact: Fact, value: Any) -> None:
    fact.post_count = parse_count(value)


def _set_label(fact: Fact, value: Any) -> None:
    label = clean(str(value)).strip("【】 ")
    if not 0 < len(label) <= 20 or "】" in label:
        raise ValueProblem(f"{label[:40]!r} is not a label of 1 to 20 characters")
    fact.label = label


def add_aliases(fact: Fact, value: Any) -> None:
    """Aliases that could be typed as tags; those in another script are names."""
    items = split_tags(value)
    _add_tags(fact.aliases, [item for item in items if script_language(item) == "en"])
    add_names(fact.names, fact.tag, (item for item in items if script_language(item) != "en"))


def _add_tags(tags: list[str], items: Iterable[str]) -> None:
    bad = None
    for item in items:
        try:
            tags.append(normalise_tag(item))
        except ValueProblem as problem:
            bad = problem
    if bad:
        raise bad


def _set_names(fact: Fact, value: Any) -> None:
    if not isinstance(value, Mapping):
        return add_names(fact.names, fact.tag, split_names(value))
    for language, items in value.items():
        add_names(fact.names, fact.tag, split_names(items, commas=False), str(language))
    return None


def set_definition(fact: Fact, value: Any, language: str = "") -> None:
    """A definition in plain words, whole sentences of at most 1,000 characters; its letters tell an unsaid language."""
    if isinstance(value, Mapping):
        for key, text in value.items():
            set_definition(fact, text, str(key))
        return
    if not isinstance(value, str):
        raise ValueProblem(f"{type(value).__name__} is not text")
    text = shorten_to_sentences(clean(plain_dtext(value)))
    if text:
        fact.definitions.setdefault(language or definition_language(text), text)


def _parse_flag(value: Any) -> bool:
    text = value if isinstance(value, str) else str(value)
    flag = _FLAGS.get(text)
    if flag is None:
        flag = _FLAGS.get(text.strip().lower())
    if flag is None:
        raise ValueProblem(f"{text[:40]!r} is neither true nor false")
    return flag


def _set_nsfw(fact: Fact, value: Any) -> None:
    fact.nsfw = _parse_flag(value)


def _set_deprecated(fact: Fact, value: Any) -> None:
    fact.deprecated = _parse_flag(value)


def _names_in(language: str) -> Callable[[Fact, Any], None]:
    # English titles have commas; lists of them are divided by bars.
    return lambda fact, value: add_names(fact.names, fact.tag, split_names(value, commas=language != "en"), language)


def _definition_in(language: str) -> Callable[[Fact, Any], None]:
    return lambda fact, value: set_definition(fact, value, language)


_SETTERS: dict[str, Callable[[Fact, Any], None]] = {
    "category": _set_category,
    "post_count": _set_count,
    "aliases": add_aliases,
    "implies": lambda fact, value: _add_tags(fact.implies, split_tags(value)),
    "label": _set_label,
    "names": _set_names,
    "definition": set_definition,
    "nsfw": _set_nsfw,
    "deprecated": _set_deprecated,
    **{language: _names_in(language) for language in LANGUAGES},
    **{f"definition_{language}": _definition_in(language) for language in LANGUAGES},
}
