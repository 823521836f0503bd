"""A condition as the fields of a form, and back. Pure: the editor's page works without scripts because of it.

A group is named by its path (`c`, `c.1`, `c.1.0`); `c.join` says how its parts are joined, and a test has `c.0.field`,
`c.0.op`, `c.0.value` and, for a span, `c.0.to`; `c.0.was` is the field that they were given for.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from earful.desk.conditions.fields import FIELDS, LISTED, OPERATORS, Field, Kind, Op
from earful.desk.conditions.reading import CHECKS, DEPTH, InvalidConditionError, read
from earful.desk.conditions.words import DENIED, OP_LABELS
from earful.model.conditions import All, AnyOf, Check, Condition, Not

ROOT = "c"
JOINS = ("all", "any", "none", "not_all")
NOT = "not:"
FIRST_FIELD = next(iter(FIELDS))
OFFERED = tuple(one for one in FIELDS.values() if one.kind not in (Kind.HOUR, Kind.WEEKDAY))
"""What a view can ask for."""
Given = Mapping[str, Sequence[str]]


class Row(Struct, kw_only=True):
    """One test as the form has it."""

    path: str
    field: str
    op: str
    """As in `OPERATORS`, with `not:` before one that is denied."""
    values: list[str] = []
    to: str = ""
    problem: str = ""
    fresh: bool = False

    @property
    def about(self) -> Field:
        """The field that is tested."""
        return FIELDS[self.field]

    @property
    def plain_op(self) -> str:
        """The operator, denied or not."""
        return self.op.removeprefix(NOT)

    @property
    def value(self) -> str:
        """What a single input shows."""
        return ", ".join(self.values)

    @property
    def relative(self) -> bool:
        """Whether the value is a length of time."""
        return self.about.kind is Kind.DURATION or self.plain_op in (Op.OLDER_THAN, Op.NEWER_THAN)

    @property
    def several(self) -> bool:
        """Whether it takes a list."""
        return self.plain_op in LISTED

    @property
    def operators(self) -> list[tuple[str, str]]:
        """(operator, label) of what can be chosen."""
        return operators_of(self.about)


class Group(Struct, kw_only=True):
    """Tests and groups joined by one word."""

    path: str
    join: str
    parts: list["Row | Group"] = []

    @property
    def deep(self) -> bool:
        """Whether no group fits inside it any more."""
        return self.path.count(".") >= DEPTH - 4


def operators_of(field: Field) -> list[tuple[str, str]]:
    """(operator, label) for a field: each, then its denial."""
    found = []
    for op in OPERATORS[field.kind]:
        if op in DENIED:
            continue
        yes, no = OP_LABELS[op]
        found.append((op.value, yes))
        if field.kind is not Kind.FLAG:
            found.append((NOT + op.value, no))
    return found


def of_condition(condition: Condition) -> Group:
    """The form of a condition."""
    root = _group_of(condition, ROOT)
    return root if root is not None else Group(path=ROOT, join="all", parts=[_row_of(condition, f"{ROOT}.0")])


def _group_of(condition: Condition, path: str) -> Group | None:
    match condition:
        case All(all=parts):
            return _parts_of("all", parts, path)
        case AnyOf(any=parts):
            return _parts_of("any", parts, path)
        case Not(not_=All(all=parts)):
            return _parts_of("not_all", parts, path)
        case Not(not_=AnyOf(any=parts)):
            return _parts_of("none", parts, path)
        case Not(not_=Not(not_=inner)):
            return _group_of(inner, path)
        case _:
            return None


def _parts_of(join: str, parts: tuple[Condition, ...], path: str) -> Group:
    group = Group(path=path, join=join)
    for at, part in enumerate(parts):
        here = f"{path}.{at}"
        group.parts.append(_group_of(part, here) or _row_of(part, here))
    return group


def _row_of(condition: Condition, path: str) -> Row:
    denied = False
    while isinstance(condition, Not):
        condition, denied = condition.not_, not denied
    assert isinstance(condition, Check)  # noqa: S101  groups were taken out before
    op = DENIED.get(condition.op, condition.op)
    denied = denied != (condition.op in DENIED)
    value = condition.value
    if op == Op.IS_SET:
        denied, value = denied == bool(value), ()
    elif isinstance(value, bool):
        denied, value = False, "true" if value != denied else "false"
    if op == Op.BETWEEN and isinstance(value, tuple):
        values, to = [_shown(value[0])], _shown(value[1])
    else:
        values, to = [_shown(one) for one in (value if isinstance(value, tuple) else (value,))], ""
    return Row(path=path, field=condition.field, op=(NOT if denied else "") + op, values=values, to=to)


def _shown(value: Any) -> str:
    return str(value)[:10] if isinstance(value, str) and value[10:11] == "T" else str(value)


def of_form(given: Given) -> Group:
    """What a form says, however wrong: unknown fields and operators become the first that there is."""
    return _read_group(given, ROOT)


def _read_group(given: Given, path: str) -> Group:
    join = _last(given, f"{path}.join")
    group = Group(path=path, join=join if join in JOINS else "all")
    for at in range(CHECKS):
        here = f"{path}.{at}"
        if f"{here}.join" in given and here.count(".") < DEPTH:
            group.parts.append(_read_group(given, here))
        elif f"{here}.field" in given:
            group.parts.append(_read_row(given, here))
        else:
            break
    return group


def _read_row(given: Given, path: str) -> Row:
    name = _last(given, f"{path}.field")
    row = Row(path=path, field=name if name in FIELDS else FIRST_FIELD, op=_last(given, f"{path}.op"))
    if row.op not in dict(row.operators):
        row.op = row.operators[0][0]
    if _last(given, f"{path}.was") not in ("", row.field):
        # Another field was chosen: what was asked of the one before says nothing of it.
        row.op = row.operators[0][0]
        return row
    row.values = [one.strip() for one in given.get(f"{path}.value", ()) if one.strip()]
    row.to = _last(given, f"{path}.to").strip()
    if row.about.choices:
        row.values = [one for one in row.values if one in row.about.choices]
    elif row.several:
        row.values = [part.strip() for one in row.values for part in one.split(",") if part.strip()]
    return row


def _last(given: Given, name: str) -> str:
    return given[name][-1] if given.get(name) else ""


def edited(group: Group, act: str) -> Group:
    """The form after `add:PATH`, `group:PATH` or `remove:PATH`; what cannot be done changes nothing."""
    verb, _, path = act.partition(":")
    found = _edit(group, verb, path)
    return _renamed(found, ROOT)


def _edit(group: Group, verb: str, path: str) -> Group:
    if verb == "remove":
        group.parts = [one for one in group.parts if one.path != path]
    elif group.path == path:
        fresh = Row(path="", field=FIRST_FIELD, op=Op.IS.value, values=["open"], fresh=True)
        if verb == "add":
            group.parts.append(fresh)
        elif verb == "group" and not group.deep:
            group.parts.append(Group(path="", join="any", parts=[fresh]))
    for one in group.parts:
        if isinstance(one, Group):
            _edit(one, verb, path)
    return group


def _renamed(group: Group, path: str) -> Group:
    group.path = path
    for at, one in enumerate(group.parts):
        one.path = f"{path}.{at}"
        if isinstance(one, Group):
            _renamed(one, one.path)
    return group


def condition_of(group: Group) -> Condition:
    """The condition that the form says. Raises InvalidConditionError; each wrong row then has its `problem`."""
    wrong = _mark(group)
    if wrong is not None:
        raise wrong
    return read(_data_of(group))


def _mark(group: Group) -> InvalidConditionError | None:
    first = None
    for one in group.parts:
        if isinstance(one, Group):
            first = first or _mark(one)
            continue
        try:
            read(_data_of(one))
        except InvalidConditionError as error:
            one.problem = error.problem
            first = first or error
    return first


def _data_of(node: Row | Group) -> dict[str, Any]:
    if isinstance(node, Group):
        inside = [_data_of(one) for one in node.parts]
        joined = {"any" if node.join in ("any", "none") else "all": inside}
        return {"not": joined} if node.join in ("none", "not_all") else joined
    op, denied = node.plain_op, node.op.startswith(NOT)
    test: dict[str, Any] = {"field": node.field, "op": op}
    if op == Op.IS_SET:
        return test | {"value": not denied}
    kind = node.about.kind
    values = [_typed(kind, one) for one in node.values]
    if op == Op.BETWEEN:
        test["value"] = [*values[:1], _typed(kind, node.to)]
    elif node.several:
        test["value"] = values
    else:
        test["value"] = values[0] if values else ""
    return {"not": test} if denied else test


def _typed(kind: Kind, text: str) -> Any:
    if kind is Kind.FLAG:
        return text == "true"
    try:
        if kind in (Kind.NUMBER, Kind.HOUR):
            return int(text)
        if kind is Kind.SHARE:
            return float(text)
    except ValueError:
        return text
    return text
