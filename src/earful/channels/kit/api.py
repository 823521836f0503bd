"""A network's JSON API as one account uses it: a bearer token that may be renewed, counters that are heeded."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx2
import msgspec

from earful.channels.contract import SendPostponed, SendRefused
from earful.channels.kit.addresses import AddressRefused
from earful.channels.kit.budget import Budget
from earful.channels.kit.http import ResponseTooLarge, fetch, retry_after
from earful.channels.kit.oauth import FixedToken, GrantRefused, Tokens
from earful.channels.kit.sending import send_request
from earful.channels.kit.tools import Tools
from earful.model.time import Instant

Heed = Callable[[Budget, str, Mapping[str, str]], None]
"""Takes what an answer's headers say of a limit."""


class ApiRefused(Exception):
    """The API said no; `status` is its HTTP status, `after_seconds` the wait that it asks for."""

    def __init__(self, status: int, words: str, after_seconds: float | None = None) -> None:
        super().__init__(words)
        self.status = status
        self.after_seconds = after_seconds


class NotJson(Exception):
    """The answer is no JSON."""


def _heeds_nothing(budget: Budget, limit: str, headers: Mapping[str, str]) -> None:
    """For networks that tell nothing of their counters."""


class Api:
    """One account of one network under one base address."""

    def __init__(
        self,
        tools: Tools,
        base: str,
        tokens: Tokens,
        budget: Budget,
        *,
        explain: Callable[[httpx2.Response], str],
        heed: Heed = _heeds_nothing,
        wait: Callable[[httpx2.Response, Instant], float | None] = lambda response, now: retry_after(
            response.headers, now
        ),
        expired: Callable[[httpx2.Response], bool] | None = None,
        meaning: Callable[[httpx2.Response], int] = lambda response: response.status_code,
        prove: Callable[[str], Mapping[str, str]] = lambda token: {"authorization": f"Bearer {token}"},
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """`meaning` is the status of an answer, for networks that say no with a 200."""
        self._tools = tools
        self._base = base.rstrip("/")
        self._tokens = tokens
        self._budget = budget
        self._explain = explain
        self._heed = heed
        self._wait = wait
        self._meaning = meaning
        self._expired = expired or (lambda response: meaning(response) == 401)
        self._prove = prove
        self._headers = dict(headers or {})

    async def call(self, method: str, path: str, *, limit: str, **arguments: Any) -> bytes:
        """The body of a good answer; `limit` names what it is counted against, which the caller spends.

        Raises ApiRefused, GrantRefused, and what `fetch` raises.
        """
        token = await self._tokens.access()
        url, headers = f"{self._base}{path}", self._with(token, arguments)
        response = await fetch(self._tools.http, method, url, headers=headers, **arguments)
        self._heed(self._budget, limit, response.headers)
        status = self._meaning(response)
        if status < 300:
            return response.content
        if self._expired(response):
            await self._tokens.refused(token)
        wait = self._wait(response, self._tools.now()) if status in (429, 503) else None
        raise ApiRefused(status, self._words(response), wait)

    async def ask(self, path: str, *, limit: str, **arguments: Any) -> tuple[bytes, dict[str, Any]]:
        """GET something: its bytes and the object in them. Raises NotJson and as `call`."""
        raw = await self.call("GET", path, limit=limit, **arguments)
        return raw, as_object(raw)

    async def send(self, method: str, path: str, *, limit: str, **arguments: Any) -> httpx2.Response:
        """Say something: the answer, when the network took it. Raises as `sending.send_request`."""
        try:
            token = await self._tokens.access()
        except GrantRefused as refused:
            raise SendPostponed(f"{refused} Nothing was sent, the reply is kept.") from None
        except httpx2.HTTPError as fault:
            raise SendPostponed(f"No token could be had ({fault}); nothing was sent.") from None
        now = self._tools.now()
        answers: list[httpx2.Response] = []

        def explain(response: httpx2.Response) -> str:
            answers.append(response)
            return self._words(response)

        try:
            response = await send_request(
                self._tools.http, method, f"{self._base}{path}", now=now, explain=explain,
                wait=lambda response: self._wait(response, now), meaning=self._meaning,
                headers=self._with(token, arguments), **arguments,
            )  # fmt: skip
        except (SendPostponed, SendRefused) as fault:
            if answers and self._expired(answers[0]):
                await self._tokens.refused(token)
                raise SendPostponed(f"{fault} It is tried again with a new token.") from None
            raise
        finally:
            for answer in answers:
                self._heed(self._budget, limit, answer.headers)
        self._heed(self._budget, limit, response.headers)
        return response

    async def before_sending(self, path: str, *, limit: str, **arguments: Any) -> dict[str, Any]:
        """GET what a reply needs to go out. Raises SendPostponed and SendRefused: nothing was sent then."""
        try:
            return (await self.ask(path, limit=limit, **arguments))[1]
        except ApiRefused as refused:
            if 400 <= refused.status < 500 and refused.status not in (401, 429):
                raise SendRefused(f"{refused}; nothing was sent.") from None
            why, after = str(refused), refused.after_seconds
        except (GrantRefused, NotJson, httpx2.HTTPError, AddressRefused, ResponseTooLarge) as fault:
            why, after = str(fault), None
        raise SendPostponed(f"{why}; nothing was sent, the reply is kept.", after_seconds=after)

    async def bearer(self) -> dict[str, str]:
        """The headers of a request that this class does not make. Raises GrantRefused."""
        return self._with(await self._tokens.access(), {})

    def _with(self, token: str, arguments: dict[str, Any]) -> dict[str, str]:
        own = arguments.pop("headers", {})
        return dict(self._prove(token)) | self._headers | dict(own)

    def _words(self, response: httpx2.Response) -> str:
        return self._explain(response) or f"{response.request.url.host} answered {response.status_code}"


def wait_by(name: str) -> Callable[[httpx2.Response, Instant], float | None]:
    """Reads the wait from a network's own header with the Unix time at which a limit opens again."""

    def wait(response: httpx2.Response, now: Instant) -> float | None:
        reset = response.headers.get(name, "")
        if reset.isascii() and reset.isdecimal() and len(reset) <= LONGEST_TIME:
            return max(int(reset) - now / 1000, 1.0)
        return retry_after(response.headers, now)

    return wait


LONGEST_TIME = 11
"""Digits of a time in seconds."""
FAULTS = (ApiRefused, NotJson, GrantRefused, httpx2.HTTPError, AddressRefused, ResponseTooLarge)
"""What asking may raise."""


def as_object(raw: bytes) -> dict[str, Any]:
    """The object of an answer. Raises NotJson."""
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except msgspec.MsgspecError as fault:
        raise NotJson(f"The answer is no JSON object: {str(fault)[:100]}") from None


def tokens_of(tools: Tools, pasted: str) -> Tokens:
    """The account's consent where there is one, otherwise what an admin pasted."""
    return tools.tokens if tools.tokens is not None else FixedToken(pasted)
