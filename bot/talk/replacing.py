"""``dataclasses.replace`` for the values a turn is made of, at a fraction of its price: a session has some thirty fields
and is replaced several times in each turn."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

_Value = TypeVar("_Value")
_Set = Callable[[Any, Any], None]

if TYPE_CHECKING:
    from dataclasses import replace as replace
else:

    def replace(value: _Value, /, **changes: Any) -> _Value:
        """The value with some fields changed. Raises TypeError for a field it has not."""
        kind = value.__class__
        new = object.__new__(kind)
        if (names := _in_dictionary(kind)) is not None:
            if not changes.keys() <= names:
                raise TypeError(f"{kind.__name__} has no field {min(changes.keys() - names)!r}")
            new.__dict__.update(value.__dict__, **changes)
            return new
        read, write = _fields(kind)
        for put, kept in zip(write.values(), read(value), strict=True):
            put(new, kept)
        try:
            for name, changed in changes.items():
                write[name](new, changed)
        except KeyError as unknown:
            raise TypeError(f"{kind.__name__} has no field {unknown}") from None
        return new


@cache
def _in_dictionary(kind: type[Any]) -> frozenset[str] | None:
    """The fields of a value without slots, which is copied as its dictionary; None for one with slots."""
    if hasattr(kind, "__slots__"):
        return None
    if hasattr(kind, "__post_init__"):
        raise TypeError(f"{kind.__name__} is made by more than its fields: use dataclasses.replace")
    return frozenset(kind.__dataclass_fields__)


@cache
def _fields(kind: type[Any]) -> tuple[Callable[[Any], tuple[Any, ...]], dict[str, _Set]]:
    """How all fields are read at once, and each is written past the freezing: a slot's own descriptor does that."""
    names = tuple(kind.__dataclass_fields__)
    if hasattr(kind, "__post_init__") or set(kind.__slots__) != set(names) or len(names) < 2:
        raise TypeError(f"{kind.__name__} is made by more than its slots: use dataclasses.replace")
    return attrgetter(*names), {name: getattr(kind, name).__set__ for name in names}
