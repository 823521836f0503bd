"""A professional Instagram account as a channel: comments and mentions in public, messages in private."""

import asyncio

import msgspec
from msgspec import Struct

from earful.channels.contract import Capabilities, Inlet, RawDelivery, Reply, SendUnknown, Sent
from earful.channels.instagram.fetching import fetched, fields_of
from earful.channels.instagram.limits import CAPABILITIES, LIMITS, LOST_AFTER_HOURS, PAGE_SIZE, TALKS
from earful.channels.instagram.parse import From
from earful.channels.instagram.send import Composed, compose
from earful.channels.instagram.settings import InstagramSecrets, InstagramSettings
from earful.channels.kit.sending import afford_reply
from earful.channels.kit.sharing import address, reachable
from earful.channels.kit.tools import Tools
from earful.channels.meta.graph import FAULTS, Graph, id_in
from earful.channels.meta.private import find_private, for_people, kind_of, same_words
from earful.channels.meta.standing import Callback, Fetched, Problem, explained, stand_by, tell_where
from earful.channels.meta.values import Id, Time, when
from earful.model.message import Network, Visibility
from earful.model.time import moment

FIELDS = (
    "comments", "live_comments", "mentions", "messages", "message_edit", "messaging_seen", "messaging_postbacks",
    "standby",
)  # fmt: skip


class Said(Struct):
    """An answer to a comment, as the API lists it."""

    id: Id
    text: str | None = ""
    timestamp: Time = None
    from_: From | None = msgspec.field(default=None, name="from")


class InstagramConnector:
    """One account. Holds no state that must survive; see `Connector` for the promises."""

    network = Network.INSTAGRAM
    capabilities: Capabilities = CAPABILITIES
    """With the longer time for people only where the app has it, and with files only where Instagram can fetch them."""

    def __init__(self, settings: InstagramSettings, secrets: InstagramSecrets, tools: Tools) -> None:
        self._settings = settings
        self.capabilities = reachable(for_people(CAPABILITIES, settings.human_agent), tools)
        self._secrets = secrets
        budget = f"instagram {settings.account_id}"
        base, app = (f"{one.rstrip('/')}/{settings.version}" for one in (settings.api, settings.app_api))
        self._graph = Graph(tools, secrets, base=base, budget=budget, limits=LIMITS, proof=False)
        self._app = Graph(tools, secrets, base=app, budget=budget, limits=LIMITS, proof=False)

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Tell Meta where to deliver, fetch mentions, and prove again and again that all works, until `stop`."""
        await stand_by(
            inlet, stop, self._graph,
            subscribe=self._subscribe, prove=self._prove, fetch=self._fetch, explain=self._explain,
        )  # fmt: skip

    async def _subscribe(self) -> None:
        callback = Callback(app_id=self._settings.app_id, object="instagram", fields=FIELDS)
        await tell_where(self._app, self._secrets, callback, self._graph.tools.hook_url)
        fields = {"subscribed_fields": ",".join(FIELDS)}
        await self._graph.post(f"{self._settings.account_id}/subscribed_apps", fields)

    async def _prove(self) -> Problem:
        await self._graph.get(self._settings.account_id, {"fields": "id"})
        return Problem("")

    async def _fetch(self, what: str) -> Fetched:
        body = await self._graph.get(self._settings.account_id, {"fields": fields_of(what)})
        delivery = RawDelivery(transport="api", body=body, verified_by="access-token")
        return delivery, fetched(body, self._graph.tools.now())

    def _compose(self, reply: Reply) -> Composed:
        settings, now = self._settings, self._graph.tools.now()
        return compose(reply, settings.account_id, now, human_agent=settings.human_agent)

    async def send(self, reply: Reply) -> Sent:
        """Send one reply; see `Connector.send`."""
        composed = self._compose(reply)
        for file in reply.files:
            url = address(file, self._graph.tools)
            composed.fields["message"]["attachment"] = {"type": kind_of(file), "payload": {"url": url}}
        window = CAPABILITIES.window
        answer = await self._graph.send(
            composed.path, composed.fields, limit=composed.limit, after_window=window.after if window else ""
        )
        native_id = id_in(answer, "message_id" if composed.private else "id")
        now = self._graph.tools.now()
        return Sent(native_id=native_id, occurred_at=moment(now), thread=reply.to.thread)

    async def find(self, reply: Reply) -> Sent | None:
        """Look among the answers to the comment, or through the conversation, for the same words of ours."""
        composed = self._compose(reply)
        if reply.to.visibility is Visibility.DIRECT:
            if not reply.text:
                raise SendUnknown("Instagram cannot be asked for a file. Look in the app.")
            await afford_reply(self._graph.budget, TALKS)
            return await find_private(self._graph, self._settings.account_id, "instagram", reply)
        if composed.private or composed.mention:
            raise SendUnknown("Instagram does not show whether this reply is out. Look in the app.")
        query = {"fields": "id,text,timestamp,from", "limit": str(PAGE_SIZE)}
        try:
            found = (await self._graph.listed(composed.path, query)).data
            listed = [msgspec.json.decode(one, type=Said) for one in found]
        except (*FAULTS, msgspec.MsgspecError) as fault:
            raise SendUnknown(f"Instagram could not be asked for the reply: {fault}") from None
        for one in listed:
            by = str(one.from_.id) if one.from_ is not None else ""
            if by == self._settings.account_id and same_words(one.text, reply.text):
                at = when(one.timestamp, self._graph.tools.now())
                return Sent(native_id=str(one.id), occurred_at=at, thread=reply.to.thread)
        return None

    async def check(self) -> list[str]:
        """Try the token on the account."""
        try:
            await self._prove()
        except FAULTS as fault:
            return [self._explain(fault)]
        return []

    def _explain(self, fault: Exception) -> str:
        return explained(fault, "Instagram", f"{LOST_AFTER_HOURS} hours")
