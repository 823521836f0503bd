"""A number as a channel. Calls are heard, never made: an answer goes out as an SMS, or somebody calls back."""

import asyncio
from collections.abc import Callable

import msgspec

from earful.channels.contract import (
    Capabilities,
    Connector,
    Inlet,
    Job,
    RawDelivery,
    Reply,
    SendRefused,
    Sent,
)
from earful.channels.kit.again import Looks
from earful.channels.kit.api import FAULTS
from earful.channels.kit.backoff import Backoff
from earful.channels.kit.loose import members
from earful.channels.kit.newest import Batch, NewestFirst
from earful.channels.kit.poll import Cadence, Page, poll
from earful.channels.kit.running import keep_up
from earful.channels.kit.stopping import Stopped, pause
from earful.channels.kit.tools import Tools
from earful.channels.phone.limits import (
    BEAT_SECONDS,
    BY_SMS,
    CAPABILITIES,
    LOOK_SECONDS,
    MOST_PAGES,
    OVERLAP_MS,
    PAGE,
    SLOWEST,
)
from earful.channels.phone.parse import listed, order
from earful.channels.phone.settings import PhoneSecrets, PhoneSettings
from earful.channels.twilio.rest import CALLS, Rest, explained
from earful.model.message import Network
from earful.model.time import rfc3339

KEPT = "Callers hear nothing of ours until then; Twilio lists who called, and Earful fetches that."


class PhoneConnector:
    """One number. `by_sms` gives a connected channel for SMS, if any."""

    network = Network.PHONE

    def __init__(self, settings: PhoneSettings, secrets: PhoneSecrets, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._token = secrets.auth_token
        self._rest = Rest(tools, settings.api, settings.account, secrets.auth_token)
        self.by_sms: Callable[[], Connector | None] = lambda: None

    @property
    def capabilities(self) -> Capabilities:
        """Answers in writing need a channel for SMS; of what was before, only Twilio tells."""
        can = BY_SMS if self.by_sms() is not None else CAPABILITIES
        return msgspec.structs.replace(can, history=self._settings.calls == "twilio")

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Tell Twilio where to call, and fetch what it could not tell; elsewhere calls are handed in."""
        lacking = self._lacking()
        if self._settings.calls == "system" or lacking:
            while not stop.is_set():
                await (inlet.trouble(lacking) if lacking else inlet.alive())
                await pause(stop, BEAT_SECONDS)
            return
        pace = LOOK_SECONDS * self._tools.pace
        source = NewestFirst(
            self._page, self._rest.budget, self._tools.now(), name="calls", limit=CALLS, overlap=OVERLAP_MS,
            most_pages=MOST_PAGES,
        )  # fmt: skip
        looks = Looks(inlet, stop, self._rest.budget, now=self._tools.now, explain=self._explain)
        await asyncio.gather(
            self._stand_by(inlet, stop),
            poll(
                inlet, stop, source, cadence=Cadence(shortest=pace, longest=pace * SLOWEST),
                budget=self._rest.budget, explain=self._explain,
            ),
            looks.history(self._walk, limit=CALLS, pace=self._tools.pace),
        )  # fmt: skip

    async def _stand_by(self, inlet: Inlet, stop: asyncio.Event) -> None:
        async def once(backoff: Backoff) -> None:
            problem = await self._wire()
            if problem:
                await inlet.trouble(problem)
            backoff.reset()
            if await pause(stop, LOOK_SECONDS):
                raise Stopped

        await keep_up(inlet, stop, once, self._explain)

    async def _wire(self) -> str:
        here = self._tools.hook_url
        wanted = {
            "VoiceUrl": here,
            "VoiceMethod": "POST",
            "StatusCallback": here,
            "StatusCallbackMethod": "POST",
        }
        return await self._rest.deliver_to(self._settings.number, wanted)

    async def _page(self, floor: int, token: str) -> Batch:
        params = {"To": self._settings.number, "PageSize": str(PAGE)}
        # Calls are listed by the day on which they began.
        since = {"StartTime>": rfc3339(floor)[:10]} if floor else {}
        found = await self._rest.listed("Calls", params | since, token)
        items = members(found.answer, "calls")
        return Batch(
            raw=found.raw,
            messages=[message for message in map(listed, items) if message is not None],
            orders=[at for at in map(order, items) if at],
            next=found.next,
        )

    async def _walk(self, job: Job) -> Page:
        batch = await self._page(job.since or 0, job.place)
        delivery = RawDelivery(transport="poll", body=batch.raw, verified_by="token")
        return Page(delivery=delivery, messages=batch.messages, cursor=batch.next, more=bool(batch.next))

    async def send(self, reply: Reply) -> Sent:
        """As an SMS to the caller; see `Connector.send`."""
        return await self._sms().send(_as_sms(reply))

    async def find(self, reply: Reply) -> Sent | None:
        """As the channel for SMS finds it."""
        return await self._sms().find(_as_sms(reply))

    def _sms(self) -> Connector:
        found = self.by_sms()
        if found is None:
            raise SendRefused(
                "A call is answered by an SMS, and no channel for SMS is connected. Call back and log the call; "
                "nothing was sent."
            )
        return found

    async def check(self) -> list[str]:
        """Try the account, and whether the number is its own; a telephone system is not asked."""
        lacking = self._lacking()
        if self._settings.calls == "system" or lacking:
            return [lacking] if lacking else []
        try:
            problem = await self._wire()
        except FAULTS as fault:
            return [self._explain(fault)]
        return [problem] if problem else []

    def _lacking(self) -> str:
        """What Twilio needs and nobody filled in; nothing for a telephone system, which needs nothing."""
        if self._settings.calls == "system":
            return ""
        given = {
            "our number": self._settings.number,
            "the account SID": self._settings.account,
            "the auth token": self._token,
        }
        missing = [name for name, value in given.items() if not value]
        return f"Twilio cannot answer yet: fill in {', '.join(missing)}." if missing else ""

    def _explain(self, fault: Exception) -> str:
        return explained(fault, KEPT)


class Connecting:
    """Makes connectors; says what a number can do before one is asked."""

    capabilities: Capabilities = CAPABILITIES

    def __call__(self, settings: PhoneSettings, secrets: PhoneSecrets, tools: Tools) -> Connector:
        return PhoneConnector(settings, secrets, tools)


def _as_sms(reply: Reply) -> Reply:
    """The caller's number is where an SMS goes; nothing else of the call is known there."""
    to = msgspec.structs.replace(reply.to, namespace="", thread=reply.to.author_native_id)
    return msgspec.structs.replace(reply, to=to)
