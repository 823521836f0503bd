"""The SQL of reading the inbox: lists, counts, and everything a case shows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Select,
    any_,
    bindparam,
    func,
    or_,
    select,
    text,
    tuple_,
)

from earful.model.desk import InboxFilter
from earful.store.tables import (
    case_counts,
    case_seen,
    case_tags,
    cases,
    channels,
    drafts,
    events,
    messages,
    notes,
    outbox,
    ratings,
    revisions,
    users,
    view_members,
)
from earful.store.tx import Row, Tx, read_once

PAGE = 50
_ORDERS: dict[str, list[Any]] = {
    "priority": [cases.c.priority.desc(), cases.c.last_message_at.desc(), cases.c.number.desc()],
    "newest": [cases.c.last_message_at.desc(), cases.c.number.desc()],
    "oldest": [cases.c.awaiting_since.asc(), cases.c.number.asc()],
    "deadline": [cases.c.due_at.asc(), cases.c.number.asc()],
}
_RISING = {"oldest": cases.c.awaiting_since, "deadline": cases.c.due_at}
"""Orders that go up, with the instant that a case must have to be in them."""
_STATUS_OF_VIEW = {
    "open": "open",
    "mine": "open",
    "unassigned": "open",
    "waiting": "waiting",
    "snoozed": "snoozed",
    "closed": "closed",
}


def case_query(source: FromClause = cases) -> Select[Any]:
    """Cases with the names that a row shows."""
    columns = (cases, users.c.name.label("assignee_name"), channels.c.name.label("channel_name"))
    named = source.join(channels, channels.c.id == cases.c.channel_id)
    return select(*columns).select_from(named.join(users, users.c.id == cases.c.assignee_id, isouter=True))


def case_rows(tx: Tx, wanted: InboxFilter, user_id: str, after: list[int], limit: int) -> list[Row]:
    """One page of a view, by keyset: never an offset, never a count."""
    order = order_of(wanted)
    query = case_query().where(*_conditions(tx, wanted, user_id)).order_by(*_ORDERS[order]).limit(limit)
    if order in _RISING:
        query = query.where(_RISING[order].is_not(None))
    if after:
        columns = tuple_(*(_column(element) for element in _ORDERS[order]))
        place = tuple_(*after)
        query = query.where(columns > place if order in _RISING else columns < place)
    return tx.rows(query)


_PLACE = (view_members.c.first, view_members.c.second, view_members.c.number)
_FROM_MEMBERS = view_members.join(cases, cases.c.id == view_members.c.case_id)


def member_rows(
    tx: Tx, wanted: InboxFilter, list_id: str, user_id: str, after: list[int], limit: int
) -> list[Row]:
    """One page of a saved view, along the index of its members; each row with its `place`.

    What everybody sees and what only this user sees are two stretches of the index: read both, keep the first.
    """
    found: list[Row] = []
    for who in dict.fromkeys(("", user_id)):
        query = (
            case_query(_FROM_MEMBERS)
            .add_columns(*(column.label(f"place_{column.name}") for column in _PLACE))
            .where(
                view_members.c.list_id == list_id,
                view_members.c.who == who,
                *_conditions(tx, wanted, user_id),
            )
            .order_by(*(column.desc() for column in _PLACE))
            .limit(limit)
        )
        if user_id and not who:
            query = query.where(view_members.c.except_id != user_id)
        if after:
            query = query.where(tuple_(*_PLACE) < tuple_(*after))
        found += tx.rows(query)
    return sorted(found, key=member_place, reverse=True)[:limit]


def member_place(row: Row) -> list[int]:
    """Where a row stands in a saved view."""
    return [row[f"place_{column.name}"] for column in _PLACE]


def of_list(list_id: str, user_id: str) -> ColumnElement[bool]:
    """Whether a case is in a saved view for a user."""
    return (
        select(view_members.c.case_id)
        .where(
            view_members.c.case_id == cases.c.id,
            view_members.c.list_id == list_id,
            view_members.c.who.in_(("", user_id)),
            *([view_members.c.except_id != user_id] if user_id else []),
        )
        .correlate(cases)
        .exists()
    )


def order_of(wanted: InboxFilter) -> str:
    """The order that a view can have: everything together is shown newest first."""
    return "newest" if wanted.view == "all" or wanted.order not in _ORDERS else wanted.order


def place_of(row: Row, wanted: InboxFilter) -> list[int]:
    """Where a row stands in its order."""
    return [row[_column(element).name] for element in _ORDERS[order_of(wanted)]]


def width_of(wanted: InboxFilter) -> int:
    """How many numbers say where a row stands."""
    return len(_ORDERS[order_of(wanted)])


def _column(element: Any) -> Column[int]:
    column: Column[int] = element.element
    return column


def _conditions(tx: Tx, wanted: InboxFilter, user_id: str) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    status = _STATUS_OF_VIEW.get(wanted.view)
    if status is not None:
        found.append(cases.c.status == status)
    if wanted.view == "mine":
        found.append(cases.c.assignee_id == user_id)
    if wanted.view == "unassigned":
        found.append(cases.c.assignee_id.is_(None))
    if wanted.network is not None:
        found.append(cases.c.network == wanted.network.value)
    if wanted.kind:
        found.append(cases.c.kind == wanted.kind)
    if wanted.topic:
        found.append(cases.c.topic == wanted.topic)
    if wanted.tag:
        tagged = select(case_tags.c.case_id).where(case_tags.c.tag == wanted.tag)
        # As an array PostgreSQL looks up the tagged cases; as a subquery it walked a whole view instead.
        among = cases.c.id == any_(func.array(tagged.scalar_subquery())) if tx.is_postgresql else None
        found.append(cases.c.id.in_(tagged) if among is None else among)
    if wanted.alike:
        group = select(ratings.c.message_id).where(ratings.c.group_id == wanted.alike)
        alike = select(messages.c.case_id).where(
            or_(messages.c.id == wanted.alike, messages.c.id.in_(group)), messages.c.case_id.is_not(None)
        )
        among = cases.c.id == any_(func.array(alike.scalar_subquery())) if tx.is_postgresql else None
        found.append(cases.c.id.in_(alike) if among is None else among)
    return found


def hit_rows(tx: Tx, wanted: InboxFilter, user_id: str, ids: Sequence[str], list_id: str = "") -> list[Row]:
    """Those of the cases found by a search that the other filters let through, in the order of `ids`.

    With the `list_id` of a saved view, only those in it.
    """
    query = case_query().where(
        cases.c.id.in_(bindparam("ids", expanding=True)), *_conditions(tx, wanted, user_id)
    )
    if list_id:
        query = query.where(of_list(list_id, user_id))
    found = {row["id"]: row for row in tx.rows(query, {"ids": list(ids)})} if ids else {}
    return [found[case_id] for case_id in ids if case_id in found]


def one_row(tx: Tx, *, number: int | None = None, case_id: str = "") -> Row | None:
    """One case by number or id."""
    return tx.row(
        case_query().where(cases.c.number == number if number is not None else cases.c.id == case_id)
    )


# From one tag to the next by the index: asking for all distinct ones would read every tag of every case.
_TAGS = text(
    "WITH RECURSIVE next(tag) AS (\n"
    "  SELECT min(tag) FROM case_tags\n"
    "  UNION ALL\n"
    "  SELECT (SELECT min(case_tags.tag) FROM case_tags WHERE case_tags.tag > next.tag)\n"
    "  FROM next WHERE next.tag IS NOT NULL\n"
    ")\n"
    "SELECT tag FROM next WHERE tag IS NOT NULL LIMIT :most"
)


@read_once
def known_tags(tx: Tx, limit: int) -> list[str]:
    """Tags in use, by name, for filters and for typing less."""
    return [row["tag"] for row in tx.rows(_TAGS, {"most": limit})]


def counts(tx: Tx) -> list[Row]:
    """Cases by status, assignee and network; a few hundred rows at most."""
    return tx.rows(select(case_counts).where(case_counts.c.n > 0))


def tags_of(tx: Tx, ids: Iterable[str]) -> dict[str, list[str]]:
    """The tags of cases, in order."""
    wanted = list(ids)
    query = (
        select(case_tags)
        .where(case_tags.c.case_id.in_(bindparam("ids", expanding=True)))
        .order_by(case_tags.c.tag)
    )
    found: dict[str, list[str]] = defaultdict(list)
    for row in tx.rows(query, {"ids": wanted}) if wanted else []:
        found[row["case_id"]].append(row["tag"])
    return found


def notes_of(tx: Tx, case_id: str) -> list[Row]:
    """The notes of a case with their writers."""
    query = (
        select(notes, users.c.name.label("user_name"))
        .join(users, users.c.id == notes.c.user_id, isouter=True)
        .where(notes.c.case_id == case_id)
        .order_by(notes.c.written_at)
    )
    return tx.rows(query)


@read_once
def seen_by(tx: Tx, user_id: str, ids: tuple[str, ...]) -> dict[str, int]:
    """case -> when a user last saw it."""
    query = select(case_seen.c.case_id, case_seen.c.seen_at).where(
        case_seen.c.user_id == user_id, case_seen.c.case_id.in_(bindparam("ids", expanding=True))
    )
    rows = tx.rows(query, {"ids": ids}) if ids else []
    return {row["case_id"]: row["seen_at"] for row in rows}


def draft_of(tx: Tx, user_id: str, case_id: str) -> Row | None:
    """A user's draft for a case."""
    return tx.row(select(drafts).where(drafts.c.user_id == user_id, drafts.c.case_id == case_id))


def messages_of(tx: Tx, case_id: str, limit: int) -> list[Row]:
    """The newest messages of a case with ratings, newest first."""
    query = (
        select(messages, ratings.c.data.label("rating"), ratings.c.group_id)
        .join(ratings, ratings.c.message_id == messages.c.id, isouter=True)
        .where(messages.c.case_id == case_id)
        .order_by(messages.c.occurred_at.desc(), messages.c.id.desc())
        .limit(limit)
    )
    return tx.rows(query)


def alike(tx: Tx, heads: Iterable[str]) -> dict[str, int]:
    """head -> rated messages that follow it in its group of near duplicates."""
    wanted = list(heads)
    query = (
        select(ratings.c.group_id, func.count().label("n"))
        .where(ratings.c.group_id.in_(bindparam("heads", expanding=True)))
        .group_by(ratings.c.group_id)
    )
    rows = tx.rows(query, {"heads": wanted}) if wanted else []
    return {row["group_id"]: int(row["n"]) for row in rows}


def rated_among(tx: Tx, message_ids: Iterable[str]) -> set[str]:
    """Those that have a rating: neither deleted nor ours."""
    wanted = list(message_ids)
    query = select(ratings.c.message_id).where(ratings.c.message_id.in_(bindparam("ids", expanding=True)))
    return {row["message_id"] for row in tx.rows(query, {"ids": wanted})} if wanted else set()


def revisions_of(tx: Tx, message_ids: Iterable[str]) -> dict[str, list[Row]]:
    """Earlier wordings, oldest first."""
    wanted = list(message_ids)
    query = (
        select(revisions)
        .where(revisions.c.message_id.in_(bindparam("ids", expanding=True)))
        .order_by(revisions.c.edited_at)
    )
    found: dict[str, list[Row]] = defaultdict(list)
    for row in tx.rows(query, {"ids": wanted}) if wanted else []:
        found[row["message_id"]].append(row)
    return found


def acts_of(tx: Tx, case_id: str, kinds: Sequence[str]) -> list[Row]:
    """What people did to a case, oldest first."""
    query = (
        select(events.c.at, events.c.type, events.c.data, users.c.name.label("user_name"))
        .join(users, users.c.id == events.c.actor, isouter=True)
        .where(events.c.case_id == case_id, events.c.type.in_(kinds))
        .order_by(events.c.seq)
    )
    return tx.rows(query)


def replies_of(tx: Tx, case_id: str) -> list[Row]:
    """Replies of ours that are not (or not yet) a message of the case."""
    query = (
        select(outbox, users.c.name.label("user_name"))
        .join(users, users.c.id == outbox.c.user_id)
        .where(outbox.c.case_id == case_id, outbox.c.message_id.is_(None), outbox.c.state != "cancelled")
        .order_by(outbox.c.queued_at)
    )
    return tx.rows(query)


def sent_of(tx: Tx, case_id: str) -> dict[str, Row]:
    """message id -> who wrote it here, and how far the network says that it came."""
    query = (
        select(outbox.c.message_id, users.c.name, outbox.c.state, outbox.c.error)
        .join(users, users.c.id == outbox.c.user_id)
        .where(outbox.c.case_id == case_id, outbox.c.message_id.is_not(None))
    )
    return {row["message_id"]: row for row in tx.rows(query)}


def channel_names(tx: Tx) -> dict[str, tuple[str, str]]:
    """channel id -> (name, network)."""
    query = select(channels.c.id, channels.c.name, channels.c.network)
    return {row["id"]: (row["name"], row["network"]) for row in tx.rows(query)}
