"""An X account as a channel: pushed or streamed, and asked for what was missed."""

import asyncio
from collections.abc import Awaitable

import httpx2

from earful.channels.contract import Capabilities, Inlet, Reply, SendPostponed, SendUnknown, Sent
from earful.channels.kit.again import Looks
from earful.channels.kit.api import FAULTS, Api, ApiRefused, tokens_of, wait_by
from earful.channels.kit.backoff import Backoff
from earful.channels.kit.loose import mapping, members, object_in, word
from earful.channels.kit.oauth import FixedToken, GrantRefused
from earful.channels.kit.poll import Cadence, poll
from earful.channels.kit.running import broke, every, keep_up
from earful.channels.kit.sending import afford_reply
from earful.channels.kit.stopping import unless
from earful.channels.kit.tools import Tools
from earful.channels.x.files import upload
from earful.channels.x.follow import DM_FIELDS, FIELDS, History, Lookup, dms_in, listings, posts_in
from earful.channels.x.limits import CAPABILITIES, LIMITS, LOOK_DAYS, LOOK_MOST, PAGE, heed
from earful.channels.x.parse import id_number
from earful.channels.x.send import Composed, compose, same_words, sent, with_pictures
from earful.channels.x.settings import XSecrets, XSettings
from earful.channels.x.setup import Setup, SetupRefused
from earful.channels.x.stream import Stream
from earful.model.message import Direction, IncomingMessage, Network
from earful.model.time import moment

WATCH_SECONDS = 600.0
WANTED_SECONDS = 5.0
SLOWEST = 4
_FAULTS = (*FAULTS, SetupRefused)


class XConnector:
    """One account. Holds no state that must survive; see `Connector` for the promises."""

    network = Network.X
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: XSettings, secrets: XSecrets, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._budget = tools.budgets.of(f"x {settings.user_id}", LIMITS)
        common = {"explain": _words, "heed": heed, "wait": wait_by("x-rate-limit-reset")}
        self._user = Api(tools, settings.api, tokens_of(tools, secrets.access_token), self._budget, **common)  # type: ignore[arg-type]
        self._app = Api(tools, settings.api, FixedToken(secrets.bearer_token), self._budget, **common)  # type: ignore[arg-type]
        self._lookup = Lookup(self._user, settings, tools.now)

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """All ways at once, until `stop`."""
        pace, budget = self._tools.pace, self._budget
        looks = Looks(inlet, stop, budget, now=self._tools.now, explain=self._explain)
        work: list[Awaitable[None]] = [
            poll(
                inlet, stop, source, cadence=self._cadence(), budget=budget, explain=self._explain
            )
            for source in listings(self._user, self._settings, budget, self._tools.now())
        ]  # fmt: skip
        work.append(
            looks.recent(
                self._lookup.look, limit="posts looked at", days=LOOK_DAYS, most=LOOK_MOST, at_once=PAGE,
                seconds=self._settings.look_again_minutes * 60 * pace,
            )
        )  # fmt: skip
        work.append(looks.wanted(self._lookup.fetch, limit="posts looked at", seconds=WANTED_SECONDS * pace))
        work.append(looks.history(History(self._user, self._settings).walk, limit="mentions read", pace=pace))
        if self._settings.receive == "webhook":
            work.append(
                keep_up(inlet, stop, lambda backoff: self._watch(inlet, stop, backoff), self._explain)
            )
        elif self._settings.receive == "stream":
            work.append(
                keep_up(inlet, stop, lambda backoff: self._stream(inlet, stop, backoff), self._explain)
            )
        await asyncio.gather(*work)

    def _cadence(self) -> Cadence:
        shortest = self._settings.poll_seconds * self._tools.pace
        return Cadence(shortest=shortest, longest=shortest * SLOWEST)

    async def _watch(self, inlet: Inlet, stop: asyncio.Event, backoff: Backoff) -> None:
        setup = self._setup()

        async def see() -> None:
            hook_id = await setup.webhook(inlet)
            await setup.subscribe(hook_id)
            await inlet.alive()

        await every(stop, backoff, WATCH_SECONDS, see)

    async def _stream(self, inlet: Inlet, stop: asyncio.Event, backoff: Backoff) -> None:
        await self._setup().subscribe("")
        stream = Stream(self._tools.http, self._app, self._settings, self._lookup.fetch, self._tools.now)
        await unless(stop, stream.run(inlet, backoff))

    def _setup(self) -> Setup:
        tools = self._tools
        return Setup(self._app, self._user, self._settings, self._budget, tools.hook_url, tools.now)

    async def send(self, reply: Reply) -> Sent:
        """Post one reply or direct message; see `Connector.send`."""
        composed = compose(reply, self._settings)
        media_ids = await upload(self._user, self._budget, reply)
        await afford_reply(self._budget, f"{composed.limit} in a day")
        await afford_reply(self._budget, composed.limit)
        body = with_pictures(composed, media_ids)
        response = await self._user.send("POST", composed.path, limit=composed.limit, json=body)
        return sent(response.content, reply, self._settings, moment(self._tools.now()))

    async def find(self, reply: Reply) -> Sent | None:
        """Look among what the account said for an answer to the same message with the same words."""
        composed = compose(reply, self._settings)
        if not composed.text:
            raise SendUnknown("X cannot be asked for a picture without words. Look on X itself.")
        try:
            found = await self._said(reply, composed)
        except (*_FAULTS, SendPostponed) as fault:
            raise SendUnknown(f"X could not be asked for the reply: {self._explain(fault)}") from None
        if found is None:
            return None
        return Sent(
            native_id=found.native_id,
            namespace=found.namespace,
            occurred_at=found.occurred_at,
            permalink=found.permalink,
            thread=found.thread,
        )

    async def _said(self, reply: Reply, composed: Composed) -> IncomingMessage | None:
        me = self._settings.user_id
        if composed.answers:
            params = FIELDS | {"max_results": str(PAGE), "since_id": composed.answers}
            _, answer = await self._user.ask(f"/2/users/{me}/tweets", limit="own posts read", params=params)
            own = [
                one for one in posts_in(answer, me) if one.parent_id in (composed.answers, reply.to.native_id)
            ]
        else:
            params = DM_FIELDS | {"max_results": str(PAGE)}
            _, answer = await self._user.ask("/2/dm_events", limit="direct messages read", params=params)
            own = [
                one
                for one in dms_in(answer, me)
                # With the same words to the same person, only what came after the question is the answer to it.
                if id_number(one.native_id) > id_number(reply.to.native_id)
                and reply.to.author_native_id in {each.native_id for each in one.recipients}
            ]
        mine = (
            one for one in own if one.direction is Direction.OUTBOUND and same_words(one.text, composed.text)
        )
        return next(mine, None)

    async def check(self) -> list[str]:
        """Try both tokens."""
        problems = []
        try:
            _, answer = await self._user.ask("/2/users/me", limit="set-up")
            told = word(answer, "data", "id")
            if told != self._settings.user_id:
                problems.append(
                    f"The access token belongs to the account {told or 'of nobody'}, not to {self._settings.user_id}. "
                    "Put the right account id into the settings, or connect the right account."
                )
        except _FAULTS as fault:
            problems.append(self._explain(fault))
        if self._settings.receive == "webhook":
            try:
                await self._app.ask("/2/webhooks", limit="set-up")
            except _FAULTS as fault:
                problems.append(f"With the bearer token of the app: {self._explain(fault)}")
        return problems

    def _explain(self, fault: Exception) -> str:
        if isinstance(fault, ApiRefused) and fault.status == 401:
            return (
                "X does not accept the token any more. Nothing that came is lost; connect the account again, or paste "
                "a new token."
            )
        if isinstance(fault, ApiRefused) and fault.status == 403:
            return (
                f"X refuses: {fault}. See that the app has the scopes tweet.read, users.read and, for direct messages, "
                "dm.read, for answers with pictures, media.write, and that its plan has what is asked for."
            )
        if isinstance(fault, ApiRefused) and fault.status == 429:
            return f"X asked too often: {fault}. Earful waits as long as X says and goes on."
        if isinstance(fault, GrantRefused | SetupRefused):
            return str(fault)
        return broke("X", fault, "Posts wait there; Earful keeps trying.")


def _words(response: httpx2.Response) -> str:
    """X's own words in a refusal (RFC 9457, or a list of errors)."""
    found = object_in(response.content)
    first = next(iter(members(found, "errors")), {})
    told = (
        word(found, "detail")
        or word(first, "message")
        or word(first, "detail")
        or word(mapping(found), "title")
    )
    return f"X says: {told[:300]}" if told else ""
