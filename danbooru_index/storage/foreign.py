"""What other people's code raises at each boundary of this package, in one table, and the one way in which it becomes an error of ours.

A boundary is a file, a format or a library that hands over data which nobody here wrote. Everything that it can raise for
such data stands in its row, so that no reader forgets a kind (json: lists in lists; a number of five thousand digits).
What is not in the row is a mistake in this program, and stays as it is.
"""

from __future__ import annotations

import contextlib
import csv
import sqlite3
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..errors import DanbooruIndexError


@dataclass(frozen=True, slots=True)
class Boundary:
    """The exceptions of a boundary.

    `named` are "module:name" of libraries that are imported late or never: one that was not imported has raised
    nothing.
    """

    kinds: tuple[type[Exception], ...]
    named: tuple[str, ...] = ()

    def all_kinds(self) -> tuple[type[Exception], ...]:
        """Those of `kinds`, and of `named` what there is now."""
        modules = [(sys.modules.get(name.partition(":")[0]), name.partition(":")[2]) for name in self.named]
        return (*self.kinds, *(getattr(module, name) for module, name in modules if module is not None))


_MOST_CHARS = 500  # of what a library says, which may quote all of the data
_PARSED = (ValueError, RecursionError)  # not its grammar, or no UTF-8; too long a number; lists in lists in lists
_SHAPE = (KeyError, TypeError, AttributeError, OverflowError)  # a value that is not what was asked of it

DISK = Boundary((OSError,))
TEXT = Boundary((OSError, UnicodeDecodeError))
PACKED = Boundary((OSError, EOFError, zlib.error))  # gzip, and what is cut in it
ZIP = Boundary((EOFError, zlib.error, *_PARSED, *_SHAPE), ("zipfile:BadZipFile", "lzma:LZMAError"))  # and what is in it
TABLE = Boundary((*PACKED.kinds, UnicodeDecodeError, csv.Error))  # a table as text, packed or not
JSON = Boundary(_PARSED)
TOML = Boundary(_PARSED)
JSON_VALUE = Boundary((*_PARSED, *_SHAPE))
JSON_FILE = Boundary((OSError, *_PARSED, *_SHAPE))
ARRAY = Boundary(
    (ValueError, TypeError, EOFError, MemoryError, OverflowError)
)  # the header of an .npy file, and mapping it
GATHER = Boundary(
    (IndexError, ValueError, OverflowError, ZeroDivisionError)
)  # numpy, over arrays that do not fit each other
SQLITE = Boundary((OSError, sqlite3.Error))
PARQUET = Boundary((OSError,), ("pyarrow:ArrowException",))
CHROMA = Boundary((sqlite3.Error, ValueError, KeyError, RuntimeError), ("chromadb.errors:ChromaError",))


@contextlib.contextmanager
def at(boundary: Boundary, ours: Callable[[str], Exception]) -> Iterator[None]:
    """Inside, what the boundary raises becomes `ours(why)`. Errors of this package pass, though some are a ValueError too."""
    try:
        yield
    except DanbooruIndexError:
        raise
    except boundary.all_kinds() as error:
        raise ours(said(error)) from error


def said(error: BaseException) -> str:
    """What an exception says, without numbers of the system and without a path that the message names anyway."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, KeyError):
        return f"{error} is missing"
    return str(error)[:_MOST_CHARS] or type(error).__name__
