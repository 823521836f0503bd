"""What a case's page offers to hand off, and the invitations that it has."""

from msgspec import Struct

from earful.desk.channels import service as channels
from earful.desk.chat import service as chat
from earful.desk.handoff import service
from earful.desk.handoff.rules import Way
from earful.desk.handoff.service import Handoff
from earful.model.desk import CaseDetail
from earful.model.message import PRIVATE, Network
from earful.store.tx import Tx


class Offered(Struct, frozen=True, kw_only=True):
    """A way to hand off. `missing`: what has to be set up first; empty when it can be used."""

    way: Way
    missing: str = ""


class Panel(Struct, frozen=True, kw_only=True):
    """The dialog of a case."""

    ways: list[Offered]
    invitations: list[Handoff]
    days: int
    in_public: bool
    """The reply that would carry the link can be read by anybody."""


def mail_address(tx: Tx) -> str:
    """Where customers write with a code: the oldest connected mail channel; empty without."""
    mails = [one for one in channels.listed(tx) if one.network is Network.EMAIL and one.enabled]
    oldest = min(mails, key=lambda one: one.created_at, default=None)
    return str(oldest.settings.get("address") or oldest.handle) if oldest is not None else ""


def panel(tx: Tx, detail: CaseDetail) -> Panel:
    """What the page shows of a case."""
    settings = service.settings(tx)
    return Panel(
        ways=[
            Offered(way=Way.FORM),
            Offered(way=Way.CHAT, missing="" if chat.first(tx) else "Connect a web chat first."),
            Offered(way=Way.EMAIL, missing="" if mail_address(tx) else "Connect a mail channel first."),
            Offered(
                way=Way.PHONE,
                missing="" if settings.number else "A lead adds the number under Settings, Handoffs.",
            ),
        ],
        invitations=service.of_case(tx, detail.row.id),
        days=settings.days,
        in_public=bool(detail.reply_audiences) and detail.reply_audiences[0] not in PRIVATE,
    )
