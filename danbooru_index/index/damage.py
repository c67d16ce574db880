"""An index that turns out to be damaged: checked when it is opened, and named when a search meets what was not seen then."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar, cast

from ..errors import DanbooruIndexError, IndexDamagedError
from ..storage.foreign import GATHER, said
from .contents import Contents
from .manifest import Manifest
from .notes import CHECKED, is_noted, key_of, note

if TYPE_CHECKING:
    from .index import Index

_HINT = (
    "Run danbooru-index verify, then build it again (danbooru-index build) or fetch it again (danbooru-index fetch)."
)
P = ParamSpec("P")
T = TypeVar("T")


def check_contents(version: Path, manifest: Manifest, home: Path) -> None:
    """Check the arrays of a version: their shapes always, their values if this version was not read before.

    What was read is remembered in the home folder: a downloaded index cannot say so itself.

    :raises IndexDamagedError: with the first problems.
    """
    try:
        contents = Contents(version, manifest)
        problems = contents.problems
        key = key_of(version, manifest)
        if not problems and not is_noted(home, CHECKED, key):
            problems = contents.values()
            if not problems:
                note(home, CHECKED, key)
    except OSError as error:
        problems = [f"it cannot be read: {said(error)}"]
    if problems:
        more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
        raise IndexDamagedError(f"The index {version} is damaged: {'; '.join(problems[:3])}{more}.", hint=_HINT)


def names_damage(function: Callable[Concatenate[Index, P], T]) -> Callable[Concatenate[Index, P], T]:
    """A function that searches an index: what files that changed under it make of numpy's errors becomes one of ours."""

    @functools.wraps(function)
    def guarded(index: Index, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(index, *args, **kwargs)
        except DanbooruIndexError:
            raise
        except MemoryError as error:
            raise IndexDamagedError(
                f"There is not enough memory for this search in {index.folder}, or the index is damaged.", hint=_HINT
            ) from error
        except GATHER.kinds as error:
            raise IndexDamagedError(
                f"The index {index.folder} could not be searched: {type(error).__name__}: {error}.", hint=_HINT
            ) from error

    return cast("Callable[Concatenate[Index, P], T]", guarded)
