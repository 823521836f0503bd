"""A TikTok account as a channel: TikTok tells of comments, which are fetched, and is asked for what was missed."""

import asyncio

import httpx2
import msgspec

from earful.channels.contract import Capabilities, Inlet, Reply, SendPostponed, SendUnknown, Sent
from earful.channels.kit.again import Looks
from earful.channels.kit.api import FAULTS, Api, ApiRefused, tokens_of
from earful.channels.kit.asking import Asking, asked
from earful.channels.kit.backoff import Backoff
from earful.channels.kit.loose import mapping, number, object_in, word
from earful.channels.kit.media import MediaLater, MediaRefused, Source
from earful.channels.kit.oauth import GrantRefused
from earful.channels.kit.running import broke, every, keep_up
from earful.channels.kit.sending import afford_reply, sent_as
from earful.channels.kit.tools import Tools
from earful.channels.tiktok.follow import Comments
from earful.channels.tiktok.limits import (
    CAPABILITIES,
    REQUESTS,
    RETRIED_HOURS,
    SCOPES,
    limits,
    status_of,
    without_messages,
)
from earful.channels.tiktok.parse import TIKTOK, comment
from earful.channels.tiktok.send import Composed, compose, compose_message
from earful.channels.tiktok.settings import TikTokSecrets, TikTokSettings
from earful.model.message import Attachment, Direction, IncomingMessage, Network, Visibility
from earful.model.time import moment

WATCH_SECONDS = 6 * 3600.0
WANTED_SECONDS = 2.0


class TikTokConnector:
    """One account. Holds no state that must survive; see `Connector` for the promises."""

    network = Network.TIKTOK
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: TikTokSettings, secrets: TikTokSecrets, tools: Tools) -> None:
        self._settings = settings
        self.capabilities = CAPABILITIES if settings.direct_messages else without_messages(CAPABILITIES)
        self._secrets = secrets
        self._tools = tools
        self._budget = tools.budgets.of(f"tiktok {settings.client_id}", limits(settings.requests_a_minute))
        self._api = Api(
            tools, settings.api, tokens_of(tools, secrets.access_token), self._budget, explain=_words,
            meaning=_meaning, prove=lambda token: {"access-token": token},
        )  # fmt: skip
        self._comments = Comments(self._api, settings, self._budget, tools.now)

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Say where to push, fetch what is told of, and ask for what was missed, until `stop`."""
        tools = self._tools
        looks = Looks(inlet, stop, self._budget, now=tools.now, explain=self._explain)
        asking = Asking(
            sources=[self._comments.source(tools.now())], poll_seconds=self._settings.poll_seconds, limit=REQUESTS,
            walk=self._comments.walk,
        )  # fmt: skip
        work = asked(inlet, stop, tools, self._budget, self._explain, asking)
        work.append(looks.wanted(self._comments.fetch, limit=REQUESTS, seconds=WANTED_SECONDS * tools.pace))
        work.append(keep_up(inlet, stop, lambda backoff: self._watch(stop, backoff), self._explain))
        await asyncio.gather(*work)

    async def _watch(self, stop: asyncio.Event, backoff: Backoff) -> None:
        """Tell TikTok again and again where to push: to be told twice changes nothing there."""
        kinds = ("COMMENT", "DIRECT_MESSAGE") if self._settings.direct_messages else ("COMMENT",)

        async def tell() -> None:
            for kind in kinds:
                told = {
                    "app_id": self._settings.client_id, "secret": self._secrets.client_secret, "event_type": kind,
                    "callback_url": self._tools.hook_url,
                }  # fmt: skip
                self._budget.spend(REQUESTS)
                await self._api.call("POST", "/business/webhook/update/", limit=REQUESTS, json=told)

        await every(stop, backoff, WATCH_SECONDS, tell)

    async def send(self, reply: Reply) -> Sent:
        """Post one comment, or send one private message; see `Connector.send`."""
        if reply.to.visibility is Visibility.DIRECT:
            return await self._send_message(reply)
        composed = compose(reply)
        await afford_reply(self._budget, REQUESTS)
        body = composed.body(self._settings.business_id)
        answer = await self._api.send("POST", "/business/comment/reply/create/", limit=REQUESTS, json=body)
        try:
            data = mapping(msgspec.json.decode(answer.content), "data")
        except msgspec.MsgspecError:
            data = {}
        made = self._made(data, composed)
        if made is None:
            raise SendUnknown("The answer of the network could not be read. The reply may be out.")
        return sent_as(made, reply)

    async def _send_message(self, reply: Reply) -> Sent:
        message = compose_message(reply, self.capabilities.private_max_length)
        await afford_reply(self._budget, REQUESTS)
        body = message.body(self._settings.business_id)
        answer = await self._api.send("POST", "/business/message/send/", limit=REQUESTS, json=body)
        native_id = word(object_in(answer.content), "data", "message", "message_id")
        if not native_id:
            raise SendUnknown("The answer of the network could not be read. The message may be out.")
        return Sent(
            native_id=native_id,
            namespace=TIKTOK,
            occurred_at=moment(self._tools.now()),
            thread=reply.to.thread,
        )

    async def media(self, attachment: Attachment) -> Source:
        """Where a picture of a private message is for a while. Raises MediaRefused when it is gone, MediaLater."""
        conversation, message, media = [*attachment.native_id.split("/"), "", ""][:3]
        body = {
            "business_id": self._settings.business_id, "conversation_id": conversation, "message_id": message,
            "media_id": media, "media_type": "IMAGE",
        }  # fmt: skip
        try:
            self._budget.spend(REQUESTS)
            found = await self._api.call(
                "POST", "/business/message/media/download/", limit=REQUESTS, json=body
            )
        except ApiRefused as fault:
            if fault.status == 400:
                raise MediaRefused("TikTok does not have it any more.") from None
            raise MediaLater(self._explain(fault)) from None
        except (*FAULTS, SendPostponed) as fault:
            raise MediaLater(self._explain(fault)) from None
        link = word(object_in(found), "data", "download_url")
        if not link:
            raise MediaLater("TikTok did not say where the picture is.")
        return Source(url=link, http=self._tools.http)

    def _made(self, data: dict[str, object], composed: Composed) -> IncomingMessage | None:
        """What was made. TikTok may tell no more than its id."""
        known = {
            "user_id": self._settings.business_id, "create_time": self._tools.now() // 1000, "text": composed.text,
            "video_id": composed.video, "parent_comment_id": composed.top, "owner": True,
        }  # fmt: skip
        return comment(known | {name: value for name, value in data.items() if value not in (None, "")})

    async def find(self, reply: Reply) -> Sent | None:
        """Look below the comment for an answer of ours with the same words."""
        if reply.to.visibility is Visibility.DIRECT:
            raise SendUnknown(
                "TikTok tells of every message that is out; it did not tell of this one yet. Look there, then send it "
                "again or not."
            )
        composed = compose(reply)
        self._budget.spend(REQUESTS)
        try:
            _, there = await self._comments.replies(composed.video, composed.top)
        except (*FAULTS, SendPostponed) as fault:
            raise SendUnknown(f"TikTok could not be asked for the reply: {self._explain(fault)}") from None
        for one in there:
            if one.direction is Direction.OUTBOUND and one.text.split() == composed.text.split():
                return sent_as(one, reply)
        return None

    async def check(self) -> list[str]:
        """Try the token on the account."""
        params = {"business_id": self._settings.business_id, "fields": '["username"]'}
        try:
            await self._api.ask("/business/get/", limit=REQUESTS, params=params)
        except FAULTS as fault:
            return [self._explain(fault)]
        return []

    def _explain(self, fault: Exception) -> str:
        if isinstance(fault, GrantRefused):
            return f"{fault} TikTok tells of comments for {RETRIED_HOURS} hours. Connect the account again."
        if isinstance(fault, ApiRefused) and fault.status in (401, 403):
            return (
                f"TikTok refuses: {fault}. See that the app is approved for {', '.join(SCOPES)}, and that the account "
                "is connected."
            )
        return broke("TikTok", fault, "Comments wait there; Earful keeps trying.")


def _meaning(response: httpx2.Response) -> int:
    """TikTok says no with a 200 and a code."""
    if response.status_code >= 300:
        return response.status_code
    code = number(object_in(response.content), "code")
    return response.status_code if code is None else status_of(code)


def _words(response: httpx2.Response) -> str:
    told = object_in(response.content)
    text = ": ".join(one for one in (word(told, "code"), word(told, "message")) if one)
    return f"TikTok says: {text[:300]}" if text else ""
