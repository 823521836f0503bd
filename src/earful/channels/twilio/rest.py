"""Twilio's REST API (2010-04-01) as one account uses it."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec

from earful.channels.kit.api import Api, ApiRefused
from earful.channels.kit.budget import Budget, Limit
from earful.channels.kit.loose import mapping, members, moment, number, word
from earful.channels.kit.oauth import FixedToken
from earful.channels.kit.running import broke
from earful.channels.kit.tools import Tools

CALLS = "requests"
SEND = "send"
LIMITS = (
    # (M) What a long number may send: 1 a second in the US, 10 elsewhere. Twilio queues what comes quicker.
    Limit(name=SEND, most=10, seconds=1),
    # (M) Of the account; told by 429.
    Limit(name=CALLS, most=100, seconds=1),
)
OPTED_OUT = 21610


class Rest:
    """One account under one address."""

    def __init__(self, tools: Tools, base: str, account: str, token: str) -> None:
        self.budget: Budget = tools.budgets.of(f"twilio {account}", LIMITS)
        self._account = account
        pair = base64.b64encode(f"{account}:{token}".encode()).decode()
        self.api = Api(
            tools, base, FixedToken(token), self.budget, explain=words, headers={"authorization": f"Basic {pair}"}
        )  # fmt: skip

    def path(self, what: str) -> str:
        """The path of something of this account: `Messages`, `Calls`, ..."""
        return f"/2010-04-01/Accounts/{self._account}/{what}.json"

    async def listed(self, what: str, params: Mapping[str, str], page: str = "") -> "Listed":
        """A page of a list; `page` is what an earlier one called its next. Raises as `Api.ask`."""
        self.budget.spend(CALLS)
        if page:
            raw, answer = await self.api.ask(page, limit=CALLS)
        else:
            raw, answer = await self.api.ask(self.path(what), limit=CALLS, params=dict(params))
        following = urlsplit(word(answer, "next_page_uri"))
        # Only the path is followed: an answer must not send us, with the token, to another host.
        path = f"{following.path}?{following.query}" if following.path.startswith("/") else ""
        return Listed(raw=raw, answer=answer, next=path)

    async def deliver_to(self, ours: str, wanted: Mapping[str, str]) -> str:
        """Have Twilio deliver what comes to our number to us. Returns what is wrong in words, or nothing.

        Raises as `Api.call`.
        """
        found = await self.listed("IncomingPhoneNumbers", {"PhoneNumber": ours})
        numbers = members(found.answer, "incoming_phone_numbers")
        held = next((one for one in numbers if word(one, "phone_number") == ours), None)
        if held is None:
            # Short codes and numbers of a subaccount are not in this list.
            at = next(iter(wanted.values()))
            return f"Twilio does not list {ours} among the numbers of the account. Give it this address by hand: {at}"
        if all(word(held, snake(name)) == value for name, value in wanted.items()):
            return ""
        self.budget.spend(CALLS)
        await self.api.call(
            "POST", self.path(f"IncomingPhoneNumbers/{word(held, 'sid')}"), limit=CALLS, data=dict(wanted)
        )
        return ""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a list, the newest first."""

    raw: bytes
    answer: dict[str, Any]
    next: str
    """Path of the next page; empty for the last."""


def snake(name: str) -> str:
    """How answers write what requests write as `SmsUrl`."""
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in name).lstrip("_")


def when(told: str) -> datetime | None:
    """A time as Twilio writes it (RFC 2822 in answers, ISO 8601 in newer ones)."""
    if not told:
        return None
    try:
        found = parsedate_to_datetime(told)
    except (ValueError, TypeError, IndexError, OverflowError):
        return moment(told)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def words(response: httpx2.Response) -> str:
    """Twilio's own words of a refusal, with what to do about those that are met often."""
    try:
        told = mapping(msgspec.json.decode(response.content))
    except msgspec.MsgspecError:
        return ""
    code, text = number(told, "code"), word(told, "message")
    if code == OPTED_OUT:
        return (
            "This customer wrote STOP and gets no SMS of this number (21610). Only they can lift that, by writing "
            "START; answer another way"
        )
    if not text:
        return ""
    return f"Twilio says: {text[:300]}" + (f" (error {code})" if code else "")


def explained(fault: Exception, kept: str) -> str:
    """A fault for an admin; `kept` says what becomes of what customers say meanwhile."""
    if isinstance(fault, ApiRefused) and fault.status in (401, 403):
        return f"{fault}. Look at the account SID and the auth token of this channel. {kept}"
    return broke("Twilio", fault, kept)
