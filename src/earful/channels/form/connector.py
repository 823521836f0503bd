"""The form channel: messages come through our own page, and an answer stands on that page as soon as it is kept.

A customer who left a mail address also gets the answer there, when a mail channel is connected.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from earful.channels.contract import Capabilities, Connector, Inlet, Reply, SendRefused, Sent
from earful.model.message import Network, Visibility

CAPABILITIES = Capabilities(
    receive="push",
    public_reply=False,
    private_reply=True,
    max_length=None,
    edits=False,
    deletes=False,
    idempotent_send=True,
)
MAIL = "mail"
"""What the context of a message calls the address that its writer left."""
_BEAT_SECONDS = 60.0


class FormConnector:
    """Nothing is far away here: an answer is sent once its row is there. `mail` gives the mail channel, if any."""

    def __init__(self, mail: Callable[[], Connector | None]) -> None:
        self.network = Network.CHAT
        self.capabilities = CAPABILITIES
        self._mail = mail

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Messages come through the page; a proof of life once a minute."""
        while not stop.is_set():
            await inlet.alive()
            try:
                await asyncio.wait_for(stop.wait(), _BEAT_SECONDS)
            except TimeoutError:
                continue

    async def send(self, reply: Reply) -> Sent:
        """Put an answer on the page, and into the mail that its reader left.

        Raises SendPostponed or SendUnknown of the mail channel. An address that mail refuses for good is the
        customer's slip: the answer still stands on the page.
        """
        copy, mail = _as_mail(reply), self._mail()
        if copy is not None and mail is not None:
            try:
                await mail.send(copy)
            except SendRefused:
                return _sent(reply)
        return _sent(reply)

    async def find(self, reply: Reply) -> Sent | None:
        """An answer whose mail is of unknown fate: there when mail has it. Raises SendUnknown as mail does."""
        copy, mail = _as_mail(reply), self._mail()
        if copy is None or mail is None:
            return _sent(reply)
        return _sent(reply) if await mail.find(copy) is not None else None

    async def check(self) -> list[str]:
        """There is nothing that could be wrong."""
        return []


def _sent(reply: Reply) -> Sent:
    return Sent(native_id=f"answer.{reply.client_id}", occurred_at=datetime.now(UTC), thread=reply.to.thread)


def _as_mail(reply: Reply) -> Reply | None:
    address = reply.to.context.get(MAIL)
    if not isinstance(address, str) or not address:
        return None
    to = msgspec.structs.replace(
        reply.to, native_id=f"form.{reply.to.native_id}", author_native_id=address, author_handle=address,
        visibility=Visibility.DIRECT, ancestor_ids=[], context={},
    )  # fmt: skip
    return msgspec.structs.replace(
        reply, to=to, audience=Visibility.DIRECT, subject=reply.subject or "Your message"
    )
