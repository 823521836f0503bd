"""The form channel: messages come through our own page, and an answer stands on that page as soon as it is kept.

A customer who left a mail address also gets the answer there, when a mail channel is connected.
"""

import asyncio
from datetime import UTC, datetime

from earful.channels.contract import Capabilities, Inlet, Reply, Sent
from earful.channels.kit.copies import MailChannel, as_mail, copy_is_out, send_copy, standing
from earful.channels.kit.stopping import keep_alive
from earful.model.message import Network

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


class FormConnector:
    """Nothing is far away here: an answer is sent once its row is there. `mail` gives the mail channel, if any."""

    def __init__(self, mail: MailChannel) -> None:
        self.network = Network.CHAT
        self.capabilities = CAPABILITIES
        self._mail = mail

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Messages come through the page; a proof of life once a minute."""
        await keep_alive(inlet, stop)

    async def send(self, reply: Reply) -> Sent:
        """Put an answer on the page, and into the mail that its reader left. See `kit.copies.send_copy`."""
        await send_copy(self._mail(), _as_mail(reply))
        return standing(reply, f"answer.{reply.client_id}", datetime.now(UTC))

    async def find(self, reply: Reply) -> Sent | None:
        """An answer whose mail is of unknown fate: there when mail has it. Raises SendUnknown as mail does."""
        there = await copy_is_out(self._mail(), _as_mail(reply))
        return standing(reply, f"answer.{reply.client_id}", datetime.now(UTC)) if there else None

    async def check(self) -> list[str]:
        """There is nothing that could be wrong."""
        return []


def _as_mail(reply: Reply) -> Reply | None:
    address = reply.to.context.get(MAIL)
    return as_mail(reply, address, prefix="form") if isinstance(address, str) and address else None
