"""The facts of all sources on disk, in a temporary SQLite database, so that memory does not grow with the corpus."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, islice
from pathlib import Path

from .fact import Fact

_CACHE_KIB = 262_144
_BLOCK = 10_000
_TABLES = """
CREATE TABLE facts (tag TEXT, folded INT, source INT, line INT, posts INT, lists INT, packed BLOB);
CREATE TABLE aliases (alias TEXT, target TEXT, source INT, line INT);
CREATE TABLE pairs (a TEXT, b TEXT, posts INT, source INT, line INT);
CREATE TABLE result (a TEXT, b TEXT, posts INT, PRIMARY KEY (a, b)) WITHOUT ROWID;
"""
# Row numbers are sorted, not rows: those of a list that is in order already are then read one after another.
_SORT = """
CREATE TABLE ordered AS SELECT id FROM (
    SELECT rowid AS id, tag, folded, source, line,
        FIRST_VALUE(posts) OVER (PARTITION BY tag ORDER BY posts IS NULL, folded, source, line) AS best
    FROM facts
) ORDER BY best DESC, tag, folded, source, line
"""
_IN_ORDER = """
SELECT tag, folded, source, line, posts, lists, packed
FROM ordered CROSS JOIN facts ON facts.rowid = ordered.id ORDER BY ordered.rowid
"""
_COLLISIONS = """
SELECT alias, target, source, line FROM aliases
WHERE alias <> target AND EXISTS (SELECT 1 FROM facts WHERE facts.tag = aliases.alias) ORDER BY source, line
"""

OnFold = Callable[[str, str, int, int, bool], None]  # alias, target, source, line, whether it was folded


@dataclass(frozen=True, slots=True)
class Stored:
    """A fact, the number of its source, whether it was an alias's, and whether the source lists tags."""

    fact: Fact
    source: int
    folded: bool
    lists: bool


class FactStore:
    """Facts and pairs, written once per source, then folded, then read in the order of the corpus."""

    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / "facts.sqlite", isolation_level=None)
        # The database is thrown away with its folder: nothing in it need survive a crash.
        for pragma in (
            "journal_mode = OFF",
            "synchronous = OFF",
            "temp_store = FILE",
            f"cache_size = -{_CACHE_KIB}",
            "locking_mode = EXCLUSIVE",
        ):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(_TABLES)
        self._target: dict[str, str] = {}
        self.resolve = lru_cache(maxsize=65_536)(self._resolve)

    def close(self) -> None:
        """Close the database file."""
        self._db.close()

    def add(self, source: int, facts: Iterable[Fact], *, lists: bool) -> None:
        """Add the facts of one source. `lists`: its tags go into the corpus even if no other source has them."""
        aliases: list[tuple[str, str, int, int]] = []

        def rows() -> Iterator[tuple[object, ...]]:
            for fact in facts:
                aliases.extend((alias, fact.tag, source, fact.line) for alias in fact.aliases)
                yield fact.tag, 0, source, fact.line, fact.post_count or None, lists, fact.packed()

        with self._transaction():
            stream = rows()
            while block := list(islice(stream, _BLOCK)):
                self._db.executemany("INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?)", block)
                self._db.executemany("INSERT INTO aliases VALUES (?, ?, ?, ?)", aliases)
                aliases.clear()

    def add_pairs(self, source: int, pairs: Iterable[tuple[int, str, str, int]]) -> None:
        """Add pairs (line, tag, tag, posts) of one source."""
        with self._transaction():
            rows = ((a, b, posts, source, line) for line, a, b, posts in pairs)
            self._db.executemany("INSERT INTO pairs VALUES (?, ?, ?, ?, ?)", rows)

    def fold(self, on_fold: OnFold) -> None:
        """Give the facts of a tag that is another's alias to that other tag; chains go to their end, cycles stay."""
        self._db.execute("CREATE INDEX facts_tag ON facts (tag)")
        self._db.execute("CREATE INDEX aliases_alias ON aliases (alias)")
        direct: dict[str, tuple[str, int, int]] = {}
        for alias, target, source, line in self._db.execute(_COLLISIONS):
            direct.setdefault(alias, (target, source, line))
        with self._transaction():
            for alias, (first, source, line) in direct.items():
                target, seen = first, {alias}
                while target in direct and target not in seen:
                    seen.add(target)
                    target = direct[target][0]
                foldable = target not in seen
                on_fold(alias, target, source, line, foldable)
                if foldable:
                    self._target[alias] = target
                    self._db.execute("UPDATE facts SET tag = ?, folded = 1 WHERE tag = ?", (target, alias))

    def _resolve(self, tag: str) -> str | None:
        """The listed tag that a tag or alias stands for; None if there is none. For use after `fold`."""
        if self._is_listed(tag):
            return tag
        row = self._db.execute(
            "SELECT target FROM aliases WHERE alias = ? ORDER BY source, line LIMIT 1", (tag,)
        ).fetchone()
        target = self._target.get(tag) or (row[0] if row else tag)
        target = self._target.get(target, target)
        return target if self._is_listed(target) else None

    def _is_listed(self, tag: str) -> bool:
        return self._db.execute("SELECT 1 FROM facts WHERE tag = ? AND lists LIMIT 1", (tag,)).fetchone() is not None

    def groups(self) -> Iterator[tuple[str, list[Stored]]]:
        """Every tag with its facts in order of precedence; tags by post count, the highest first, then by name."""
        self._db.execute(_SORT)
        rows = self._db.execute(_IN_ORDER)
        for tag, group in groupby(rows, key=lambda row: row[0]):
            facts = []
            for _, folded, source, line, posts, lists, packed in group:
                fact = Fact.unpacked(tag, line, posts or 0, packed)
                facts.append(Stored(fact, source, bool(folded), bool(lists)))
            yield tag, facts

    def pairs(self, on_unlisted: Callable[[int, int, str], None]) -> Iterator[tuple[str, str, int]]:
        """Pairs of listed tags, each once in the order of its names, with its highest count; sorted.

        A pair with an unknown tag goes to `on_unlisted` (source, line, what).
        """

        def known() -> Iterator[tuple[str, str, int]]:
            for a, b, posts, source, line in self._db.execute(
                "SELECT a, b, posts, source, line FROM pairs ORDER BY source, line"
            ):
                first, second = self.resolve(a), self.resolve(b)
                if not first or not second:
                    on_unlisted(source, line, f"{a}, {b}: no source lists {b if first else a}")
                elif first != second:
                    yield min(first, second), max(first, second), posts

        insert = "INSERT INTO result VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET posts = MAX(posts, excluded.posts)"
        with self._transaction():
            self._db.executemany(insert, known())
        yield from self._db.execute("SELECT a, b, posts FROM result")

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


class _Transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        # After an error the whole database is thrown away.
        if kind is None:
            self._db.execute("COMMIT")
