"""What a case's page shows of replies that wait, and of what was decided about them."""

from msgspec import Struct

from earful.desk.answering import service as answering
from earful.desk.approval import service as approval
from earful.desk.approval.service import Asked
from earful.desk.attaching import panel as attaching_panel
from earful.desk.attaching import service as attaching
from earful.desk.inbox.timeline import Rendering
from earful.desk.users.rules import Permission
from earful.desk.users.service import Session
from earful.model.desk import CaseDetail, SendState, TimelineReply
from earful.outbox import service as outbox
from earful.outbox import waiting
from earful.outbox.waiting import Said
from earful.store.tx import Tx

WAITING = (SendState.APPROVAL, SendState.SCHEDULED, SendState.HELD)


class Waits(Struct, frozen=True, kw_only=True):
    """One reply that waits. `seen` is handed back by whoever decides."""

    news: list[Said]
    seen: str
    scheduled_at: int | None
    private: bool
    """It has private data in it that everybody would see."""


class Panel(Struct, frozen=True, kw_only=True):
    """Of a case: by reply, what waits and what was asked and decided."""

    waits: dict[str, Waits]
    asked: dict[str, Asked]
    decided: list[Asked]
    """Decisions on one's own replies that carry words or a change, newest first."""
    may_approve: bool
    me: str
    sign_off: str
    in_parts: bool
    undo_seconds: int


def panel(tx: Tx, detail: CaseDetail, session: Session, rendering: Rendering) -> Panel:
    """What the page shows of a case."""
    asked = approval.of_case(tx, detail.row.id)
    found = {}
    for item in detail.timeline:
        if isinstance(item, TimelineReply) and item.state in WAITING:
            one = waiting.find(tx, item.id)
            found[item.id] = Waits(
                news=one.news,
                seen=one.seen,
                scheduled_at=one.scheduled_at,
                private=bool(outbox.private_in(tx, one.text, one.audience, attaching.of_reply(tx, item.id))),
            )
    mine = [one for one in asked.values() if one.author_id == session.user.id and one.verdict]
    channel_id = _channel(detail)
    return Panel(
        waits=found,
        asked=asked,
        decided=[one for one in reversed(mine) if one.note or one.difference][:3],
        may_approve=Permission.REPLIES_APPROVE in session.permissions,
        me=session.user.id,
        sign_off=answering.sign_off(tx, session.user.id, channel_id, detail.sign_off),
        in_parts=bool(channel_id) and rendering.capabilities(channel_id).threads,
        undo_seconds=answering.delay(tx, session.user.id) // 1000,
    )


def files(tx: Tx, detail: CaseDetail, session: Session, rendering: Rendering) -> attaching_panel.Panel:
    """What the composer shows of the files of one's draft."""
    can = rendering.capabilities(_channel(detail) or detail.row.channel_id)
    if detail.answered is not None:
        can = can.answering(detail.answered.visibility)
    return attaching_panel.panel(tx, session.user.id, detail.row.id, can)


def _channel(detail: CaseDetail) -> str:
    return detail.answered.channel_id if detail.answered is not None else ""
