"""A company page as a channel: LinkedIn pushes, and is asked for what was missed."""

import asyncio

import httpx2
import msgspec

from earful.channels.contract import Capabilities, Inlet, Reply, SendPostponed, SendUnknown, Sent
from earful.channels.kit.again import Looks
from earful.channels.kit.api import FAULTS, Api, ApiRefused, tokens_of
from earful.channels.kit.asking import Asking, asked
from earful.channels.kit.backoff import Backoff
from earful.channels.kit.http import retry_after
from earful.channels.kit.loose import mapping, members, object_in, word
from earful.channels.kit.oauth import GrantRefused
from earful.channels.kit.running import broke, every, keep_up
from earful.channels.kit.sending import afford_reply, sent_as
from earful.channels.kit.tools import Tools
from earful.channels.linkedin.follow import Notifications
from earful.channels.linkedin.limits import (
    CAPABILITIES,
    COMMENTS_AT_ONCE,
    KEPT_DAYS,
    REQUESTS,
    SCOPES,
    limits,
)
from earful.channels.linkedin.parse import comment
from earful.channels.linkedin.send import compose
from earful.channels.linkedin.settings import LinkedInSecrets, LinkedInSettings
from earful.model.message import Direction, IncomingMessage, Network
from earful.model.time import DAY, SECOND, Instant

WATCH_SECONDS = 600.0
WANTED_SECONDS = 5.0
ENDED_VERSION = 426


class LinkedInConnector:
    """One page. Holds no state that must survive; see `Connector` for the promises."""

    network = Network.LINKEDIN
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: LinkedInSettings, secrets: LinkedInSecrets, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        name = f"linkedin {settings.client_id or settings.organization_id}"
        self._budget = tools.budgets.of(name, limits(settings.requests_a_day))
        headers = {"linkedin-version": settings.version, "x-restli-protocol-version": "2.0.0"}
        tokens = tokens_of(tools, secrets.access_token)
        self._api = Api(
            tools, settings.api, tokens, self._budget, explain=_words, wait=_wait, headers=headers
        )
        self._notifications = Notifications(self._api, settings, self._budget, tools.now)

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """See that LinkedIn pushes, and ask for what was missed, until `stop`."""
        tools = self._tools
        looks = Looks(inlet, stop, self._budget, now=tools.now, explain=self._explain)
        asking = Asking(
            sources=[self._notifications.source(tools.now())], poll_seconds=self._settings.poll_seconds,
            limit=REQUESTS, walk=self._notifications.walk,
        )  # fmt: skip
        work = asked(inlet, stop, tools, self._budget, self._explain, asking)
        seconds = WANTED_SECONDS * tools.pace
        work.append(looks.wanted(self._notifications.fetch, limit=REQUESTS, seconds=seconds))
        if self._settings.app_id:
            work.append(keep_up(inlet, stop, lambda backoff: self._watch(stop, backoff), self._explain))
        await asyncio.gather(*work)

    async def _watch(self, stop: asyncio.Event, backoff: Backoff) -> None:
        await every(stop, backoff, WATCH_SECONDS, lambda: self._notifications.subscribe(self._tools.hook_url))

    async def send(self, reply: Reply) -> Sent:
        """Write one comment; see `Connector.send`."""
        composed = compose(reply)
        await afford_reply(self._budget, REQUESTS)
        body = composed.body(self._settings.organization_id)
        answer = await self._api.send("POST", composed.path, limit=REQUESTS, json=body)
        try:
            made = self._read(mapping(msgspec.json.decode(answer.content)), composed.post)
        except msgspec.MsgspecError:
            made = None
        if made is None:
            raise SendUnknown("The answer of the network could not be read. The reply may be out.")
        return sent_as(made, reply)

    async def find(self, reply: Reply) -> Sent | None:
        """Look among the comments there for one of ours with the same words."""
        composed = compose(reply)
        self._budget.spend(REQUESTS)
        try:
            params = {"start": "0", "count": str(COMMENTS_AT_ONCE)}
            _, answer = await self._api.ask(composed.path, limit=REQUESTS, params=params)
        except (*FAULTS, SendPostponed) as fault:
            raise SendUnknown(f"LinkedIn could not be asked for the reply: {self._explain(fault)}") from None
        for one in members(answer, "elements"):
            made = self._read(one, composed.post)
            ours = made is not None and made.direction is Direction.OUTBOUND
            if made is not None and ours and made.text.split() == composed.text.split():
                return sent_as(made, reply)
        return None

    def _read(self, raw: dict[str, object], post: str) -> IncomingMessage | None:
        return comment(raw, post, self._settings.organization_id, self._tools.now())

    async def check(self) -> list[str]:
        """Try the token, and whether its person may speak for the page."""
        path = "/rest/organizationAcls?q=roleAssignee&role=ADMINISTRATOR&state=APPROVED"
        try:
            _, answer = await self._api.ask(path, limit=REQUESTS)
        except FAULTS as fault:
            return [self._explain(fault)]
        pages = [word(one, "organization") for one in members(answer, "elements")]
        if f"urn:li:organization:{self._settings.organization_id}" not in pages:
            return [
                f"Whoever gave consent is no administrator of the page {self._settings.organization_id}. Make them one "
                "at LinkedIn, put the right number into the settings, or connect another account."
            ]
        return []

    def _explain(self, fault: Exception) -> str:
        if isinstance(fault, GrantRefused):
            return f"{fault} Comments wait at LinkedIn for {KEPT_DAYS} days. Connect the account again."
        if isinstance(fault, ApiRefused) and fault.status == ENDED_VERSION:
            return (
                f"LinkedIn has ended the API version {self._settings.version}. Comments wait there for {KEPT_DAYS} "
                "days. Put a newer version into the settings."
            )
        if isinstance(fault, ApiRefused) and fault.status in (401, 403):
            return (
                f"LinkedIn refuses: {fault}. See that the consent has not ended (60 days), that it has the permissions "
                f"{', '.join(SCOPES)}, and that its person is an administrator of the page."
            )
        return broke("LinkedIn", fault, f"Comments wait there for {KEPT_DAYS} days; Earful keeps trying.")


def _words(response: httpx2.Response) -> str:
    told = object_in(response.content)
    text = ": ".join(one for one in (word(told, "code"), word(told, "message")) if one)
    return f"LinkedIn says: {text[:300]}" if text else ""


def _wait(response: httpx2.Response, now: Instant) -> float | None:
    """A quota of the day comes back at midnight UTC."""
    told = retry_after(response.headers, now)
    if told is None and " DAY " in _words(response):
        return (DAY - now % DAY) / SECOND
    return told
