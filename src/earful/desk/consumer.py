"""The desk's reader of the log: rated messages become part of conversations and cases."""

import msgspec
from msgspec import Struct
from sqlalchemy import select

from earful.desk.cases import joining
from earful.desk.conversations import service as conversations
from earful.desk.handoff import arriving
from earful.desk.outcomes import returning
from earful.desk.people import service as people
from earful.log.contract import Event, Log, NewEvent
from earful.model.message import PRIVATE, Actor, Direction, Visibility
from earful.model.time import Instant
from earful.store import bulk
from earful.store.tables import channels
from earful.store.tx import Row, Tx

OPENED = "case.opened"
MESSAGES = "case.messages"
"""Messages joined a case, or those of a case changed."""
CASE_RATED = "case.rated"
"""Ratings of a case's messages were corrected."""
ABSORBED = "case.absorbed"
"""A case turned out to be the same as another, which now has everything of it."""
THREADED, CORRECTED = "message.rated", "message.corrected"

UNKNOWN_AUTHOR = "unknown"

_BATCH = (
    "SELECT messages.seq, messages.id, messages.channel_id, messages.namespace, messages.native_id,\n"
    "  messages.direction, messages.kind, messages.visibility, messages.text, messages.subject,\n"
    "  messages.thread, messages.parent_native_id, messages.author, messages.data, messages.occurred_at,\n"
    "  messages.deleted_at, messages.conversation_id, messages.case_id, ratings.data AS rating\n"
    "FROM messages\n"
    "LEFT JOIN ratings ON ratings.message_id = messages.id\n"
    "WHERE messages.id IN ??"
)
_author = msgspec.json.Decoder(Actor)


class _Above(Struct):
    ancestor_ids: list[str] = []


_above = msgspec.json.Decoder(_Above)
_encode = msgspec.json.Encoder().encode


class DeskConsumer:
    """Threads what triage has rated, and follows what people correct."""

    name = "desk"
    types = frozenset({THREADED, CORRECTED})

    def __init__(self, log: Log) -> None:
        self._log = log

    def prepare(self, tx: Tx, events: list[Event]) -> dict[str, str]:
        """channel -> network."""
        return {row["id"]: row["network"] for row in tx.rows(select(channels.c.id, channels.c.network))}

    def apply(self, tx: Tx, events: list[Event], prepared: dict[str, str], now: Instant) -> list[NewEvent]:
        """Author, person, conversation, case; one event per case that changed."""
        networks = prepared
        ids = list(dict.fromkeys(event.subject for event in events if event.type == THREADED))
        told = self._thread(tx, ids, networks, now) if ids else []
        corrected = list(dict.fromkeys(event.subject for event in events if event.type == CORRECTED))
        rated = joining.rate_anew(tx, corrected, networks) if corrected else []
        return told + [NewEvent(type=CASE_RATED, subject=one, case_id=one, at=now) for one in rated]

    def _thread(self, tx: Tx, ids: list[str], networks: dict[str, str], now: Instant) -> list[NewEvent]:
        rows = bulk.select(tx, _BATCH, [ids])
        batch = [_Arrived(row, networks[row["channel_id"]]) for row in rows]
        # A tombstone whose message never came has nobody to belong to.
        batch = [one for one in batch if one.known]
        came = {one.row["id"]: one.came() for one in batch if one.may_name_code}
        recognised = arriving.recognise(tx, self._log, list(came.values()), now) if came else {}
        known = people.meet(tx, self._log, [one.sighting() for one in batch if one.inbound], now)
        fresh = [one for one in batch if one.row["conversation_id"] is None]
        threaded = conversations.thread(tx, [one.arrival() for one in _in_order(fresh)], now)
        if recognised:
            arriving.join(tx, self._log, recognised, came, threaded.conversation_of, now)
        private = threaded.private | conversations.private_among(
            tx, {one.row["conversation_id"] for one in batch} - {None}
        )
        joins = [one.joining(known, threaded, private) for one in batch]
        joined = joining.join(tx, joins, threaded.collisions, networks, now)
        told = returning.keep(tx, joined.returned, now)
        told += [
            NewEvent(type=ABSORBED, subject=gone, case_id=kept, at=now)
            for gone, kept in joined.absorbed.items()
        ]
        return [
            NewEvent(
                type=OPENED if case_id in joined.opened else MESSAGES,
                subject=case_id,
                case_id=case_id,
                at=now,
                data=_encode({"messages": message_ids}).decode(),
            )
            for case_id, message_ids in joined.changed.items()
        ] + told


def _in_order(batch: "list[_Arrived]") -> "list[_Arrived]":
    return sorted(batch, key=lambda one: (one.row["occurred_at"], one.row["seq"]))


class _Arrived:
    """A rated message, and the views that the features need of it."""

    __slots__ = ("author", "network", "row")

    def __init__(self, row: Row, network: str) -> None:
        self.row = row
        self.network = network
        self.author = _author.decode(row["author"])

    @property
    def inbound(self) -> bool:
        return bool(self.row["direction"] == Direction.INBOUND)

    @property
    def known(self) -> bool:
        return self.author.native_id != UNKNOWN_AUTHOR or self.row["deleted_at"] is None

    @property
    def may_name_code(self) -> bool:
        """A new private message of a customer, which a handoff may have brought."""
        row = self.row
        return (
            self.inbound
            and row["conversation_id"] is None
            and row["deleted_at"] is None
            and Visibility(row["visibility"]) in PRIVATE
            and "-" in row["text"] + row["subject"]
        )

    def came(self) -> arriving.Came:
        text = f"{self.row['subject']}\n{self.row['text']}"
        return arriving.Came(
            message_id=self.row["id"], key=self.key, actor=self.author, text=text, at=self.row["occurred_at"]
        )

    @property
    def key(self) -> tuple[str, str, str]:
        return self.network, self.row["namespace"], self.author.native_id

    def sighting(self) -> people.Sighting:
        return people.Sighting(key=self.key, actor=self.author, at=self.row["occurred_at"])

    def arrival(self) -> conversations.Arrival:
        row = self.row
        return conversations.Arrival(
            message_id=row["id"],
            channel_id=row["channel_id"],
            namespace=row["namespace"],
            native_id=row["native_id"],
            thread=row["thread"],
            above=self._above(),
            visibility=Visibility(row["visibility"]),
        )

    def _above(self) -> list[str]:
        parent, own, data = self.row["parent_native_id"], self.row["native_id"], self.row["data"]
        above = _above.decode(data).ancestor_ids if "ancestor_ids" in data else []
        names = [name for name in dict.fromkeys(above) if name not in (parent, own)]
        return [*names, parent] if parent and parent != own else names

    def joining(
        self,
        known: dict[tuple[str, str, str], people.Known],
        threaded: conversations.Threaded,
        private: frozenset[str],
    ) -> joining.Joining:
        stored = self.row["conversation_id"] or ""
        conversation_id = threaded.conversation_of.get(self.row["id"]) or threaded.moved.get(stored, stored)
        who = known[self.key] if self.inbound else None
        return joining.Joining(
            row=self.row,
            network=self.network,
            conversation_id=conversation_id,
            private=conversation_id in private,
            author_id=who.author_id if who else None,
            person_id=who.person_id if who else "",
            person_name=(who.called or who.name or who.handle or self.author.native_id) if who else "",
            # A network's own id says nothing to anybody who can be called by a name.
            handle=(who.handle or ("" if who.name else self.author.native_id)) if who else "",
            case_id=self.row["case_id"],
        )
