"""Reading the inbox: a page of the list, its counts, and one case with everything around it."""

import msgspec
from msgspec import Struct

from earful.channels.contract import Capabilities
from earful.desk.inbox import store, timeline
from earful.desk.outcomes import service as outcomes
from earful.desk.people import service as people
from earful.desk.sla import service as sla
from earful.desk.views import service as views
from earful.model.desk import (
    CaseDetail,
    CaseRow,
    Deadline,
    Draft,
    InboxFilter,
    InboxPage,
    Outcome,
    Status,
    TimelineItem,
    TimelineMessage,
    UserRef,
)
from earful.model.message import Direction, Network, Visibility
from earful.model.rating import Rating
from earful.search import query as search
from earful.store.tx import Row, Tx

TIMELINE = 100
"""Messages of a case on one page; each click on "older" shows so many more."""
MOST = 2_000
"""Messages of a case on one page at most."""
SEARCH_PAGE = 100
VIEWS = ("open", "mine", "unassigned", "waiting", "snoozed", "closed", "all")

MEMBER_WIDTH = 3
"""Numbers that say where a case stands in a saved view."""

READ_ONLY = Capabilities(
    receive="api",
    public_reply=False,
    private_reply=False,
    max_length=None,
    edits=False,
    deletes=False,
    idempotent_send=False,
)
"""What a channel can do that is not connected."""

_rating = msgspec.json.Decoder(Rating)


def page(
    tx: Tx, wanted: InboxFilter, user_id: str, cursor: str = "", *, ids: tuple[str, ...] = ()
) -> InboxPage:
    """One page of the list, or those of the cases `ids` that belong to the view.

    Raises ValueError for a cursor that this list did not give, and for a view that there is not.
    """
    list_id = _list_of(tx, wanted, user_id)
    if ids or wanted.search.strip():
        named = ids[:SEARCH_PAGE] or search.case_ids(tx, wanted.search)
        found = store.hit_rows(tx, wanted, user_id, named, list_id)[:SEARCH_PAGE]
        return InboxPage(rows=case_rows(tx, found, user_id), next="")
    try:
        after = [int(part) for part in cursor.split(".")] if cursor else []
    except ValueError as error:
        raise ValueError("This page marker is not one of ours; start from the first page.") from error
    if after and len(after) != (MEMBER_WIDTH if list_id else store.width_of(wanted)):
        raise ValueError("This page marker is not one of this list's; start from the first page.")
    if list_id:
        rows = store.member_rows(tx, wanted, list_id, user_id, after, store.PAGE + 1)
    else:
        rows = store.case_rows(tx, wanted, user_id, after, store.PAGE + 1)
    more = rows[store.PAGE :]
    rows = rows[: store.PAGE]
    last = (
        store.member_place(rows[-1]) if list_id and more else store.place_of(rows[-1], wanted) if more else []
    )
    return InboxPage(rows=case_rows(tx, rows, user_id), next=".".join(map(str, last)))


def _list_of(tx: Tx, wanted: InboxFilter, user_id: str) -> str:
    """The members of a saved view; empty for the views that Earful comes with.

    Raises ValueError for a view that there is not, or that is somebody else's own.
    """
    if wanted.view in VIEWS:
        return ""
    view = views.find(tx, wanted.view, user_id)
    if view is None:
        raise ValueError("This view does not exist; somebody may have deleted it. Open cases are at /inbox.")
    return view.list_id


def case_rows(tx: Tx, rows: list[Row], user_id: str) -> list[CaseRow]:
    """Rows as the list shows them."""
    ids = tuple(row["id"] for row in rows)
    tags, seen = store.tags_of(tx, ids), store.seen_by(tx, user_id, ids)
    back = outcomes.returned_after(tx, ids)
    return [_case_row(row, tags.get(row["id"], []), seen.get(row["id"]), back.get(row["id"])) for row in rows]


def _case_row(row: Row, tags: list[str], seen_at: int | None, back: int | None) -> CaseRow:
    return CaseRow(
        id=row["id"],
        number=row["number"],
        title=row["title"],
        status=Status(row["status"]),
        outcome=Outcome(row["outcome"]),
        priority=row["priority"],
        severity=row["severity"],
        kind=row["kind"],
        topic=row["topic"],
        sentiment=row["sentiment"],
        person_id=row["person_id"],
        person_name=row["person_name"],
        handle=row["handle"],
        network=Network(row["network"]),
        channel_id=row["channel_id"],
        preview=row["preview"],
        last_message_at=row["last_message_at"],
        last_direction=Direction(row["last_direction"]),
        awaiting_since=row["awaiting_since"],
        assignee_id=row["assignee_id"],
        assignee_name=row["assignee_name"] or "",
        tags=tags,
        unread=row["last_direction"] == Direction.INBOUND
        and (seen_at is None or row["last_message_at"] > seen_at),
        tried_before=row["tried_before"].split(),
        reach_tier=row["reach_tier"],
        snoozed_until=row["snoozed_until"],
        message_count=row["message_count"],
        deleted=row["last_deleted"],
        deadline=Deadline(kind=row["due_kind"], warn_at=row["due_warn_at"], due_at=row["due_at"])
        if row["due_at"] is not None
        else None,
        returned_after=back,
        window_until=row["window_until"],
    )


class Counts(Struct, frozen=True, kw_only=True):
    """How many cases each view and, within the shown view, each network has."""

    views: dict[str, int]
    networks: dict[str, int]


def counts(tx: Tx, wanted: InboxFilter, user_id: str) -> Counts:
    """From the kept counts: a few hundred rows whatever the desk's size."""
    of_view = dict.fromkeys(VIEWS, 0)
    networks: dict[str, int] = {}
    shown = wanted.view if wanted.view in VIEWS else "all"
    for row in store.counts(tx):
        mine, status, n = row["assignee_id"], row["status"], row["n"]
        inside = {
            "all": True,
            "mine": status == Status.OPEN and mine == user_id,
            "unassigned": status == Status.OPEN and not mine,
        }
        for view in VIEWS:
            if inside.get(view, status == view):
                of_view[view] += n
                if view == shown:
                    networks[row["network"]] = networks.get(row["network"], 0) + n
    return Counts(views=of_view, networks=networks)


def one(tx: Tx, case_id: str, user_id: str) -> CaseRow | None:
    """One row of the list."""
    row = store.one_row(tx, case_id=case_id)
    return None if row is None else case_rows(tx, [row], user_id)[0]


def sign_off_for(network: Network, user: UserRef, sign_off: str) -> str:
    """How a colleague signs: their name under a mail, their mark behind a post."""
    return user.name if network is Network.EMAIL else sign_off


def detail(
    tx: Tx,
    number: int,
    user: UserRef,
    sign_off: str,
    rendering: timeline.Rendering,
    *,
    newest: int = TIMELINE,
    reply_to: str = "",
) -> CaseDetail | None:
    """A case with its newest messages, its person and draft; None when there is no such case.

    `reply_to` chooses the message that is answered; without, the customer's newest.
    """
    row = store.one_row(tx, number=number)
    if row is None:
        return None
    case_id, user_id = row["id"], user.id
    shown = case_rows(tx, [row], user_id)[0]
    seen_at = store.seen_by(tx, user_id, (case_id,)).get(case_id)
    newest = min(max(newest, TIMELINE), MOST)
    messages = store.messages_of(tx, case_id, newest + 1)
    more = newest < len(messages)
    messages = messages[:newest][::-1]
    names = store.channel_names(tx)
    items = timeline.messages(tx, case_id, messages, names, seen_at, rendering)
    draft = _draft(store.draft_of(tx, user_id, case_id))
    target = _target(items, reply_to or (draft.in_reply_to if draft else ""))
    items += [*timeline.notes(tx, case_id), *timeline.acts(tx, case_id)]
    if more and messages:
        oldest = messages[0]["occurred_at"]
        items = [item for item in items if item.at >= oldest]
    items += timeline.replies(tx, case_id, {name: Network(network) for name, (_, network) in names.items()})
    can = rendering.capabilities(target.channel_id if target else shown.channel_id)
    can = can.within(target.visibility) if target else can
    return CaseDetail(
        row=shown,
        timeline=sorted(items, key=lambda item: item.at),
        person=people.card(tx, shown.person_id, shown.person_name, apart_from=case_id),
        draft=draft,
        version=row["version"],
        max_length=can.max_length,
        counter=can.counter,
        sign_off=sign_off_for(target.network, user, sign_off) if target else "",
        reply_to=target.id if target else "",
        reply_audiences=target.can_reply if target else [],
        seen_at=seen_at,
        clocks=sla.clocks_for_header(tx, case_id),
        more_before=str(newest + TIMELINE) if more and newest < MOST else "",
    )


def _target(items: list[TimelineItem], wanted: str) -> TimelineMessage | None:
    """The message to be answered: the wanted one, else the customer's newest that can be."""
    can = [item for item in items if isinstance(item, TimelineMessage) and item.can_reply]
    chosen = [item for item in can if item.id == wanted]
    return (chosen or can)[-1] if can else None


def _draft(row: Row | None) -> Draft | None:
    if row is None:
        return None
    return Draft(
        text=row["text"],
        audience=Visibility(row["audience"]) if row["audience"] else None,
        in_reply_to=row["in_reply_to"],
        saved_at=row["saved_at"],
    )


def leading_rating(tx: Tx, case_id: str) -> Rating | None:
    """The rating that gave a case its priority: the highest of its newest messages."""
    rows = store.messages_of(tx, case_id, TIMELINE)
    rated = [_rating.decode(row["rating"]) for row in rows if row["rating"]]
    case = store.one_row(tx, case_id=case_id)
    same = [rating for rating in rated if case is not None and rating.priority == case["priority"]]
    chosen = same or rated
    return chosen[0] if chosen else None


def tags(tx: Tx) -> list[str]:
    """Tags in use."""
    return store.known_tags(tx, 100)
