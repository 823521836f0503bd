"""The reviews of some places at Google as a channel: everything is asked for."""

import asyncio

import httpx2
import msgspec

from earful.channels.contract import Capabilities, Inlet, Reply, SendPostponed, SendUnknown, Sent
from earful.channels.google_reviews.follow import NOT_THERE, Reviews
from earful.channels.google_reviews.hook import keys_of
from earful.channels.google_reviews.limits import (
    CAPABILITIES,
    KEYS_SECONDS,
    LOOK_AT_ONCE,
    LOOK_DAYS,
    LOOK_MOST,
    MISSED_SECONDS,
    PUSHED_TIMES,
    REQUESTS,
    limits,
    provider,
)
from earful.channels.google_reviews.parse import GOOGLE, own_words, reply_id
from earful.channels.google_reviews.send import compose
from earful.channels.google_reviews.settings import GoogleReviewsSecrets, GoogleReviewsSettings
from earful.channels.kit.again import Looks
from earful.channels.kit.api import FAULTS, Api, ApiRefused
from earful.channels.kit.asking import Asking, asked
from earful.channels.kit.backoff import Backoff
from earful.channels.kit.google import words
from earful.channels.kit.http import fetch
from earful.channels.kit.loose import mapping, moment, word
from earful.channels.kit.oauth import GrantRefused
from earful.channels.kit.renewed import renewed_token
from earful.channels.kit.running import broke, every, keep_up
from earful.channels.kit.sending import afford_reply
from earful.channels.kit.stopping import Stopped, pause
from earful.channels.kit.tools import Tools
from earful.model.message import Network
from earful.model.time import SECOND

WANTED_SECONDS = 2.0
PUBLISH_SECONDS = 6 * 3600.0


class GoogleReviewsConnector:
    """Places of one account. Holds no state that must survive; see `Connector` for the promises."""

    network = Network.REVIEW
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: GoogleReviewsSettings, secrets: GoogleReviewsSecrets, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._budget = tools.budgets.of(f"google {settings.client_id}", limits(settings.requests_a_minute))
        tokens = renewed_token(
            tools,
            provider(settings.token_url),
            settings.client_id,
            secrets.client_secret,
            secrets.refresh_token,
        )
        self._api = Api(tools, settings.api, tokens, self._budget, explain=_words)
        self._notifications = Api(tools, settings.notifications_api, tokens, self._budget, explain=_words)
        self._reviews = Reviews(self._api, settings, tools.now)

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Ask for everything, until `stop`."""
        settings, pace = self._settings, self._tools.pace
        pushed = bool(settings.push_email)
        seconds = settings.poll_seconds * (PUSHED_TIMES if pushed else 1)
        asking = Asking(
            sources=self._reviews.sources(self._budget, self._tools.now()), poll_seconds=seconds,
            limit=REQUESTS, walk=self._reviews.walk, look=self._reviews.look,
            look_again_minutes=settings.look_again_minutes, days=LOOK_DAYS, most=LOOK_MOST, at_once=LOOK_AT_ONCE,
            cost=LOOK_AT_ONCE,
        )  # fmt: skip
        work = asked(inlet, stop, self._tools, self._budget, self._explain, asking)
        if pushed:
            looks = Looks(inlet, stop, self._budget, now=self._tools.now, explain=self._explain)
            work.append(looks.wanted(self._reviews.fetch, limit=REQUESTS, seconds=WANTED_SECONDS * pace))
            work.append(keep_up(inlet, stop, lambda backoff: self._fetch_keys(stop, backoff), self._explain))
        if settings.pubsub_topic:
            work.append(keep_up(inlet, stop, lambda backoff: self._publish(stop, backoff), self._explain))
        await asyncio.gather(*work)

    async def _fetch_keys(self, stop: asyncio.Event, backoff: Backoff) -> None:
        """Have the keys at hand by which a push is proved, before one comes."""
        keys, tools = keys_of(self._settings.certs), self._tools
        while True:
            if keys.missed or tools.now() - keys.fetched_at >= KEYS_SECONDS * SECOND:
                answer = await fetch(tools.http, "GET", self._settings.certs)
                if answer.status_code >= 300 or not keys.take(answer.content, tools.now()):
                    raise httpx2.HTTPError(f"its keys could not be read (status {answer.status_code})")
                backoff.reset()
            if await pause(stop, MISSED_SECONDS * tools.pace):
                raise Stopped

    async def _publish(self, stop: asyncio.Event, backoff: Backoff) -> None:
        """Tell Google again and again where to publish: to be told twice changes nothing there."""
        settings = self._settings
        name = f"accounts/{settings.account_id}/notificationSetting"
        wanted = {
            "name": name, "pubsubTopic": settings.pubsub_topic, "notificationTypes": ["NEW_REVIEW", "UPDATED_REVIEW"],
        }  # fmt: skip

        async def tell() -> None:
            self._budget.spend(REQUESTS)
            params = {"updateMask": "pubsubTopic,notificationTypes"}
            await self._notifications.call("PATCH", f"/v1/{name}", limit=REQUESTS, params=params, json=wanted)

        await every(stop, backoff, PUBLISH_SECONDS, tell)

    async def send(self, reply: Reply) -> Sent:
        """Put the reply of a review; see `Connector.send`."""
        composed = compose(reply)
        await afford_reply(self._budget, REQUESTS)
        path = self._reviews.path(f"{composed.path}/reply")
        answer = await self._api.send("PUT", path, limit=REQUESTS, json={"comment": composed.text})
        try:
            at = moment(mapping(msgspec.json.decode(answer.content)).get("updateTime"))
        except msgspec.MsgspecError:
            at = None
        if at is None:
            raise SendUnknown("The answer of the network could not be read. The reply may be out.")
        return Sent(
            native_id=reply_id(_review_of(reply)),
            namespace=GOOGLE,
            occurred_at=at,
            thread=reply.to.thread,
        )

    async def find(self, reply: Reply) -> Sent | None:
        """Read the review, and see whether its reply has the same words."""
        composed = compose(reply)
        self._budget.spend(REQUESTS)
        try:
            _, answer = await self._reviews.get(composed.location, composed.review)
        except ApiRefused as refused:
            if refused.status == NOT_THERE:
                return None
            raise SendUnknown(f"Google could not be asked for the reply: {self._explain(refused)}") from None
        except (*FAULTS, SendPostponed) as fault:
            raise SendUnknown(f"Google could not be asked for the reply: {self._explain(fault)}") from None
        there = mapping(answer, "reviewReply")
        at = moment(there.get("updateTime"))
        if at is None or own_words(word(there, "comment")).split() != composed.text.split():
            return None
        return Sent(
            native_id=reply_id(_review_of(reply)),
            namespace=GOOGLE,
            occurred_at=at,
            thread=reply.to.thread,
        )

    async def check(self) -> list[str]:
        """Try the token at each location."""
        problems = []
        for location in self._settings.locations:
            path = self._reviews.path(f"locations/{location}/reviews")
            try:
                await self._api.ask(path, limit=REQUESTS, params={"pageSize": "1"})
            except ApiRefused as refused:
                if refused.status != NOT_THERE:
                    return [self._explain(refused)]
                problems.append(
                    f"The account {self._settings.account_id} has no location {location}. Take it out of the settings, "
                    "or correct its number."
                )
            except FAULTS as fault:
                return [self._explain(fault)]
        return problems

    def _explain(self, fault: Exception) -> str:
        if isinstance(fault, GrantRefused):
            return f"{fault} Reviews wait there. Connect the account again."
        if isinstance(fault, ApiRefused) and fault.status in (401, 403):
            return (
                f"Google refuses: {fault}. See that Google approved the project for the Business Profile APIs, that "
                "the consent has the scope business.manage, and that the account manages the locations."
            )
        return broke("Google", fault, "Reviews wait there; Earful keeps trying.")


def _review_of(reply: Reply) -> str:
    return reply.to.native_id.removesuffix("/reply")


def _words(response: httpx2.Response) -> str:
    return words(response, "Google")
