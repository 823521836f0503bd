"""A YouTube channel as a channel: everything is asked for, within a quota of units a day."""

import asyncio

import httpx2
import msgspec

from earful.channels.contract import (
    Capabilities,
    Inlet,
    Reply,
    SendPostponed,
    SendRefused,
    SendUnknown,
    Sent,
)
from earful.channels.kit.api import FAULTS, Api, ApiRefused
from earful.channels.kit.asking import Asking, asked
from earful.channels.kit.google import words
from earful.channels.kit.http import retry_after
from earful.channels.kit.loose import mapping, members, word
from earful.channels.kit.oauth import GrantRefused
from earful.channels.kit.renewed import renewed_token
from earful.channels.kit.running import broke
from earful.channels.kit.sending import afford_reply, sent_as
from earful.channels.kit.tools import Tools
from earful.channels.youtube.follow import COMMENTS, THREADS, Comments
from earful.channels.youtube.limits import (
    CAPABILITIES,
    IDS_AT_ONCE,
    LOOK_MOST,
    QUOTA,
    QUOTA_WAIT_SECONDS,
    READ_COST,
    REFRESH_DAYS,
    REPLY_COST,
    SPENT,
    TOO_FAST,
    limits,
    provider,
)
from earful.channels.youtube.parse import comment
from earful.channels.youtube.send import Composed, compose
from earful.channels.youtube.settings import YouTubeSecrets, YouTubeSettings
from earful.model.message import Network
from earful.model.time import Instant

TOO_FAST_SECONDS = 60.0


class YouTubeConnector:
    """One channel. Holds no state that must survive; see `Connector` for the promises."""

    network = Network.YOUTUBE
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: YouTubeSettings, secrets: YouTubeSecrets, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._budget = tools.budgets.of(f"youtube {settings.client_id}", limits(settings.daily_quota))
        tokens = renewed_token(
            tools,
            provider(settings.token_url),
            settings.client_id,
            secrets.client_secret,
            secrets.refresh_token,
        )
        self._api = Api(tools, settings.api, tokens, self._budget, explain=_words, wait=_wait)
        self._comments = Comments(self._api, settings, self._budget, tools.now)

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Ask for everything, until `stop`."""
        settings = self._settings
        asking = Asking(
            sources=self._comments.sources(self._tools.now()), poll_seconds=settings.poll_seconds, limit=QUOTA,
            walk=self._comments.walk, look=self._comments.look, look_again_minutes=settings.look_again_minutes,
            days=REFRESH_DAYS, most=LOOK_MOST, at_once=IDS_AT_ONCE,
        )  # fmt: skip
        await asyncio.gather(*asked(inlet, stop, self._tools, self._budget, self._explain, asking))

    async def send(self, reply: Reply) -> Sent:
        """Post one comment; see `Connector.send`."""
        composed = compose(reply)
        if composed.held:
            await self._must_be_public(composed)
        await afford_reply(self._budget, QUOTA, REPLY_COST)
        try:
            answer = await self._api.send(
                "POST", COMMENTS, limit=QUOTA, params={"part": "snippet"}, json=composed.body
            )
        except SendRefused as refused:
            # What is only too much for now is a 403 here, like what is forbidden.
            if any(one in str(refused) for one in SPENT):
                raise SendPostponed(str(refused), after_seconds=QUOTA_WAIT_SECONDS) from None
            if any(one in str(refused) for one in TOO_FAST):
                raise SendPostponed(str(refused), after_seconds=TOO_FAST_SECONDS) from None
            raise
        try:
            made = comment(mapping(msgspec.json.decode(answer.content)), self._settings.channel_id)
        except msgspec.MsgspecError:
            made = None
        if made is None:
            raise SendUnknown("The answer of the network could not be read. The reply may be out.")
        return sent_as(made, reply)

    async def _must_be_public(self, composed: Composed) -> None:
        """It was held back when it came; it may have been published since. Raises SendRefused and SendPostponed."""
        params = {"part": "snippet", "id": composed.top}
        answer = await self._api.before_sending(THREADS, limit=QUOTA, params=params)
        if not any(mapping(one, "snippet").get("isPublic") is True for one in members(answer, "items")):
            raise SendRefused(
                f"YouTube has this comment {composed.held}: nobody would see an answer. Nothing was sent; publish the "
                "comment on YouTube first."
            )

    async def find(self, reply: Reply) -> Sent | None:
        """Look below the comment for an answer of ours with the same words."""
        composed = compose(reply)
        self._budget.spend(QUOTA, READ_COST)
        try:
            _, there = await self._comments.replies(composed.top)
        except (*FAULTS, SendPostponed) as fault:
            raise SendUnknown(f"YouTube could not be asked for the reply: {self._explain(fault)}") from None
        for one in there:
            ours = one.author is not None and one.author.native_id == self._settings.channel_id
            if ours and one.text.split() == composed.text.split():
                return sent_as(one, reply)
        return None

    async def check(self) -> list[str]:
        """Try the token, and whose channel it is."""
        params = {"part": "id", "mine": "true"}
        try:
            _, answer = await self._api.ask("/youtube/v3/channels", limit=QUOTA, params=params)
        except FAULTS as fault:
            return [self._explain(fault)]
        ids = [word(one, "id") for one in members(answer, "items")]
        if self._settings.channel_id not in ids:
            return [
                f"The token is for {', '.join(ids) or 'no channel'}, not for {self._settings.channel_id}. Put the "
                "right channel id into the settings, or connect the right account."
            ]
        return []

    def _explain(self, fault: Exception) -> str:
        if isinstance(fault, GrantRefused):
            return f"{fault} Comments wait there. Connect the account again."
        if isinstance(fault, ApiRefused) and any(one in str(fault) for one in SPENT):
            return (
                "The day's quota of the Google project is used up. Comments wait there; it opens at midnight in "
                "California. Look less often, or ask Google for more."
            )
        if isinstance(fault, ApiRefused) and fault.status in (401, 403):
            return f"YouTube refuses: {fault}. See that the consent has the scope youtube.force-ssl."
        return broke("YouTube", fault, "Comments wait there; Earful keeps trying.")


def _words(response: httpx2.Response) -> str:
    return words(response, "YouTube")


def _wait(response: httpx2.Response, now: Instant) -> float | None:
    """How long to leave a spent quota alone: Google does not say."""
    if any(one in _words(response) for one in SPENT):
        return QUOTA_WAIT_SECONDS
    return retry_after(response.headers, now)
