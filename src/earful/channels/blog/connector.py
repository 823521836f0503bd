"""The comments of a blog as a channel: everything is asked for."""

import asyncio

from earful.channels.blog.follow import Comments, System
from earful.channels.blog.isso import Isso
from earful.channels.blog.limits import CAPABILITIES, LIMITS, REQUESTS
from earful.channels.blog.send import compose
from earful.channels.blog.settings import BlogSecrets, BlogSettings
from earful.channels.blog.wordpress import WordPress
from earful.channels.contract import Capabilities, Inlet, Reply, SendPostponed, SendUnknown, Sent
from earful.channels.kit.api import FAULTS, ApiRefused
from earful.channels.kit.asking import Asking, asked
from earful.channels.kit.running import broke
from earful.channels.kit.sending import afford_reply
from earful.channels.kit.tools import Tools
from earful.model.message import Network

_NAMES = {"wordpress": "WordPress", "isso": "isso"}


class BlogConnector:
    """One blog. Holds no state that must survive; see `Connector` for the promises."""

    network = Network.BLOG
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: BlogSettings, secrets: BlogSecrets, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._budget = tools.budgets.of(f"blog {settings.url}", LIMITS)
        made = Isso if settings.system == "isso" else WordPress
        self._system: System = made(tools, settings, secrets, self._budget)

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Ask for what is new, changed or gone, until `stop`."""
        again = self._settings.look_again_minutes * 60 * self._tools.pace
        asking = Asking(
            sources=[Comments(self._system, self._tools.now, again)], poll_seconds=self._settings.poll_seconds,
            limit=REQUESTS, walk=self._system.walk,
        )  # fmt: skip
        await asyncio.gather(*asked(inlet, stop, self._tools, self._budget, self._explain, asking))

    async def send(self, reply: Reply) -> Sent:
        """Comment below the comment; see `Connector.send`."""
        text = compose(reply, self._system.namespace)
        await afford_reply(self._budget, REQUESTS, 2)
        return await self._system.send(reply, text)

    async def find(self, reply: Reply) -> Sent | None:
        """Look for the reply on the blog."""
        text = compose(reply, self._system.namespace)
        self._budget.spend(REQUESTS)
        try:
            return await self._system.find(reply, text)
        except (*FAULTS, SendPostponed) as fault:
            raise SendUnknown(f"The blog could not be asked for the reply: {self._explain(fault)}") from None

    async def check(self) -> list[str]:
        """Try the address and the password."""
        try:
            wrong = await self._system.wrong()
        except FAULTS as fault:
            return [self._explain(fault)]
        return [wrong] if wrong else []

    def _explain(self, fault: Exception) -> str:
        name = _NAMES[self._settings.system]
        if isinstance(fault, ApiRefused) and fault.status in (401, 403):
            return (
                f"{name} refuses: {fault}. See that the user name is right, that the application password was not "
                "taken back, and that the user is an editor."
            )
        if isinstance(fault, ApiRefused) and fault.status == 404:
            return f"{name} is not at {self._settings.url} ({fault}). Correct the address; what came is kept."
        return broke(name, fault, "Comments wait there; Earful keeps trying.")
