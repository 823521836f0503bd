"""A session of an app password: made once, renewed before it ends. Servers allow few sign-ins a day."""

import asyncio
import base64
import binascii
from typing import Any

import httpx2
import msgspec

from earful.channels.bluesky.settings import BlueskySecrets, BlueskySettings
from earful.channels.kit.budget import Budget
from earful.channels.kit.http import fetch, retry_after
from earful.channels.kit.loose import number, word
from earful.channels.kit.oauth import GrantRefused
from earful.channels.kit.tools import Tools
from earful.model.time import MINUTE, SECOND

EARLY = 2 * MINUTE


class SignInsUsedUp(httpx2.HTTPError):
    """The server's limit of sign-ins is reached; `after_seconds` until it opens."""

    def __init__(self, after_seconds: float) -> None:
        super().__init__("The limit of sign-ins is used up.")
        self.after_seconds = after_seconds


class Session:
    """What `kit.oauth.Tokens` promises, for an app password."""

    def __init__(
        self, settings: BlueskySettings, secrets: BlueskySecrets, tools: Tools, budget: Budget
    ) -> None:
        self._settings = settings
        self._secrets = secrets
        self._tools = tools
        self._budget = budget
        self._access = ""
        self._refresh = ""
        self._did = ""
        self._good_until = 0
        self._one = asyncio.Lock()

    async def access(self) -> str:
        """A token that is good for a while. Raises GrantRefused and httpx2.HTTPError."""
        async with self._one:
            if not self._access or self._good_until <= self._tools.now():
                await self._open()
            return self._access

    async def refused(self, token: str) -> None:
        """It is not good any more."""
        async with self._one:
            if token == self._access:
                self._access = ""

    async def did(self) -> str:
        """Who we are. Raises as `access`."""
        await self.access()
        return self._did

    async def _open(self) -> None:
        if self._refresh:
            headers = {"authorization": f"Bearer {self._refresh}"}
            renewed = await self._call("refreshSession", headers=headers)
            if renewed.status_code == 200:
                self._keep(renewed)
                return
            self._refresh = ""
        wait = max(self._budget.wait(one) for one in ("sign-ins", "sign-ins in a day"))
        if wait:
            raise SignInsUsedUp(wait)
        for one in ("sign-ins", "sign-ins in a day"):
            self._budget.spend(one)
        given = {"identifier": self._settings.handle, "password": self._secrets.app_password}
        answer = await self._call("createSession", json=given)
        if answer.status_code == 429 or answer.status_code >= 500:
            raise SignInsUsedUp(retry_after(answer.headers, self._tools.now()) or 60.0)
        if answer.status_code != 200:
            raise GrantRefused(
                f"{self._settings.server} does not take the app password of {self._settings.handle} "
                f"({answer.status_code}). What was said waits there. Make a new app password and fill it in."
            )
        self._keep(answer)

    async def _call(self, name: str, **arguments: Any) -> httpx2.Response:
        url = f"{self._settings.server.rstrip('/')}/xrpc/com.atproto.server.{name}"
        return await fetch(self._tools.http, "POST", url, **arguments)

    def _keep(self, answer: httpx2.Response) -> None:
        try:
            told = msgspec.json.decode(answer.content)
        except msgspec.MsgspecError:
            told = None
        access, refresh, did = (word(told, name) for name in ("accessJwt", "refreshJwt", "did"))
        if not (access and refresh and did):
            raise GrantRefused(f"{self._settings.server} answered with something that is no session.")
        self._access, self._refresh, self._did = access, refresh, did
        self._good_until = expiry(access) * SECOND - EARLY


def expiry(token: str) -> int:
    """When a token (JWT) ends, in seconds since 1970; far away when it does not say."""
    body = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        told = msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (binascii.Error, ValueError):
        told = None
    return number(told, "exp") or 2**40
