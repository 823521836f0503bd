"""Conditions: what must hold of a message or a case, nested by all, any and not. Plain values; read by
`earful.desk.conditions.reading`, which is the only way to make one from data."""

from typing import Union

from msgspec import Struct, field

Plain = str | int | float | bool
Value = Plain | tuple[Plain, ...]


class Check(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One test of a field."""

    field: str
    op: str
    value: Value
    zone: str = ""
    """IANA time zone of an hour or a weekday; empty for UTC."""


class All(Struct, frozen=True):
    """Every one holds; none at all holds too."""

    all: tuple["Condition", ...]


class AnyOf(Struct, frozen=True):
    """At least one holds; none at all does not."""

    any: tuple["Condition", ...]


class Not(Struct, frozen=True):
    """It does not hold."""

    not_: "Condition" = field(name="not")


Condition = Union[Check, All, AnyOf, Not]  # noqa: UP007  recursive: msgspec resolves the names in it

ALWAYS = All(())
NEVER = AnyOf(())
