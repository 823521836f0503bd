"""A Facebook page as a channel: Meta delivers what is said, Earful answers under it or once in private."""

import asyncio

import msgspec

from earful.channels.contract import Capabilities, Inlet, RawDelivery, Reply, SendUnknown, Sent
from earful.channels.facebook.fetching import COMMENT_FIELDS, POST_FIELDS, fetched
from earful.channels.facebook.limits import CAPABILITIES, LIMITS, LOST_AFTER_HOURS, PAGE_SIZE
from earful.channels.facebook.send import Said, compose
from earful.channels.facebook.settings import FacebookSecrets, FacebookSettings
from earful.channels.kit.tools import Tools
from earful.channels.meta.graph import FAULTS, Graph, id_in
from earful.channels.meta.private import same_words
from earful.channels.meta.standing import Callback, Fetched, Problem, explained, stand_by, tell_where
from earful.channels.meta.values import when
from earful.model.message import Network
from earful.model.time import moment

FIELDS = ("feed", "mention", "ratings")
MESSENGER_FIELDS = (
    "messages", "message_echoes", "message_edits", "message_deliveries", "messaging_postbacks",
    "messaging_policy_enforcement", "standby",
)  # fmt: skip
NEWEST_FIRST = "reverse_chronological"


class FacebookConnector:
    """One page. Holds no state that must survive; see `Connector` for the promises."""

    network = Network.FACEBOOK
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: FacebookSettings, secrets: FacebookSecrets, tools: Tools) -> None:
        self._settings = settings
        self._secrets = secrets
        base = f"{settings.api.rstrip('/')}/{settings.version}"
        self._graph = Graph(tools, secrets, base=base, budget=f"facebook {settings.page_id}", limits=LIMITS)

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Tell Meta where to deliver, fetch mentions, and prove again and again that all works, until `stop`."""
        await stand_by(
            inlet, stop, self._graph,
            subscribe=self._subscribe, prove=self._prove, fetch=self._fetch, explain=self._explain,
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

    async def _fetch(self, what: str) -> Fetched:
        kind, _, native_id = what.partition(":")
        fields = COMMENT_FIELDS if kind == "comment" else POST_FIELDS
        body = await self._graph.get(native_id, {"fields": fields})
        delivery = RawDelivery(transport="api", body=body, verified_by="access-token")
        return delivery, fetched(body, kind, self._settings.page_id, self._graph.tools.now())

    async def send(self, reply: Reply) -> Sent:
        """Send one reply; see `Connector.send`."""
        now = self._graph.tools.now()
        composed = compose(reply, self._settings.page_id, now)
        window = CAPABILITIES.window
        # Facebook takes the picture of a comment in the form itself (Graph API, "/{object-id}/comments", `source`).
        picture = reply.files[0] if reply.files else None
        answer = await self._graph.send(
            composed.path,
            composed.fields,
            after_window=window.after if window else "",
            files={"source": (picture.name, picture.content, picture.mime)} if picture is not None else None,
        )
        native_id = id_in(answer, "message_id" if composed.private else "id")
        # A private reply is a message of Messenger: it is no part of the public thread.
        thread = "" if composed.private else reply.to.thread
        return Sent(native_id=native_id, occurred_at=moment(now), thread=thread)

    async def find(self, reply: Reply) -> Sent | None:
        """Look among the answers to the comment for one of ours with the same words."""
        composed = compose(reply, self._settings.page_id, self._graph.tools.now())
        if composed.private:
            raise SendUnknown("Facebook does not show private replies here. Look into the page's inbox.")
        query = {"fields": "id,message,created_time,from", "order": NEWEST_FIRST, "limit": str(PAGE_SIZE)}
        try:
            found = (await self._graph.listed(composed.path, query)).data
            listed = [msgspec.json.decode(one, type=Said) for one in found]
        except (*FAULTS, msgspec.MsgspecError) as fault:
            raise SendUnknown(f"Facebook could not be asked for the reply: {fault}") from None
        for one in listed:
            by = str(one.from_.id) if one.from_ is not None else ""
            if by == self._settings.page_id and same_words(one.message, reply.text):
                at = when(one.created_time, self._graph.tools.now())
                return Sent(native_id=str(one.id), occurred_at=at, thread=reply.to.thread)
        return None

    async def check(self) -> list[str]:
        """Try the token on the page."""
        try:
            await self._prove()
        except FAULTS as fault:
            return [self._explain(fault)]
        return []

    def _explain(self, fault: Exception) -> str:
        return explained(fault, "Facebook", f"{LOST_AFTER_HOURS} hours")


async def subscribe_page(
    graph: Graph, secrets: FacebookSecrets, app_id: str, page_id: str, hook_url: str
) -> None:
    """Have a page tell the app all that Facebook and Messenger channels read: one call replaces the other's list."""
    fields = (*FIELDS, *MESSENGER_FIELDS)
    await tell_where(graph, secrets, Callback(app_id=app_id, object="page", fields=fields), hook_url)
    await graph.post(f"{page_id}/subscribed_apps", {"subscribed_fields": ",".join(fields)})
