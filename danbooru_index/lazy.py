"""What is made at its first use: the names of a package, so that importing it costs nothing, and values of an object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from threading import Lock, RLock
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


def lazy_names(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """A module-level `__getattr__` (PEP 562) for `package`; `homes` names the submodule of each public name."""

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f".{homes[name]}", package), name)

    return find


class once(Generic[T]):  # noqa: N801 - it is used as a decorator
    """A property that is computed at its first use, once, also when several threads ask for it together.

    functools.cached_property has no lock from Python 3.12 on.
    """

    _guard = Lock()

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> once[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> once[T] | T:
        if instance is None:
            return self
        values = vars(instance)  # what stands here under this name is found before this is called
        with self._guard:
            lock = values.setdefault(f"_lock_of_{self._name}", RLock())
        with lock:
            if self._name not in values:
                values[self._name] = self._make(instance)
            value: T = values[self._name]
            return value
