"""Requests to the Graph API, for all channels of Meta."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import httpx2
import msgspec
from msgspec import Struct

from earful.channels.contract import SendPostponed, SendUnknown
from earful.channels.kit.addresses import AddressRefused
from earful.channels.kit.budget import Limit
from earful.channels.kit.http import ResponseTooLarge, fetch, retry_after
from earful.channels.kit.oauth import FixedToken, GrantRefused
from earful.channels.kit.sending import afford_reply, send_request
from earful.channels.kit.tools import Tools
from earful.channels.meta.errors import Error, Kind, judge, kind_of, read
from earful.channels.meta.settings import MetaSecrets
from earful.channels.meta.usage import heed

CALLS = "calls"
"""The limit that every request is counted against."""


class GraphRefused(Exception):
    """The Graph API said no to a request that sends nothing."""

    def __init__(self, status: int, error: Error, after_seconds: float | None = None) -> None:
        super().__init__(error.words)
        self.status = status
        self.error = error
        self.after_seconds = after_seconds

    @property
    def kind(self) -> Kind:
        """What it means."""
        return kind_of(self.error)

    @property
    def gone(self) -> bool:
        """What was asked for is not there, or not for us."""
        return self.status == 404 or (self.error.code == 100 and self.error.error_subcode == 33)


FAULTS = (GraphRefused, GrantRefused, httpx2.HTTPError, AddressRefused, ResponseTooLarge)
"""What a request may raise."""


class Cursors(Struct, frozen=True):
    """https://developers.facebook.com/docs/graph-api/results"""

    after: str = ""


class Paging(Struct, frozen=True):
    """Where the next page begins; nowhere when `next` is missing."""

    cursors: Cursors = Cursors()
    next: str = ""


class Listing(Struct):
    """A page of something."""

    data: list[msgspec.Raw] = []
    paging: Paging = Paging()


class Graph:
    """The API as one account of ours may use it."""

    def __init__(
        self,
        tools: Tools,
        secrets: MetaSecrets,
        *,
        base: str,
        budget: str,
        limits: Sequence[Limit],
        proof: bool = True,
    ) -> None:
        self.tools = tools
        self.budget = tools.budgets.of(budget, limits)
        self._most = next((one.most for one in limits if one.name == CALLS), 0)
        self._base = base
        self._secrets = secrets
        self._proof = proof
        self._tokens = tools.tokens or FixedToken(secrets.access_token)

    async def access(self) -> str:
        """The account's token, for what is not at the Graph API itself. Raises GrantRefused."""
        return await self._tokens.access()

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        """What is at a path. Raises FAULTS."""
        return await self._ask("GET", path, query or {})

    async def post(self, path: str, fields: Mapping[str, str], token: str = "") -> bytes:
        """Change a setting, with another token than the account's where one is given. Raises FAULTS."""
        return await self._ask("POST", path, fields, token)

    async def _ask(self, method: str, path: str, fields: Mapping[str, str], token: str = "") -> bytes:
        access = token or await self._tokens.access()
        signed, headers = self._signed(access, fields)
        # What changes something goes in the body: it may be a secret, and addresses end in logs.
        query, form = (signed, None) if method == "GET" else (None, signed)
        response = await fetch(
            self.tools.http, method, f"{self._base}/{path}", headers=headers, params=query, data=form
        )
        wait = self._heed(response)
        if response.status_code < 300:
            return response.content
        error = read(response) or Error(
            message=f"{response.request.url.host} answered {response.status_code}"
        )
        if not token and kind_of(error) is Kind.TOKEN:
            await self._tokens.refused(access)
        raise GraphRefused(response.status_code, error, wait)

    async def send(
        self,
        path: str,
        fields: Mapping[str, Any],
        *,
        limit: str = CALLS,
        after_window: str = "",
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> bytes:
        """Say something, or hand over `files` (name, content, type) in a form. Raises as `Connector.send`; see `judge`
        for `after_window`."""
        try:
            access = await self._tokens.access()
        except GrantRefused as fault:
            raise SendPostponed(f"{fault} Nothing was sent, the reply is kept.") from None
        await afford_reply(self.budget, limit)
        query, headers = self._signed(access, {})

        body: dict[str, Any] = {"json": fields} if files is None else {"data": fields, "files": files}
        bad_token = False

        def explain(response: httpx2.Response) -> str:
            nonlocal bad_token
            error = read(response)
            bad_token = error is not None and kind_of(error) is Kind.TOKEN
            return judge(response, self._heed(response), after_window)

        try:
            response = await send_request(
                self.tools.http, "POST", f"{self._base}/{path}",
                now=self.tools.now(), explain=explain, params=query, headers=headers,
                **body,
            )  # fmt: skip
        except SendPostponed:
            if bad_token:
                await self._tokens.refused(access)
            raise
        self._heed(response)
        return response.content

    def _signed(self, access: str, fields: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """Fields and headers with the token, never in an address: addresses end in logs."""
        query = dict(fields)
        if self._proof:
            mac = hmac.new(self._secrets.app_secret.encode(), access.encode(), hashlib.sha256)
            query["appsecret_proof"] = mac.hexdigest()
        return query, {"authorization": f"Bearer {access}"}

    def _heed(self, response: httpx2.Response) -> float | None:
        wait = heed(self.budget, CALLS, self._most, response.headers)
        return wait or retry_after(response.headers, self.tools.now())

    async def listed(self, path: str, query: Mapping[str, str]) -> Listing:
        """One page of a list. Raises FAULTS, and SendUnknown when it cannot be read."""
        try:
            return msgspec.json.decode(await self.get(path, query), type=Listing)
        except msgspec.MsgspecError as fault:
            raise SendUnknown(f"A list of Meta could not be read: {fault}") from None


def id_in(answer: bytes, *names: str) -> str:
    """The id in the answer to something that was sent. Raises SendUnknown when there is none."""
    try:
        found = msgspec.json.decode(answer, type=dict[str, Any])
    except msgspec.MsgspecError:
        found = {}
    for name in names:
        if isinstance(found.get(name), str | int) and found[name]:
            return str(found[name])
    raise SendUnknown("The answer of Meta could not be read. The reply may be out.")
