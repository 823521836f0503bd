"""A copy by mail of an answer that stands on a page of ours, for whoever is not there to read it."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from earful.channels.contract import Connector, Reply, SendRefused, Sent
from earful.model.message import Visibility

MailChannel = Callable[[], Connector | None]
"""The connected mail channel, if any."""


def as_mail(reply: Reply, address: str, *, prefix: str) -> Reply:
    """The answer as a mail to an address; `prefix` keeps its threads apart from those of real mails."""
    to = msgspec.structs.replace(
        reply.to, native_id=f"{prefix}.{reply.to.native_id}", author_native_id=address, author_handle=address,
        visibility=Visibility.DIRECT, ancestor_ids=[], context={},
    )  # fmt: skip
    return msgspec.structs.replace(
        reply, to=to, audience=Visibility.DIRECT, subject=reply.subject or "Your message"
    )


async def send_copy(mail: Connector | None, copy: Reply | None) -> None:
    """Send it where there is a mail channel. An address that mail refuses for good is the customer's slip: the answer
    still stands on the page. Raises SendPostponed or SendUnknown of the mail channel."""
    if mail is None or copy is None:
        return
    try:
        await mail.send(copy)
    except SendRefused:
        return


async def copy_is_out(mail: Connector | None, copy: Reply | None) -> bool:
    """Whether a copy of unknown fate is out, or none was to be sent. Raises SendUnknown as mail does."""
    return mail is None or copy is None or await mail.find(copy) is not None


def standing(reply: Reply, native_id: str, at: datetime) -> Sent:
    """The proof of an answer that stands on our own page."""
    return Sent(native_id=native_id, occurred_at=at, thread=reply.to.thread)
