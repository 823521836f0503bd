"""A Bluesky account as a channel: asked again and again, answers under keys that make a resend harmless."""

import asyncio
from typing import Any

import httpx2
import msgspec

from earful.channels.bluesky.firehose import Firehose
from earful.channels.bluesky.follow import ChatLog, Lookup, Notifications, own_posts
from earful.channels.bluesky.limits import (
    CAPABILITIES,
    CHAT,
    LIMITS,
    LOOK_DAYS,
    LOOK_MOST,
    POSTS_AT_ONCE,
    WRITE_POINTS,
    heed,
)
from earful.channels.bluesky.parse import AT
from earful.channels.bluesky.parse import CHAT as CHAT_NAMESPACE
from earful.channels.bluesky.records import POST
from earful.channels.bluesky.send import Composed, compose, with_pictures
from earful.channels.bluesky.session import Session
from earful.channels.bluesky.settings import BlueskySecrets, BlueskySettings
from earful.channels.contract import (
    Capabilities,
    Inlet,
    Reply,
    ReplyFile,
    SendPostponed,
    SendRefused,
    SendUnknown,
    Sent,
)
from earful.channels.kit.api import FAULTS, Api, ApiRefused, wait_by
from earful.channels.kit.asking import Asking, asked
from earful.channels.kit.backoff import Backoff
from earful.channels.kit.loose import mapping, members, moment, object_in, word
from earful.channels.kit.oauth import GrantRefused
from earful.channels.kit.poll import Source
from earful.channels.kit.running import broke, keep_up
from earful.channels.kit.sending import afford_reply
from earful.channels.kit.stopping import unless
from earful.channels.kit.tools import Tools
from earful.channels.kit.uploading import handed_over
from earful.model.message import Network
from earful.model.time import moment as moment_of


class BlueskyConnector:
    """One account. Holds no state that must survive; see `Connector` for the promises."""

    network = Network.BLUESKY
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: BlueskySettings, secrets: BlueskySecrets, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._budget = tools.budgets.of(f"bluesky {settings.handle} {settings.server}", LIMITS)
        self._session = Session(settings, secrets, tools, self._budget)
        self._api = Api(
            tools,
            settings.server,
            self._session,
            self._budget,
            explain=_words,
            heed=heed,
            expired=_expired,
            wait=wait_by("ratelimit-reset"),
        )
        self._lookup = Lookup(self._api, tools.now)

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Ask for everything, until `stop`."""
        settings, budget, began, me = self._settings, self._budget, self._tools.now(), self._session.did
        notifications = Notifications(self._api, me, settings)
        sources: list[Source] = [
            notifications.source(budget, began), own_posts(self._api, me, settings, budget, began),
        ]  # fmt: skip
        if settings.direct:
            sources.append(ChatLog(self._api, me, began, self._tools.now))
        asking = Asking(
            sources=sources, poll_seconds=settings.poll_seconds, limit="requests", walk=notifications.walk,
            look=self._lookup.look, look_again_minutes=settings.look_again_minutes, days=LOOK_DAYS, most=LOOK_MOST,
            at_once=POSTS_AT_ONCE,
        )  # fmt: skip
        work = asked(inlet, stop, self._tools, budget, self._explain, asking)
        if settings.watch:
            work.append(
                keep_up(inlet, stop, lambda backoff: self._listen(inlet, stop, backoff), self._explain)
            )
        await asyncio.gather(*work)

    async def _listen(self, inlet: Inlet, stop: asyncio.Event, backoff: Backoff) -> None:
        tools, did = self._tools, await self._session.did()
        firehose = Firehose(self._api, self._settings, did, tools.now, allow_private=tools.allow_private)
        await unless(stop, firehose.run(inlet, stop, backoff))

    async def send(self, reply: Reply) -> Sent:
        """Write one record or chat message; see `Connector.send`."""
        composed = compose(reply, self._tools.now(), direct=self._settings.direct)
        me = await self._me()
        if not composed.key:
            return await self._chat(reply, composed)
        blobs = await handed_over(reply, self._upload)
        await afford_reply(self._budget, "writes in a day", WRITE_POINTS)
        await afford_reply(self._budget, "writes", WRITE_POINTS)
        record = with_pictures(composed.record, reply.files, blobs)
        body = {"repo": me, "collection": POST, "rkey": composed.key, "record": record}
        await self._api.send("POST", "/xrpc/com.atproto.repo.putRecord", limit="writes", json=body)
        return self._sent(reply, composed, me)

    async def _upload(self, file: ReplyFile) -> dict[str, Any]:
        """A picture at the server, which forgets it when no record names it soon. Raises as `Api.send`."""
        await afford_reply(self._budget, "requests")
        path, headers = "/xrpc/com.atproto.repo.uploadBlob", {"content-type": file.mime}
        answer = await self._api.send("POST", path, limit="requests", content=file.content, headers=headers)
        blob = mapping(object_in(answer.content), "blob")
        if not blob:
            raise SendUnknown("the answer does not name it")
        return blob

    async def _chat(self, reply: Reply, composed: Composed) -> Sent:
        convo = await self._convo(reply)
        await afford_reply(self._budget, "requests")
        body = {"convoId": convo, "message": {"text": composed.text}}
        path = "/xrpc/chat.bsky.convo.sendMessage"
        answer = await self._api.send("POST", path, limit="requests", json=body, headers=CHAT)
        try:
            return self._chat_sent(mapping(msgspec.json.decode(answer.content)), convo)
        except (msgspec.MsgspecError, ValueError):
            raise SendUnknown(
                "The answer of the network could not be read. The message may be out."
            ) from None

    async def _convo(self, reply: Reply) -> str:
        """The conversation with the author alone, never a group. Raises SendRefused and SendPostponed."""
        path, members_ = "/xrpc/chat.bsky.convo.getConvoForMembers", {"members": [reply.to.author_native_id]}
        answer = await self._api.before_sending(path, limit="requests", params=members_, headers=CHAT)
        convo = word(answer, "convo", "id")
        if not convo:
            raise SendRefused("The network named no conversation with the author; nothing was sent.")
        return convo

    async def find(self, reply: Reply) -> Sent | None:
        """Ask for the record by its key, or look through the conversation."""
        composed = compose(reply, self._tools.now(), direct=self._settings.direct)
        try:
            me = await self._session.did()
            if composed.key:
                found = await self._lookup.record(f"at://{me}/{POST}/{composed.key}")
                return None if found is None else self._sent(reply, composed, me)
            convo = await self._convo(reply)
            path, params = "/xrpc/chat.bsky.convo.getMessages", {"convoId": convo, "limit": "50"}
            _, answer = await self._api.ask(path, limit="requests", params=params, headers=CHAT)
        except (*FAULTS, SendPostponed) as fault:
            raise SendUnknown(f"Bluesky could not be asked for the reply: {self._explain(fault)}") from None
        for one in members(answer, "messages"):
            if word(one, "id") == reply.to.native_id:
                break
            if word(one, "sender", "did") == me and word(one, "text") == composed.text:
                return self._chat_sent(one, convo)
        return None

    async def check(self) -> list[str]:
        """Try the app password, and whether it may read direct messages."""
        try:
            await self._session.did()
            await self._api.ask("/xrpc/com.atproto.server.getSession", limit="requests")
            if self._settings.direct:
                path = "/xrpc/chat.bsky.convo.listConvos"
                await self._api.ask(path, limit="requests", params={"limit": "1"}, headers=CHAT)
        except FAULTS as fault:
            return [self._explain(fault)]
        return []

    async def _me(self) -> str:
        try:
            return await self._session.did()
        except (GrantRefused, httpx2.HTTPError) as fault:
            after = getattr(fault, "after_seconds", None)
            raise SendPostponed(
                f"{fault} Nothing was sent, the reply is kept.", after_seconds=after
            ) from None

    def _sent(self, reply: Reply, composed: Composed, me: str) -> Sent:
        return Sent(
            native_id=f"at://{me}/{POST}/{composed.key}",
            namespace=AT,
            occurred_at=moment_of(self._tools.now()),
            permalink=f"https://bsky.app/profile/{me}/post/{composed.key}",
            thread=reply.to.thread,
        )

    def _chat_sent(self, message: dict[str, object], convo: str) -> Sent:
        native_id, at = word(message, "id"), moment(message.get("sentAt"))
        if not native_id or at is None:
            raise ValueError
        return Sent(native_id=native_id, namespace=CHAT_NAMESPACE, occurred_at=at, thread=convo)

    def _explain(self, fault: Exception) -> str:
        if isinstance(fault, GrantRefused):
            return str(fault)
        if isinstance(fault, ApiRefused) and fault.status in (401, 403):
            return (
                f"Bluesky refuses: {fault}. What was said waits there. See that the app password is good and, for "
                "direct messages, allowed to read them; or switch direct messages off in the settings."
            )
        return broke(self._settings.server, fault, "Posts wait there; Earful keeps trying.")


def _words(response: httpx2.Response) -> str:
    """An XRPC error: its name and its words."""
    told = object_in(response.content)
    name, text = word(told, "error"), word(told, "message")
    return f"Bluesky says: {name}: {text}"[:300].rstrip(": ") if name or text else ""


def _expired(response: httpx2.Response) -> bool:
    return response.status_code == 401 or (response.status_code == 400 and "ExpiredToken" in _words(response))
