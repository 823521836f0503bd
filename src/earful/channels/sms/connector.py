"""A number for SMS as a channel: Twilio delivers, Earful looks whether anything was missed, and answers."""

import asyncio

from earful.channels.contract import Capabilities, Inlet, Reply, SendPostponed, SendUnknown, Sent
from earful.channels.kit.again import Looks
from earful.channels.kit.api import FAULTS
from earful.channels.kit.backoff import Backoff
from earful.channels.kit.loose import members
from earful.channels.kit.poll import Cadence, poll
from earful.channels.kit.running import keep_up
from earful.channels.kit.sending import afford_reply
from earful.channels.kit.sharing import address, reachable
from earful.channels.kit.stopping import Stopped, pause
from earful.channels.kit.tools import Tools
from earful.channels.sms.follow import MESSAGES, Messages
from earful.channels.sms.limits import CAPABILITIES, FIND_PAGE, LOOK_SECONDS, SLOWEST
from earful.channels.sms.send import compose, is_reply, named, sent
from earful.channels.sms.settings import SmsSecrets, SmsSettings
from earful.channels.twilio.rest import CALLS, SEND, Rest, explained
from earful.model.message import Network

KEPT = "Twilio keeps what is said; Earful fetches it as soon as it can."


class TwilioSms:
    """One number at Twilio. Holds no state that must survive; see `Connector` for the promises."""

    network = Network.SMS
    capabilities: Capabilities = CAPABILITIES
    """With pictures only where Twilio can fetch them."""

    def __init__(self, settings: SmsSettings, secrets: SmsSecrets, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self.capabilities = reachable(CAPABILITIES, tools)
        self._rest = Rest(tools, settings.api, settings.account, secrets.auth_token)
        self._messages = Messages(self._rest, settings)

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Tell Twilio where to deliver, and fetch what it could not, until `stop`."""
        pace = LOOK_SECONDS * self._tools.pace
        looks = Looks(inlet, stop, self._rest.budget, now=self._tools.now, explain=self._explain)
        await asyncio.gather(
            self._stand_by(inlet, stop),
            *(
                poll(
                    inlet, stop, source, cadence=Cadence(shortest=pace, longest=pace * SLOWEST),
                    budget=self._rest.budget, explain=self._explain,
                )
                for source in self._messages.sources(self._tools.now())
            ),
            looks.history(self._messages.walk, limit=CALLS, pace=self._tools.pace),
        )  # fmt: skip

    async def _stand_by(self, inlet: Inlet, stop: asyncio.Event) -> None:
        async def once(backoff: Backoff) -> None:
            problem = await self._rest.deliver_to(
                self._settings.number, {"SmsUrl": self._tools.hook_url, "SmsMethod": "POST"}
            )
            if problem:
                await inlet.trouble(problem)
            backoff.reset()
            if await pause(stop, LOOK_SECONDS):
                raise Stopped

        await keep_up(inlet, stop, once, self._explain)

    async def send(self, reply: Reply) -> Sent:
        """Send one message; see `Connector.send`."""
        number, text = compose(reply)
        form: dict[str, str | list[str]] = {
            "To": number,
            "From": self._settings.number,
            "StatusCallback": self._tools.hook_url,
        }
        if text:
            form["Body"] = text
        if reply.files:
            form["MediaUrl"] = [address(one, self._tools) for one in reply.files]
        await afford_reply(self._rest.budget, SEND)
        response = await self._rest.api.send("POST", self._rest.path(MESSAGES), limit=SEND, data=form)
        return sent(response.content, reply, self._tools.now())

    async def find(self, reply: Reply) -> Sent | None:
        """Look in the list for the same words to the same number, sent after what they answer."""
        number, text = compose(reply)
        since = reply.to.context.get("at")
        asked = {"To": number, "From": self._settings.number, "PageSize": str(FIND_PAGE)}
        try:
            found = await self._rest.listed(MESSAGES, asked)
        except (*FAULTS, SendPostponed) as fault:
            raise SendUnknown(f"Twilio could not be asked for the reply: {self._explain(fault)}") from None
        for one in members(found.answer, "messages"):
            if is_reply(one, text, since if isinstance(since, int) else 0):
                return named(one, reply, self._tools.now())
        return None

    async def check(self) -> list[str]:
        """Try the account, and whether the number is its own."""
        try:
            problem = await self._rest.deliver_to(
                self._settings.number, {"SmsUrl": self._tools.hook_url, "SmsMethod": "POST"}
            )
        except FAULTS as fault:
            return [self._explain(fault)]
        return [problem] if problem else []

    def _explain(self, fault: Exception) -> str:
        return explained(fault, KEPT)
