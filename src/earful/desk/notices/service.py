"""Notices: who is told what, what they have read, and which cases they follow."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from earful.desk import settings as kept
from earful.desk.notices import mentions, rules, store
from earful.desk.notices.rules import MADE, READ, About, Kind, Wishes
from earful.desk.users import service as users
from earful.desk.users.rules import OF_ROLE, Permission
from earful.log.contract import Event, Log, NewEvent
from earful.model.desk import Role
from earful.model.ids import new_id
from earful.model.time import DAY, MINUTE, Instant
from earful.store.audit import Who, record
from earful.store.tx import Row, Tx

COUNTED = 100
"""Unread notices are counted up to this."""
PAGE = 50
SHOWN_AT_ONCE = 5
"""Notices that a browser shows at once."""
KEPT = 90 * DAY
_AT_ONCE = 500
TYPES = frozenset(
    {
        "case.noted", "case.changed", "case.messages", "case.returned", "case.reply", "case.absorbed",
        "outcome.changed", "reply.asked", "reply.decided", "sla.warning", "sla.breached", "queue.troubled",
        "automation.notify",
    }
)  # fmt: skip
"""Events that somebody may be told of."""


class RefusedError(ValueError):
    """The wishes cannot be kept; the message says why."""


class NotFoundError(LookupError):
    """There is no such notice of this colleague."""


class Notice(Struct, frozen=True, kw_only=True):
    """One notice, as pages and programs read it. Times are instants; `number` is None where there is no case."""

    id: str
    kind: Kind
    at: int
    read: bool
    count: int
    case_id: str
    number: int | None
    title: str
    person: str
    network: str
    actor: str
    detail: str
    said: str
    """The first words of the note that names one."""
    place: str


class _Data(Struct):
    what: str = ""
    detail: str = ""
    within: str = ""
    messages: list[str] = []
    message: str = ""
    earlier: str = ""
    reply: str = ""
    state: str = ""
    user: str = ""
    to: list[str] = []
    text: str = ""
    name: str = ""


_data = msgspec.json.Decoder(_Data)


def wishes(tx: Tx, user_id: str) -> Wishes:
    """How somebody wants to be told."""
    return kept.in_force(tx, f"notices:{user_id}", Wishes)


def wish(tx: Tx, who: Who, user_id: str, wanted: Wishes, now: Instant) -> tuple[bool, int]:
    """Keep how somebody wants to be told; see `desk.settings.keep`. Raises RefusedError."""
    problem = wanted.problem()
    if problem:
        raise RefusedError(problem)
    return kept.keep(tx, who, f"notices:{user_id}", wanted, now)


def wish_again(tx: Tx, who: Who, user_id: str, place: int, now: Instant) -> None:
    """Undo a change of wishes. Raises RefusedError."""
    if not kept.restore(tx, who, f"notices:{user_id}", Wishes, place, now):
        raise RefusedError("There are no such settings; nothing was changed.")


def tell(tx: Tx, events: Sequence[Event], now: Instant) -> list[NewEvent]:
    """Make the notices of some events. Returns what open pages are to be told: one event for each colleague."""
    fresh = [event for event in events if event.at > now - rules.HISTORY]
    if not fresh:
        return []
    desk = _Around(tx, fresh)
    told: dict[str, None] = {}
    for event in fresh:
        data = _data.decode(event.data)
        if event.type == "case.absorbed":
            store.move(tx, event.subject, event.case_id or "")
            continue
        for user_id, kind in rules.told(desk.about(event, data)).items():
            if user_id in desk.active:
                _tell(tx, user_id, kind, event, data, desk, now)
                told[user_id] = None
    return [NewEvent(type=MADE, subject=user_id, at=now) for user_id in told]


def _tell(tx: Tx, user_id: str, kind: Kind, event: Event, data: _Data, desk: "_Around", now: Instant) -> None:
    ways = desk.wishes(user_id).by(kind)
    if not ways:
        return
    topic = data.within or event.case_id or event.subject
    values = {
        "kind": kind.value,
        "place": desk.place(event, data),
        "actor_id": event.actor,
        "detail": (data.text or data.name or data.detail)[: rules.DETAIL],
    }
    since = now - (60 * MINUTE if kind is Kind.QUEUE else rules.TOGETHER)
    open_ = store.open_one(tx, user_id, topic, since)
    browser = "browser" in ways and not rules.quiet(desk.wishes(user_id), now)
    if open_ is None:
        store.add(
            tx,
            {
                "id": new_id(now), "user_id": user_id, "topic": topic, "case_id": event.case_id or "",
                "count": 1, "at": now, "app": "app" in ways, "browser": browser, "mail": "mail" in ways, **values,
            },
        )  # fmt: skip
        return
    stronger = rules.RANK[kind] <= rules.RANK[Kind(open_["kind"])]
    store.change(
        tx,
        open_["id"],
        (values if stronger else {})
        | {
            "count": open_["count"] + 1,
            "at": now,
            "app": open_["app"] or "app" in ways,
            "browser": open_["browser"] or browser,
            "mail": open_["mail"] or "mail" in ways,
        },
    )


class _Around:
    """The people around some events, read at once."""

    def __init__(self, tx: Tx, events: Sequence[Event]) -> None:
        self._tx = tx
        self._wishes: dict[str, Wishes] = {}
        parsed = [(event, _data.decode(event.data)) for event in events]
        named = {event.case_id for event, _ in parsed if event.case_id}
        named |= {one for _, data in parsed for one in (data.earlier,) if one}
        self._cases = store.cases_now(tx, sorted(named))
        self._followers: dict[str, set[str]] = {}
        for row in store.followers(tx, sorted(named)):
            self._followers.setdefault(row["case_id"], set()).add(row["user_id"])
        said = [one for event, data in parsed if event.type == "case.messages" for one in data.messages]
        self._said = store.said_by_customers(tx, said) if said else []
        notes = [event.subject for event in events if event.type == "case.noted"]
        self._mentioned = mentions.people_in(tx, notes) if notes else {}
        replies = [event.subject for event in events if event.type in ("case.reply", "reply.asked")]
        self._writers = store.writers(tx, replies) if replies else {}
        people = users.colleagues(tx)
        self.active = frozenset(one.id for one in people)
        self._approvers = frozenset(
            one.id for one in people if Permission.REPLIES_APPROVE in OF_ROLE[one.role]
        )
        self._leads = frozenset(one.id for one in people if one.role in (Role.LEAD, Role.ADMIN))

    def wishes(self, user_id: str) -> Wishes:
        """How somebody wants to be told."""
        if user_id not in self._wishes:
            self._wishes[user_id] = wishes(self._tx, user_id)
        return self._wishes[user_id]

    def _assignee(self, case_id: str | None) -> str:
        return str(self._cases[case_id]["assignee_id"] or "") if case_id in self._cases else ""

    def about(self, event: Event, data: _Data) -> About:
        """An event with the people around it."""
        return About(
            type=event.type,
            actor=event.actor,
            what=data.what,
            assignee=self._assignee(event.case_id),
            followers=frozenset(self._followers.get(event.case_id or "", ())),
            mentioned=self._mentioned.get(event.subject, frozenset()),
            inbound=any(one in self._said for one in data.messages),
            earlier=self._assignee(data.earlier),
            writer=self._writers.get(event.subject, "") or data.user,
            state=data.state,
            approvers=self._approvers,
            leads=self._leads,
            named=frozenset(data.to),
        )

    def place(self, event: Event, data: _Data) -> str:
        """Where in the case it happened."""
        if event.type == "case.noted":
            return f"n-{event.subject}"
        if event.type == "case.returned":
            return f"m-{data.message}"
        newest = next((one for one in reversed(self._said) if one in data.messages), "")
        return f"m-{newest}" if newest else ""


def _shown(row: Row) -> Notice:
    return Notice(
        id=row["id"],
        kind=Kind(row["kind"]),
        at=row["at"],
        read=row["read_at"] is not None,
        count=row["count"],
        case_id=row["case_id"],
        number=row["number"],
        title=row["title"] or "",
        person=row["person_name"] or "",
        network=row["network"] or "",
        actor=row["actor"] or "",
        detail=row["detail"],
        said=" ".join((row["said"] or "").split())[: rules.DETAIL],
        place=row["place"],
    )


def listed(tx: Tx, user_id: str, cursor: str = "", *, unread: bool = False) -> tuple[list[Notice], str]:
    """A page of somebody's notices, the newest first, and the marker of the next page, empty at the end.

    Raises ValueError for a marker that is not one of ours.
    """
    at, _, last = cursor.partition(".")
    rows = store.listed(tx, user_id, PAGE + 1, (int(at), last) if cursor else None, unread=unread)
    more = rows[PAGE - 1] if len(rows) > PAGE else None
    return [_shown(row) for row in rows[:PAGE]], f"{more['at']}.{more['id']}" if more else ""


def unread(tx: Tx, user_id: str) -> int:
    """How many notices somebody has not read, counted up to `COUNTED`."""
    return store.unread(tx, user_id, COUNTED)


def to_show(tx: Tx, user_id: str, since: int) -> list[Notice]:
    """What the browser is to show, oldest first."""
    return [_shown(row) for row in store.to_show(tx, user_id, since, SHOWN_AT_ONCE)]


def find(tx: Tx, user_id: str, notice_id: str) -> Notice:
    """One notice of somebody. Raises NotFoundError."""
    row = store.find(tx, user_id, notice_id)
    if row is None:
        raise NotFoundError("There is no such notification; it may have been forgotten after 90 days.")
    return _shown(row)


def read(tx: Tx, log: Log, user_id: str, now: Instant, *, notice_id: str = "", case_id: str = "") -> int:
    """Mark as read: one notice, those of a case, or all. Returns how many were unread."""
    done = store.read(tx, user_id, now, notice_id=notice_id, case_id=case_id)
    if done:
        log.append(tx, [NewEvent(type=READ, subject=user_id, at=now)])
    return done


def read_back(tx: Tx, log: Log, user_id: str, at: int, now: Instant) -> None:
    """Undo: what was marked as read at an instant is unread again."""
    if store.read_back(tx, user_id, at):
        log.append(tx, [NewEvent(type=READ, subject=user_id, at=now)])


def follow(tx: Tx, who: Who, case_id: str, now: Instant) -> None:
    """Follow a case; twice is once."""
    if store.follow(tx, case_id, who.id, now):
        record(tx, who, "case.follow", case_id, now)


def unfollow(tx: Tx, who: Who, case_id: str, now: Instant) -> None:
    """Follow a case no more."""
    if store.unfollow(tx, case_id, who.id):
        record(tx, who, "case.unfollow", case_id, now)


def follows(tx: Tx, case_id: str, user_id: str) -> bool:
    """Whether somebody follows a case."""
    return any(row["user_id"] == user_id for row in store.followers(tx, [case_id]))


def purge(tx: Tx, now: Instant) -> None:
    """Forget what was read long ago."""
    store.purge(tx, now - KEPT, _AT_ONCE)
