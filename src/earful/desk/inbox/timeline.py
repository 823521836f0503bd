"""What happened in a case, in one order: messages, replies on their way, notes, and what people and time did."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from earful.channels.contract import Capabilities
from earful.desk.attaching import service as attaching
from earful.desk.inbox import store
from earful.desk.media import service as media
from earful.desk.notices import mentions
from earful.desk.outcomes import service as outcomes
from earful.desk.sla import service as sla
from earful.model.desk import (
    Revision,
    SendState,
    TimelineEvent,
    TimelineItem,
    TimelineMessage,
    TimelineNote,
    TimelineReply,
)
from earful.model.message import Actor, Attachment, Direction, MessageKind, Network, Visibility
from earful.model.rating import Rating
from earful.model.time import moment
from earful.store.tx import Row, Tx

TOLD = (
    "case.changed", "case.handoff", "case.returned", "outcome.changed",
    "reply.asked", "reply.decided",
    "handoff.offered", "handoff.arrived", "handoff.expired", "handoff.cancelled", sla.BREACHED, sla.WITHDRAWN,
    "automation.notify", "automation.acted",
    "playbook.started", "playbook.moved", "playbook.step_due", "playbook.escalated", "playbook.ended",
)  # fmt: skip
"""Events that the timeline tells, those whose data has a `what`."""

CapabilitiesOf = Callable[[str], Capabilities]
Audiences = Callable[[Visibility, Capabilities], list[Visibility]]
Sanitise = Callable[[str], str]

_actor = msgspec.json.Decoder(Actor)
_rating = msgspec.json.Decoder(Rating)


class _Data(Struct):
    attachments: list[Attachment] = []
    permalink: str = ""


class _Act(Struct):
    what: str = ""
    detail: str = ""
    within: str = ""
    because: str = ""
    due_at: int | None = None
    """When the promise or step is due that this is about; what is told of it late stands where it was due."""


_data = msgspec.json.Decoder(_Data)
_act = msgspec.json.Decoder(_Act)


class Rendering(Struct, frozen=True, kw_only=True):
    """What the desk must be told to show a case: it knows neither networks nor markup."""

    capabilities: CapabilitiesOf
    audiences: Audiences
    sanitise: Sanitise


def messages(
    tx: Tx,
    case_id: str,
    rows: list[Row],
    names: Mapping[str, tuple[str, str]],
    seen_at: int | None,
    rendering: Rendering,
) -> list[TimelineItem]:
    revisions = store.revisions_of(tx, [row["id"] for row in rows if row["edited_at"] is not None])
    sent = store.sent_of(tx, case_id)
    alike = near_duplicates(tx, {row["id"]: row["group_id"] for row in rows if row["rating"]})
    read_as = outcomes.read_as(tx, case_id)
    files = media.of_messages(tx, [row["id"] for row in rows])
    found: list[TimelineItem] = []
    for row in rows:
        data = _data.decode(row["data"])
        showing = media.shown(data.attachments, files.get(row["id"], {}))
        name, network = names[row["channel_id"]]
        inbound = row["direction"] == Direction.INBOUND
        visibility = Visibility(row["visibility"])
        answerable = inbound and row["deleted_at"] is None and row["kind"] != MessageKind.SYSTEM
        found.append(
            TimelineMessage(
                id=row["id"],
                at=row["occurred_at"],
                direction=Direction(row["direction"]),
                kind=MessageKind(row["kind"]),
                network=Network(network),
                channel_id=row["channel_id"],
                channel_name=name,
                visibility=visibility,
                author=_actor.decode(row["author"]),
                author_id=row["author_id"],
                subject=row["subject"],
                text=row["text"],
                html=rendering.sanitise(row["html"]) if row["html"] else "",
                attachments=showing.attachments,
                file_notes=showing.notes,
                permalink=data.permalink,
                edited_at=row["edited_at"],
                deleted_at=row["deleted_at"],
                revisions=[
                    Revision(text=old["text"], at=old["edited_at"])
                    for old in revisions.get(row["id"], [])
                    if old["revision"] != row["revision"]
                ],
                rating=_rating.decode(row["rating"]) if row["rating"] else None,
                conversation_id=row["conversation_id"],
                alike=alike[row["id"]][1] if row["id"] in alike else 0,
                alike_to=alike[row["id"]][0] if row["id"] in alike else "",
                read_as=read_as.get(row["id"]),
                **_sent(sent.get(row["id"])),
                is_new=inbound and seen_at is not None and row["received_at"] > seen_at,
                can_reply=rendering.audiences(visibility, rendering.capabilities(row["channel_id"]))
                if answerable
                else [],
            )
        )
    return found


def _sent(row: Row | None) -> dict[str, Any]:
    if row is None:
        return {}
    failed = row["state"] == SendState.FAILED
    return {
        "sent_by": row["name"],
        "sent_as": SendState(row["state"]),
        "not_delivered": row["error"] if failed else "",
    }


def near_duplicates(tx: Tx, heads: Mapping[str, str | None]) -> dict[str, tuple[str, int]]:
    """message -> (head of its group, messages in it), for those of `heads` (message -> stored head) that have near
    duplicates. One look at the index of groups, however large they are."""
    wanted = {head or message_id for message_id, head in heads.items()}
    followers = store.alike(tx, wanted)
    there = store.rated_among(tx, followers)
    sizes = {head: n + (head in there) for head, n in followers.items()}
    found = {message_id: (head or message_id) for message_id, head in heads.items()}
    return {one: (head, sizes[head]) for one, head in found.items() if sizes.get(head, 0) > 1}


def notes(tx: Tx, case_id: str) -> list[TimelineItem]:
    named = mentions.of_case(tx, case_id)
    return [
        TimelineNote(
            id=row["id"],
            at=row["written_at"],
            user_name=row["user_name"] or "Earful",
            text=row["text"],
            mentions=named.get(row["id"], []),
        )
        for row in store.notes_of(tx, case_id)
    ]


def acts(tx: Tx, case_id: str) -> list[TimelineItem]:
    found: list[TimelineItem] = []
    for row in store.acts_of(tx, case_id, TOLD):
        act = _act.decode(row["data"])
        if not act.what:
            continue
        if act.what == "snoozed" and act.detail:
            until = moment(int(act.detail)).strftime("%d %b %H:%M UTC")
            act = _Act(what=act.what, detail=until, within=act.within, because=act.because)
        found.append(
            TimelineEvent(
                at=min(act.due_at or row["at"], row["at"]),
                user_name=row["user_name"] or "Earful",
                what=act.what,
                detail=act.detail,
                within=act.within,
                because=act.because,
            )
        )
    return found


def replies(tx: Tx, case_id: str, networks: Mapping[str, Network]) -> list[TimelineItem]:
    rows = store.replies_of(tx, case_id)
    files = attaching.of_replies(tx, [row["id"] for row in rows])
    return [
        TimelineReply(
            id=row["id"],
            at=row["queued_at"],
            user_name=row["user_name"],
            text=row["text"],
            audience=Visibility(row["audience"]),
            state=SendState(row["state"]),
            attempts=row["attempts"],
            error=row["error"],
            next_try_at=row["due_at"],
            network=networks[row["channel_id"]],
            in_reply_to=row["in_reply_to"],
            files=files.get(row["id"], []),
        )
        for row in rows
    ]
