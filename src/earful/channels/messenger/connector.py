"""The private conversations of a page as a channel."""

import asyncio
from typing import Any

import msgspec

from earful.channels.contract import Capabilities, Inlet, Reply, ReplyFile, SendUnknown, Sent
from earful.channels.facebook.connector import subscribe_page
from earful.channels.kit.sending import afford_reply
from earful.channels.kit.tools import Tools
from earful.channels.kit.uploading import handed_over
from earful.channels.messenger.limits import CAPABILITIES, LIMITS, LOST_AFTER_HOURS, SEND, TALKS
from earful.channels.messenger.settings import MessengerSecrets, MessengerSettings
from earful.channels.meta.graph import FAULTS, Graph, id_in
from earful.channels.meta.private import compose_private, find_private, for_people, kind_of
from earful.channels.meta.standing import Problem, explained, stand_by
from earful.model.message import Network
from earful.model.time import moment


class MessengerConnector:
    """One page. Holds no state that must survive; see `Connector` for the promises."""

    network = Network.MESSENGER
    capabilities: Capabilities = CAPABILITIES
    """With the longer time for people only where the app has it."""

    def __init__(self, settings: MessengerSettings, secrets: MessengerSecrets, tools: Tools) -> None:
        self._settings = settings
        self.capabilities = for_people(CAPABILITIES, settings.human_agent)
        self._secrets = secrets
        base = f"{settings.api.rstrip('/')}/{settings.version}"
        self._graph = Graph(tools, secrets, base=base, budget=f"messenger {settings.page_id}", limits=LIMITS)

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Tell Meta where to deliver, and prove again and again that it can, until `stop`."""
        await stand_by(
            inlet, stop, self._graph,
            subscribe=self._subscribe, prove=self._prove, fetch=None, explain=self._explain,
        )  # fmt: skip

    async def _subscribe(self) -> None:
        await subscribe_page(
            self._graph,
            self._secrets,
            self._settings.app_id,
            self._settings.page_id,
            self._graph.tools.hook_url,
        )

    async def _prove(self) -> Problem:
        await self._graph.get(self._settings.page_id, {"fields": "id"})
        return Problem("")

    async def send(self, reply: Reply) -> Sent:
        """Send one message; see `Connector.send`."""
        now = self._graph.tools.now()
        fields = compose_private(
            reply, CAPABILITIES, "Messenger", now, human_agent=self._settings.human_agent, metadata=True
        )
        attachments = await handed_over(reply, self._upload)
        if attachments:
            fields["message"] |= {"attachment": attachments[0]}
        window = CAPABILITIES.window
        answer = await self._graph.send(
            f"{self._settings.page_id}/messages",
            fields,
            limit=SEND,
            after_window=window.after if window else "",
        )
        return Sent(native_id=id_in(answer, "message_id"), occurred_at=moment(now), thread=reply.to.thread)

    async def _upload(self, file: ReplyFile) -> dict[str, Any]:
        """A file that Meta has, as a message names it (Send API, "Attachment Upload API"). Raises as `Graph.send`."""
        kind = kind_of(file)
        message = {"attachment": {"type": kind, "payload": {"is_reusable": True}}}
        answer = await self._graph.send(
            f"{self._settings.page_id}/message_attachments", {"message": msgspec.json.encode(message).decode()},
            files={"filedata": (file.name, file.content, file.mime)},
        )  # fmt: skip
        return {"type": kind, "payload": {"attachment_id": id_in(answer, "attachment_id")}}

    async def find(self, reply: Reply) -> Sent | None:
        """Look through the conversation for the same words of ours; of a file only an echo can tell."""
        if not reply.text:
            raise SendUnknown("Messenger cannot be asked for a file. Look into the page's inbox.")
        await afford_reply(self._graph.budget, TALKS)
        return await find_private(self._graph, self._settings.page_id, "messenger", reply)

    async def check(self) -> list[str]:
        """Try the token on the page."""
        try:
            await self._prove()
        except FAULTS as fault:
            return [self._explain(fault)]
        return []

    def _explain(self, fault: Exception) -> str:
        return explained(fault, "Messenger", f"{LOST_AFTER_HOURS} hours")
