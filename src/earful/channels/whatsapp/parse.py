"""Deliveries of the WhatsApp Cloud API as messages. The key of a message is its `wamid`.

A person is known by the business-scoped user id where a delivery has one, else by the phone number; the other is kept
in `alt_ids`, by which the desk knows both to be one person whichever comes alone later.
"""

from typing import Any

import msgspec
from msgspec import Struct, field

from earful.channels.hooks import Part, Report
from earful.channels.meta.errors import ADVICE, Error, details_of
from earful.channels.meta.values import Id, Time, unreadable, when
from earful.channels.whatsapp.content import SILENT_TYPES, Contents, read_content
from earful.model.message import Actor, Change, Direction, IncomingMessage, Network, Visibility
from earful.model.time import Instant

STATES = {"delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}
SILENT_STATES = frozenset({"sent", "deleted", "warning"})
SILENT_FIELDS = frozenset(
    {"account_alerts", "account_review_update", "account_settings_update", "automatic_events",
     "business_capability_update", "business_status_update", "calls", "flows", "group_lifecycle_update",
     "group_participants_update", "group_settings_update", "group_status_update", "messaging_handovers",
     "partner_solutions", "payment_configuration_update", "phone_number_name_update", "phone_number_quality_update",
     "security", "smb_app_state_sync", "template_correct_category_detection",
     "tracking_events", "user_preferences"}
)  # fmt: skip
"""Fields that say nothing of any message."""
TEMPLATE_FIELDS = frozenset(
    {
        "message_template_components_update",
        "message_template_quality_update",
        "message_template_status_update",
        "template_category_update",
    }
)
"""Fields that say that the account's templates are not what they were."""
ENDED = frozenset({"ACCOUNT_DELETED", "DISABLED_UPDATE", "ACCOUNT_OFFBOARDED", "PARTNER_REMOVED"})


class Profile(Struct, frozen=True):
    """What a person shows."""

    name: str | None = ""
    username: str | None = ""


class Contact(Struct):
    """A person of this delivery."""

    profile: Profile = Profile()
    wa_id: Id = ""
    user_id: str = ""
    parent_user_id: str = ""
    username: str | None = ""


class Context(Struct):
    """What a message answers."""

    id: str | None = ""
    forwarded: bool = False
    frequently_forwarded: bool = False


class Message(Contents, kw_only=True):
    """A message, in or (as an echo) out."""

    id: str
    timestamp: Time = None
    from_: Id = field(default="", name="from")
    from_user_id: str = ""
    to: Id = ""
    to_user_id: str = ""
    group_id: str = ""
    context: Context | None = None
    edit: "Changed | None" = None
    revoke: "Changed | None" = None
    referral: Any = None


class Changed(Struct):
    """Which message was changed, and into what."""

    original_message_id: str
    message: Contents | None = None


class Status(Struct):
    """How far a message of ours came."""

    id: str
    status: str
    timestamp: Time = None
    errors: list[Error] = []
    biz_opaque_callback_data: str = ""
    """What we sent with it: our own id."""


class Metadata(Struct, frozen=True):
    """Our number."""

    phone_number_id: Id = ""


class Thread(Struct):
    """A conversation of the time before the number was connected."""

    id: Id = ""
    messages: list[msgspec.Raw] = []


class History(Struct):
    """A piece of what was said before."""

    threads: list[Thread] = []


class Value(Struct):
    """What a change is about."""

    metadata: Metadata = Metadata()
    contacts: list[Contact] = []
    messages: list[msgspec.Raw] = []
    message_echoes: list[msgspec.Raw] = []
    statuses: list[msgspec.Raw] = []
    history: list[History] = []
    errors: list[Error] = []
    event: str = ""


class Field(Struct):
    """One change."""

    field: str = ""
    value: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))


class Entry(Struct):
    """One business account."""

    id: Id = ""
    changes: list[msgspec.Raw] = []


class Delivery(Struct):
    """The whole."""

    entry: list[msgspec.Raw] = []


_delivery = msgspec.json.Decoder(Delivery)
_entry = msgspec.json.Decoder(Entry)
_field = msgspec.json.Decoder(Field)
_value = msgspec.json.Decoder(Value)
_message = msgspec.json.Decoder(Message)
_status = msgspec.json.Decoder(Status, strict=False)


def parse_whatsapp(body: bytes, now: Instant) -> list[Part]:
    """One part for each change. What cannot be read costs only itself. Raises Unreadable."""
    try:
        entries = _delivery.decode(body).entry
    except msgspec.MsgspecError as fault:
        raise unreadable(fault) from None
    parts: list[Part] = []
    for raw in entries:
        try:
            changes = _entry.decode(raw).changes
        except msgspec.MsgspecError:
            parts.append(Part(network=Network.WHATSAPP, strange=["entry of a new shape"]))
            continue
        parts += [_change(change, now) for change in changes]
    return parts


def _change(raw: msgspec.Raw, now: Instant) -> Part:
    try:
        change = _field.decode(raw)
        name = change.field
        if name in SILENT_FIELDS:
            return Part(network=Network.WHATSAPP)
        if name in TEMPLATE_FIELDS:
            # It names the business account, of which this may be one of several numbers.
            return Part(network=Network.WHATSAPP, told=["templates"])
        value = _value.decode(change.value)
    except msgspec.MsgspecError:
        return Part(network=Network.WHATSAPP, strange=["change of a new shape"])
    if name == "account_update":
        why = f"WhatsApp ended the business account ({value.event})." if value.event in ENDED else ""
        return Part(network=Network.WHATSAPP, revoked=why)
    part = Part(network=Network.WHATSAPP, account=str(value.metadata.phone_number_id))
    if name not in ("messages", "standby", "smb_message_echoes", "history"):
        part.strange.append(name or "change without a field")
        return part
    people = _People(value.contacts)
    for one in value.messages:
        _message_into(part, one, people, now, standby=name == "standby")
    for one in value.message_echoes:
        _message_into(part, one, people, now, ours=True)
    for one in value.statuses:
        _status_into(part, one, now)
    for piece in value.history:
        for thread in piece.threads:
            for one in thread.messages:
                _message_into(part, one, people, now, history=str(thread.id))
    part.strange.extend(f"error {error.code}: {error.message}"[:120] for error in value.errors)
    return part


class _People:
    """The people of a change, by either of their ids."""

    __slots__ = ("alone", "by_id")

    def __init__(self, contacts: list[Contact]) -> None:
        self.by_id = {name: one for one in contacts for name in (str(one.wa_id), one.user_id) if name}
        self.alone = contacts[0] if len(contacts) == 1 else None

    def actor(self, phone: str, user_id: str) -> Actor:
        """Who has these ids, one of which may be missing."""
        found = self.by_id.get(user_id) or self.by_id.get(phone)
        if found is None and not (phone or user_id):
            # A person without a phone number is named by the contacts only.
            found = self.alone
        if found is not None:
            phone, user_id = phone or str(found.wa_id), user_id or found.user_id
        alt = {name: one for name, one in (("wa_id", phone), ("user_id", user_id)) if one}
        native_id = user_id or phone or "unknown"
        if found is None:
            return Actor(native_id=native_id, handle=phone, alt_ids=alt)
        if found.parent_user_id:
            alt["parent_user_id"] = found.parent_user_id
        handle = found.username or found.profile.username or phone
        return Actor(native_id=native_id, handle=handle, name=found.profile.name or "", alt_ids=alt)


def _message_into(
    part: Part,
    raw: msgspec.Raw,
    people: _People,
    now: Instant,
    *,
    ours: bool = False,
    standby: bool = False,
    history: str = "",
) -> None:
    try:
        message = _message.decode(raw)
    except msgspec.MsgspecError:
        part.strange.append("message of a new shape")
        return
    if message.type in SILENT_TYPES:
        return
    if history:
        # In history the thread is the customer, and what is not from them is from us.
        ours = str(message.from_) != history
    if message.revoke is not None:
        part.messages.append(
            IncomingMessage(
                native_id=message.revoke.original_message_id,
                occurred_at=when(message.timestamp, now),
                change=Change.DELETE,
            )
        )
        return
    phone, user_id = (
        (str(message.to) or history, message.to_user_id)
        if ours
        else (str(message.from_), message.from_user_id)
    )
    customer = people.actor(phone, user_id)
    part.messages.append(
        _said(message, customer, part.account, now, ours=ours, standby=standby, backfill=bool(history))
    )


def _said(
    message: Message,
    customer: Actor,
    account: str,
    now: Instant,
    *,
    ours: bool,
    standby: bool,
    backfill: bool,
) -> IncomingMessage:
    at = when(message.timestamp, now)
    edit = message.edit
    text, attachments, kind = read_content(edit.message or Contents() if edit is not None else message)
    # Both ids are kept for the answer: a number may go, and a user id may be new.
    context: dict[str, Any] = {"at": int(at.timestamp())} | customer.alt_ids
    if message.group_id:
        context["group"] = message.group_id
    if standby:
        context["standby"] = True
    if message.referral is not None:
        context["referral"] = message.referral
    above = message.context
    return IncomingMessage(
        native_id=edit.original_message_id if edit is not None else message.id,
        occurred_at=at,
        edited_at=at if edit is not None else None,
        change=Change.EDIT if edit is not None else Change.CREATE,
        author=Actor(native_id=account or "us") if ours else customer,
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        kind=kind,
        visibility=Visibility.GROUP if message.group_id else Visibility.DIRECT,
        text=text,
        thread=message.group_id or customer.native_id,
        parent_id=(above.id or "") if above is not None and not above.forwarded else "",
        attachments=attachments,
        context=context,
        backfill=backfill,
    )


def _status_into(part: Part, raw: msgspec.Raw, now: Instant) -> None:
    try:
        status = _status.decode(raw)
    except msgspec.MsgspecError:
        part.strange.append("status of a new shape")
        return
    state = STATES.get(status.status)
    if state is not None:
        at = when(status.timestamp, now)
        part.reports.append(
            Report(
                native_id=status.id, state=state, at=at, why=_why(status.errors),
                client_id=status.biz_opaque_callback_data,
            )
        )  # fmt: skip
    elif status.status not in SILENT_STATES:
        part.strange.append(f"status {status.status}"[:120])


def _why(errors: list[Error]) -> str:
    return "; ".join(
        f"{ADVICE.get(one.code, '')} {details_of(one.error_data) or one.message or one.title} "
        f"(error {one.code})".strip()
        for one in errors
    )
