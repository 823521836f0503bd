"""A reply as a message of the Cloud API. There is no idempotency key and no way to look what is out."""

from typing import Any

import msgspec
from msgspec import Struct

from earful.channels.contract import Reply, ReplyFile, SendRefused, SendUnknown, Sent
from earful.channels.kit.html import scrub
from earful.channels.kit.text import count
from earful.channels.kit.uploading import PICTURES
from earful.channels.whatsapp.limits import CAPABILITIES
from earful.channels.whatsapp.templates import components
from earful.model.message import Visibility
from earful.model.time import Instant, moment

LONGEST_TRACKER = 512


class _Named(Struct):
    id: str


class Accepted(Struct):
    """The answer to a message that was taken."""

    messages: list[_Named]


def compose(reply: Reply, media_id: str = "") -> dict[str, Any]:
    """The fields of a message; `media_id` names its file, where it has one and the network has it already.

    Raises SendRefused rather than show a reply to anybody it was not meant for.
    """
    context = reply.to.context
    if reply.audience is not reply.to.visibility or reply.audience not in (
        Visibility.DIRECT,
        Visibility.GROUP,
    ):
        raise SendRefused(f"WhatsApp is {reply.to.visibility}, not {reply.audience}; nothing was sent.")
    text = scrub(reply.text).strip()
    if not text and not reply.files:
        raise SendRefused("The reply has no text; nothing was sent.")
    if reply.template is not None and len(reply.files) != bool(reply.template.media):
        raise SendRefused(
            "A template goes out with the one file that it begins with, or none; nothing was sent."
        )
    length = count(text, CAPABILITIES.counter)
    if CAPABILITIES.max_length is not None and length > CAPABILITIES.max_length:
        raise SendRefused(f"The reply is {length} characters long, WhatsApp allows 4,096; nothing was sent.")
    group = str(context.get("group") or "")
    if (reply.audience is Visibility.GROUP) is not bool(group):
        raise SendRefused("It is not known to which group this belongs; nothing was sent.")
    fields: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "group" if group else "individual",
        "biz_opaque_callback_data": reply.client_id[:LONGEST_TRACKER],
    }
    file = reply.files[0] if reply.files else None
    if reply.template is not None:
        fields |= {"type": "template", "template": components(reply.template, file, media_id)}
    else:
        fields |= _file(file, media_id, text) if file is not None else _words(text)
        fields["context"] = {"message_id": reply.to.native_id}
    return fields | ({"to": group} if group else _recipient(reply))


def _words(text: str) -> dict[str, Any]:
    return {"type": "text", "text": {"body": text, "preview_url": False}}


def _file(file: ReplyFile, media_id: str, text: str) -> dict[str, Any]:
    caption = {"caption": text} if text else {}
    if file.mime in PICTURES:
        return {"type": "image", "image": {"id": media_id, **caption}}
    return {"type": "document", "document": {"id": media_id, "filename": file.name, **caption}}


def _recipient(reply: Reply) -> dict[str, str]:
    """By number where it is known, by business-scoped user id where it is not."""
    phone, user_id = reply.to.context.get("wa_id"), reply.to.context.get("user_id")
    if phone:
        return {"to": str(phone)}
    if user_id:
        # (M) Messages to a user id name it in `recipient`; `to` is for numbers.
        return {"recipient": str(user_id)}
    raise SendRefused("It is not known to whom to answer; nothing was sent.")


def sent(answer: bytes, reply: Reply, now: Instant) -> Sent:
    """What the network named the reply. Raises SendUnknown."""
    try:
        native_id = msgspec.json.decode(answer, type=Accepted).messages[0].id
    except (msgspec.MsgspecError, IndexError):
        raise SendUnknown("The answer of WhatsApp could not be read. The reply may be out.") from None
    return Sent(native_id=native_id, occurred_at=moment(now), thread=reply.to.thread)
