"""Conditions as SQL over `cases`, for SQLite and PostgreSQL, agreeing with the predicates of `rules.py`.

Every test becomes an expression that is true or false and never NULL, so that `not` means the same in all three.
What a case has beside its row is looked at through EXISTS: the customer's newest message by its index.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    FromClause,
    Text,
    and_,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from earful.desk.conditions import rules
from earful.desk.conditions.facts import Facts
from earful.desk.conditions.fields import FIELDS, ME, Field, Kind, Op
from earful.desk.conditions.reading import end_of, milliseconds, moment_of
from earful.model.conditions import All, AnyOf, Check, Condition, Not
from earful.model.folding import fold, variants
from earful.model.time import Instant
from earful.store.tables import (
    authors,
    case_tags,
    cases,
    channels,
    conversations,
    messages,
    people,
    person_flags,
    person_links,
    ratings,
)

Expression = ColumnElement[bool]
Ask = Callable[[ColumnElement[Any]], Expression]

newest = messages.alias("newest")
NEWEST = (
    select(newest.c.seq)
    .where(
        newest.c.case_id == cases.c.id,
        newest.c.direction == "inbound",
        newest.c.kind != "system",
        newest.c.deleted_at.is_(None),
    )
    .order_by(newest.c.occurred_at.desc(), newest.c.id.desc())
    .limit(1)
    .correlate(cases)
    .scalar_subquery()
)
"""The customer's newest message in a case, without automatic and deleted ones."""

_JOINS: dict[str, FromClause] = {
    "message": messages.join(channels, channels.c.id == messages.c.channel_id),
    "rating": messages.join(ratings, ratings.c.message_id == messages.c.id),
    "author": messages.join(authors, authors.c.id == messages.c.author_id),
    "conversation": messages.join(conversations, conversations.c.id == messages.c.conversation_id),
}
_OTHER_COLUMNS: dict[str, ColumnElement[Any]] = {
    "message_network": channels.c.network,
    "message_channel": channels.c.name,
    "author_first_seen_at": authors.c.first_seen_at,
}
_IN_DATA = frozenset({"rating_wants", "rating_churn_risk", "rating_reach_tier", "message_language"})
"""What is only in a rating's JSON."""
_others = cases.alias("others")


def where(condition: Condition, dialect: str, now: Instant, me: str = rules.NOBODY) -> Expression:
    """An expression over `cases`, true for those that the condition holds of for `me` at `now`."""
    return _Compiler(dialect, now, me).node(condition)


class _Compiler:
    def __init__(self, dialect: str, now: Instant, me: str) -> None:
        self._postgresql = dialect == "postgresql"
        self._now = now
        self._me = me

    def node(self, condition: Condition) -> Expression:
        match condition:
            case Check():
                return self._check(condition)
            case Not(not_=inner):
                return not_(self.node(inner))
            case All(all=parts):
                return and_(true(), *(self.node(one) for one in parts))
            case AnyOf(any=parts):
                return or_(false(), *(self.node(one) for one in parts))

    def _check(self, check: Check) -> Expression:
        field, op = FIELDS[check.field], Op(check.op)
        value: Any = check.value
        if op in (Op.IS_NOT, Op.NOT_IN):
            same = Op.IS if op is Op.IS_NOT else Op.IN
            return not_(self._check(Check(field=check.field, op=same, value=value, zone=check.zone)))
        if field.kind in (Kind.HOUR, Kind.WEEKDAY):
            return true() if rules.predicate(check)(Facts(), self._now) else false()
        if field.kind is Kind.SET:
            return self._set(field, op, value)
        if op is Op.IS_SET:
            found = self._holds(field, _some if field.kind in rules.EMPTY_IS_MISSING else _there)
            return found if value else not_(found)
        return self._holds(field, self._asked(field, op, value))

    def _holds(self, field: Field, ask: Ask) -> Expression:
        """Whether what is asked of the field's column holds, where there is one."""
        fact, group = field.fact, field.fact.partition("_")[0]
        if fact == "case_unanswered":
            return ask(cases.c.awaiting_since.is_not(None))
        if fact == "case_channel":
            return exists(
                select(1).where(channels.c.id == cases.c.channel_id, ask(channels.c.name)).correlate(cases)
            )
        if group == "case":
            column = cases.c["assignee_id" if fact == "case_assignee" else fact.removeprefix("case_")]
            return and_(column.is_not(None), ask(column)) if column.nullable else ask(column)
        if group == "person":
            return self._person(fact, ask)
        if fact == "message_language":
            group = "rating"
        return exists(
            select(1)
            .select_from(_JOINS[group])
            .where(messages.c.seq == NEWEST, ask(self._column(group, fact)))
        )

    def _column(self, group: str, fact: str) -> ColumnElement[Any]:
        if fact in _IN_DATA:
            return self._in_data(fact.partition("_")[2])
        if fact in _OTHER_COLUMNS:
            return _OTHER_COLUMNS[fact]
        table = {"message": messages, "rating": ratings, "author": authors, "conversation": conversations}[
            group
        ]
        return table.c[fact.removeprefix(f"{group}_")]

    def _in_data(self, name: str) -> ColumnElement[Any]:
        if self._postgresql:
            found = cast(ratings.c.data, JSONB)[name].astext
            return cast(found, Double) if name == "churn_risk" else func.nullif(found, "und")
        plain = func.json_extract(ratings.c.data, f"$.{name}")
        return plain if name == "churn_risk" else func.nullif(plain, "und")

    def _person(self, fact: str, ask: Ask) -> Expression:
        if fact == "person_name":
            return exists(
                select(1).where(people.c.id == cases.c.person_id, ask(people.c.name)).correlate(cases)
            )
        if fact == "person_cases":
            query = select(func.count()).where(_others.c.person_id == cases.c.person_id)
        else:
            query = select(func.count()).where(
                person_links.c.person_id == cases.c.person_id, person_links.c.unlinked_at.is_(None)
            )
        return ask(query.correlate(cases).scalar_subquery())

    def _asked(self, field: Field, op: Op, value: Any) -> Ask:
        kind = field.kind
        if kind is Kind.TEXT:
            return self._text(op, value)
        if kind is Kind.USER:
            given = value if op is Op.IN else (value,)
            ids = [self._me if one == ME else one for one in given]
            return lambda column: column.in_([one for one in ids if one])
        if kind is Kind.INSTANT:
            return self._instant(op, value)
        if kind is Kind.DURATION:
            low, high = rules.span_of(op, value)
            at_most = self._now - low if low >= 0 else None
            at_least = self._now - int(high) if high < rules.FOR_EVER else None
            return lambda column: _within(column, at_least, at_most)
        if kind is Kind.NUMBER:
            # Else the driver would say that a large number is of the column's own, smaller type.
            value = _big(value)
        if op is Op.IN:
            return lambda column: column.in_(value)
        if op is Op.AT_LEAST:
            return lambda column: column >= value
        if op is Op.AT_MOST:
            return lambda column: column <= value
        if op is Op.BETWEEN:
            return lambda column: and_(column >= value[0], column <= value[1])
        if kind is Kind.FLAG:
            return lambda column: column if value else not_(column)
        return lambda column: column == value

    def _text(self, op: Op, value: Any) -> Ask:
        if op is Op.IN:
            asks = [self._text(Op.IS, one) for one in value]
            return lambda column: or_(false(), *(ask(column) for ask in asks))
        needle = fold(value)
        if op is Op.CONTAINS:
            return lambda column: self._find(self._folded(column, needle), needle) > 0
        return lambda column: self._folded(column, needle) == needle

    def _folded(self, column: ColumnElement[Any], needle: str) -> ColumnElement[Any]:
        """The column folded, as far as it matters for finding the needle."""
        if not self._postgresql:
            return func.earful_fold(column)
        others, chars = variants(needle)
        return func.translate(column, others, chars) if others else column

    def _find(self, text: ColumnElement[Any], needle: str) -> ColumnElement[int]:
        return func.strpos(text, needle) if self._postgresql else func.instr(text, needle)

    def _instant(self, op: Op, value: Any) -> Ask:
        match op:
            case Op.OLDER_THAN:
                return lambda column: column <= self._now - milliseconds(value)
            case Op.NEWER_THAN:
                return lambda column: column > self._now - milliseconds(value)
            case Op.BEFORE:
                return lambda column: column < moment_of(value)
            case Op.AFTER:
                return lambda column: column >= moment_of(value)
            case _:
                return lambda column: and_(column >= moment_of(value[0]), column < end_of(value[1]))

    def _set(self, field: Field, op: Op, value: Any) -> Expression:
        if op is Op.IS_SET:
            found = self._set_has(field, None)
            return found if value else not_(found)
        wanted = (value,) if op is Op.HAS else value
        return self._set_has(field, wanted) if wanted else false()

    def _set_has(self, field: Field, wanted: tuple[str, ...] | None) -> Expression:
        """Whether a set has one of the words; with None, whether it has any at all."""
        if field.fact == "case_tags":
            query = select(1).where(case_tags.c.case_id == cases.c.id).correlate(cases)
            return exists(query if wanted is None else query.where(case_tags.c.tag.in_(wanted)))
        if field.fact == "case_tried_before":
            if wanted is None:
                return cases.c.tried_before != ""
            padded = literal(" ", Text) + cases.c.tried_before + " "
            return or_(false(), *(self._find(padded, f" {one} ") > 0 for one in wanted))
        if field.fact == "person_flags":
            return self._flagged(wanted)
        name = field.fact.partition("_")[2]
        ask = self._in_list_postgresql if self._postgresql else self._in_list_sqlite
        return exists(
            select(1).select_from(_JOINS["rating"]).where(messages.c.seq == NEWEST, ask(name, wanted))
        )

    def _flagged(self, wanted: tuple[str, ...] | None) -> Expression:
        query = (
            select(1)
            .select_from(
                person_links.join(person_flags, person_flags.c.author_id == person_links.c.author_id)
            )
            .where(
                person_links.c.person_id == cases.c.person_id,
                person_links.c.unlinked_at.is_(None),
                person_flags.c.cleared_at.is_(None),
                or_(person_flags.c.ends_at.is_(None), person_flags.c.ends_at > self._now),
            )
            .correlate(cases)
        )
        return exists(query if wanted is None else query.where(person_flags.c.flag.in_(wanted)))

    def _in_list_postgresql(self, name: str, wanted: tuple[str, ...] | None) -> Expression:
        data = cast(ratings.c.data, JSONB)
        if wanted is None:
            return func.jsonb_array_length(data[name]) > 0
        key = _KEYS.get(name)
        return or_(
            false(),
            *(data[name].contains(cast([{key: one}] if key else [one], JSONB)) for one in wanted),
        )

    def _in_list_sqlite(self, name: str, wanted: tuple[str, ...] | None) -> Expression:
        items = func.json_each(ratings.c.data, f"$.{name}").table_valued("value")
        item = items.c.value
        key = _KEYS.get(name)
        word = func.json_extract(item, f"$.{key}") if key else item
        query = select(1).select_from(items).correlate(ratings)
        return exists(query if wanted is None else query.where(word.in_(wanted)))


_KEYS = {"pii": "type", "tried_before": "channel"}


def _big(value: Any) -> Any:
    return tuple(map(_big, value)) if isinstance(value, tuple) else literal(value, BigInteger)


def _some(column: ColumnElement[Any]) -> Expression:
    return column != ""


def _there(column: ColumnElement[Any]) -> Expression:
    return column.is_not(None)


def _within(column: ColumnElement[Any], at_least: int | None, at_most: int | None) -> Expression:
    bounds = [column >= at_least] if at_least is not None else []
    return and_(true(), *bounds, *([column <= at_most] if at_most is not None else []))
