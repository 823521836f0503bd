"""A Pinterest account as a channel of counts: nothing is received but our own pins, and nothing is sent."""

import asyncio

import httpx2

from earful.channels.contract import Capabilities, Inlet, Reply, SendRefused, Sent
from earful.channels.kit.api import FAULTS, Api, ApiRefused, tokens_of
from earful.channels.kit.loose import object_in, word
from earful.channels.kit.oauth import GrantRefused
from earful.channels.kit.poll import Cadence, poll
from earful.channels.kit.running import broke
from earful.channels.kit.tools import Tools
from earful.channels.pinterest.follow import Pins
from earful.channels.pinterest.limits import CAPABILITIES, LIMITS, REQUESTS, SCOPES
from earful.channels.pinterest.settings import PinterestSecrets, PinterestSettings
from earful.model.message import Network


class PinterestConnector:
    """One account. Holds no state that must survive; see `Connector` for the promises."""

    network = Network.PINTEREST
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: PinterestSettings, secrets: PinterestSecrets, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._budget = tools.budgets.of(f"pinterest {settings.client_id}", LIMITS)
        tokens = tokens_of(tools, secrets.access_token)
        self._api = Api(tools, settings.api, tokens, self._budget, explain=_words)

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Look at all pins again and again, until `stop`."""
        seconds = self._settings.look_minutes * 60 * self._tools.pace
        await poll(
            inlet, stop, Pins(self._api, self._settings.username), cadence=Cadence(shortest=seconds, longest=seconds),
            budget=self._budget, explain=self._explain,
        )  # fmt: skip

    async def send(self, reply: Reply) -> Sent:
        """Refused: Pinterest has no API for comments and messages."""
        raise SendRefused(
            "Pinterest lets no app write comments or messages; nothing was sent. Answer on Pinterest itself."
        )

    async def find(self, reply: Reply) -> Sent | None:
        """Nothing was ever sent."""
        return None

    async def check(self) -> list[str]:
        """Try the token, whose account it is, and whether its pins may be read."""
        try:
            _, answer = await self._api.ask("/v5/user_account", limit=REQUESTS)
            await self._api.ask("/v5/pins", limit=REQUESTS, params={"page_size": "1"})
        except FAULTS as fault:
            return [self._explain(fault)]
        name = word(answer, "username")
        if name.casefold() != self._settings.username.casefold():
            return [
                f"The token belongs to {name or 'nobody'}, not to {self._settings.username}. Put the right user name "
                "into the settings, or connect the right account."
            ]
        return []

    def _explain(self, fault: Exception) -> str:
        if isinstance(fault, GrantRefused):
            return f"{fault} Counts stay as they are. Connect the account again."
        if isinstance(fault, ApiRefused) and fault.status in (401, 403):
            return f"Pinterest refuses: {fault}. See that the consent has the scopes {', '.join(SCOPES)}."
        return broke("Pinterest", fault, "Counts stay as they are; Earful keeps trying.")


def _words(response: httpx2.Response) -> str:
    told = object_in(response.content)
    text = ": ".join(one for one in (word(told, "code"), word(told, "message")) if one)
    return f"Pinterest says: {text[:300]}" if text else ""
