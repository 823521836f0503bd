"""A Reddit account as a channel: everything is asked for."""

import asyncio

import httpx2

from earful import __version__
from earful.channels.contract import Capabilities, Inlet, Reply, SendPostponed, SendUnknown, Sent
from earful.channels.kit.api import FAULTS, Api, ApiRefused
from earful.channels.kit.asking import Asking, asked
from earful.channels.kit.loose import mapping, object_in, word
from earful.channels.kit.oauth import GrantRefused
from earful.channels.kit.renewed import renewed_token
from earful.channels.kit.running import broke
from earful.channels.kit.sending import afford_reply
from earful.channels.kit.tools import Tools
from earful.channels.reddit.follow import Listings
from earful.channels.reddit.limits import (
    CAPABILITIES,
    INFO_AT_ONCE,
    LOOK_DAYS,
    LOOK_MOST,
    PAGE,
    REQUESTS,
    heed,
    limits,
    provider,
)
from earful.channels.reddit.parse import children
from earful.channels.reddit.send import compose, named, sent
from earful.channels.reddit.settings import RedditSecrets, RedditSettings
from earful.model.message import Network


class RedditConnector:
    """One account. Holds no state that must survive; see `Connector` for the promises."""

    network = Network.REDDIT
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: RedditSettings, secrets: RedditSecrets, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._budget = tools.budgets.of(f"reddit {settings.client_id}", limits(settings.requests_a_minute))
        tokens = renewed_token(
            tools,
            provider(settings.token_url),
            settings.client_id,
            secrets.client_secret,
            secrets.refresh_token,
        )
        # Reddit turns away programs without a name of their own.
        name = f"web:earful:{__version__} (by /u/{settings.username})"
        self._api = Api(
            tools, settings.api, tokens, self._budget, explain=_words, heed=heed, headers={"user-agent": name}
        )
        self._listings = Listings(self._api, settings, tools.now)

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Ask for everything, until `stop`."""
        settings = self._settings
        asking = Asking(
            sources=self._listings.sources(self._budget, self._tools.now()), poll_seconds=settings.poll_seconds,
            limit=REQUESTS, walk=self._listings.walk, look=self._listings.look,
            look_again_minutes=settings.look_again_minutes, days=LOOK_DAYS, most=LOOK_MOST, at_once=INFO_AT_ONCE,
        )  # fmt: skip
        await asyncio.gather(*asked(inlet, stop, self._tools, self._budget, self._explain, asking))

    async def send(self, reply: Reply) -> Sent:
        """Post one comment or message; see `Connector.send`."""
        composed = compose(reply)
        await afford_reply(self._budget, REQUESTS)
        form = {"thing_id": composed.answers, "text": composed.text, "api_type": "json", "raw_json": "1"}
        response = await self._api.send("POST", "/api/comment", limit=REQUESTS, data=form)
        return sent(response.content, reply, self._settings.username, self._tools.now())

    async def find(self, reply: Reply) -> Sent | None:
        """Look among what the account said for an answer to the same message with the same words."""
        composed = compose(reply)
        path = "/message/sent" if composed.private else f"/user/{self._settings.username}/comments"
        params = {"limit": str(PAGE), "raw_json": "1"}
        try:
            _, answer = await self._api.ask(path, limit=REQUESTS, params=params)
        except (*FAULTS, SendPostponed) as fault:
            raise SendUnknown(f"Reddit could not be asked for the reply: {self._explain(fault)}") from None
        for one in children(answer):
            data = mapping(one, "data")
            same = word(data, "body").split() == composed.text.split()
            if same and word(data, "parent_id") == composed.answers:
                return named(one, reply, self._settings.username, self._tools.now())
        return None

    async def check(self) -> list[str]:
        """Try the token."""
        try:
            _, answer = await self._api.ask("/api/v1/me", limit=REQUESTS)
        except FAULTS as fault:
            return [self._explain(fault)]
        if word(answer, "name").casefold() != self._settings.username.casefold():
            return [
                f"The token belongs to {word(answer, 'name') or 'nobody'}, not to {self._settings.username}. Put the "
                "right user name into the settings, or connect the right account."
            ]
        return []

    def _explain(self, fault: Exception) -> str:
        if isinstance(fault, GrantRefused):
            return f"{fault} What was said waits there. Connect the account again."
        if isinstance(fault, ApiRefused) and fault.status in (401, 403):
            return (
                f"Reddit refuses: {fault}. See that the app is approved, has the scopes identity, read, submit, "
                "privatemessages and history, and may read the subreddits in the settings."
            )
        return broke("Reddit", fault, "What was said waits there; Earful keeps trying.")


def _words(response: httpx2.Response) -> str:
    told = object_in(response.content)
    text = word(told, "explanation") or word(told, "message") or word(told, "reason")
    return f"Reddit says: {text[:300]}" if text else ""
