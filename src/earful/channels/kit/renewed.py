"""An access token made from a refresh token that an admin pasted, for networks whose refresh tokens stay the same."""

import asyncio

from earful.channels.kit.oauth import Client, Grant, Provider, Tokens, renew
from earful.channels.kit.tools import Tools
from earful.model.time import MINUTE

EARLY = 2 * MINUTE
LATE = 30 * MINUTE
"""How long a token is used whose end nobody told."""


def renewed_token(
    tools: Tools, provider: Provider, client_id: str, client_secret: str, refresh_token: str
) -> Tokens:
    """The account's consent where there is one, otherwise tokens made from what an admin pasted."""
    if tools.tokens is not None:
        return tools.tokens
    client = Client(client_id=client_id, client_secret=client_secret)
    return RenewedToken(tools, provider, client, refresh_token)


class RenewedToken:
    """What `kit.oauth.Tokens` promises; the access token lives in memory only."""

    def __init__(self, tools: Tools, provider: Provider, client: Client, refresh_token: str) -> None:
        self._tools = tools
        self._provider = provider
        self._client = client
        self._grant = Grant(access_token="", refresh_token=refresh_token)
        self._good_until = 0
        self._one = asyncio.Lock()

    async def access(self) -> str:
        """A token that is good for a while. Raises GrantRefused, and httpx2.HTTPError when nobody can be asked."""
        async with self._one:
            now = self._tools.now()
            if self._good_until <= now:
                self._grant = await renew(self._tools.http, self._provider, self._client, self._grant, now)
                self._good_until = (self._grant.expires_at or now + LATE) - EARLY
            return self._grant.access_token

    async def refused(self, token: str) -> None:
        """Make a new one before the next use."""
        async with self._one:
            if token == self._grant.access_token:
                self._good_until = 0
