"""The web chat as a channel: visitors write on our own page, and an answer stands there as soon as it is kept.

Whoever is not there any more and left a mail address gets the answer there too, when a mail channel is connected.
"""

import asyncio

from earful.channels.chat.limits import CAPABILITIES
from earful.channels.chat.settings import ChatSecrets, ChatSettings
from earful.channels.contract import Capabilities, Inlet, Reply, SendRefused, Sent
from earful.channels.kit.copies import as_mail, copy_is_out, send_copy, standing
from earful.channels.kit.stopping import keep_alive
from earful.channels.kit.tools import Tools
from earful.model.message import Network, Visibility
from earful.model.time import moment


class ChatConnector:
    """One web chat. Holds no state; see `Connector` for the promises."""

    network = Network.CHAT
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: ChatSettings, secrets: ChatSecrets, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Messages come through the page."""
        await keep_alive(inlet, stop)

    async def send(self, reply: Reply) -> Sent:
        """Let an answer stand in the chat, and send it by mail to who is gone. See `kit.copies.send_copy`.

        Raises SendRefused for an audience that is not the visitor alone.
        """
        if reply.audience is not Visibility.DIRECT or reply.to.visibility is not Visibility.DIRECT:
            raise SendRefused(f"A chat is with one visitor, not {reply.audience}; nothing was sent.")
        await send_copy(self._tools.mail(), await self._copy(reply))
        return self._standing(reply)

    async def find(self, reply: Reply) -> Sent | None:
        """An answer whose mail is of unknown fate: there when mail has it. Raises SendUnknown as mail does."""
        there = await copy_is_out(self._tools.mail(), await self._copy(reply))
        return self._standing(reply) if there else None

    async def check(self) -> list[str]:
        """What keeps visitors from seeing the chat."""
        if self._settings.allowed_origins:
            return []
        return ["No page may show this chat yet: name where your site lives under Pages that may show it."]

    async def _copy(self, reply: Reply) -> Reply | None:
        address = await self._tools.absent(reply) if self._tools.absent is not None else ""
        return as_mail(reply, address, prefix="chat") if address else None

    def _standing(self, reply: Reply) -> Sent:
        """Everything of a chat begins with its thread: the page finds it by that."""
        return standing(reply, f"{reply.to.thread}.{reply.client_id}", moment(self._tools.now()))
