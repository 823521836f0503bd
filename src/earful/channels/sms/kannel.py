"""A Kannel gateway of one's own: replies go out by its sendsms, and what is wrong with it is told.

Source: Kannel 1.4.5 user's guide, "Setting up an SMS Gateway". Kannel names no message that it takes, so a reply is
known by our own id, which comes back with its delivery reports.
"""

import asyncio
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import httpx2
import msgspec

from earful.channels.contract import (
    Capabilities,
    Inlet,
    Reply,
    SendPostponed,
    SendRefused,
    SendUnknown,
    Sent,
)
from earful.channels.kit.addresses import AddressRefused
from earful.channels.kit.backoff import Backoff
from earful.channels.kit.http import ResponseTooLarge, fetch
from earful.channels.kit.running import keep_up
from earful.channels.kit.sending import send_request
from earful.channels.kit.stopping import Stopped, pause
from earful.channels.kit.text import is_gsm
from earful.channels.kit.tools import Tools
from earful.channels.sms.kannel_hook import USER, reply_id
from earful.channels.sms.limits import CAPABILITIES, NO_FILES
from earful.channels.sms.send import compose
from earful.channels.sms.settings import SmsSecrets, SmsSettings
from earful.model.message import Network
from earful.model.time import moment

KANNEL = msgspec.structs.replace(CAPABILITIES, history=False, private_files=None, no_files=NO_FILES)
DELIVERED, UNDELIVERED, REJECTED = 1, 2, 16
REPORTS = DELIVERED | UNDELIVERED | REJECTED
LOOK_SECONDS = 60.0
_DENIED = "Authorization failed"


class KannelSms:
    """One number behind a Kannel. Holds no state that must survive; see `Connector` for the promises."""

    network = Network.SMS
    capabilities: Capabilities = KANNEL

    def __init__(self, settings: SmsSettings, secrets: SmsSecrets, tools: Tools) -> None:
        self._settings = settings
        self._secrets = secrets
        self._tools = tools
        self._url = f"{settings.api.rstrip('/')}/cgi-bin/sendsms"

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Kannel delivers to our address; it is asked once a minute whether it is there and knows us."""

        async def once(backoff: Backoff) -> None:
            while True:
                wrong = await self._wrong()
                if wrong:
                    await inlet.trouble(wrong)
                else:
                    await inlet.alive()
                    backoff.reset()
                if await pause(stop, LOOK_SECONDS * self._tools.pace):
                    raise Stopped

        await keep_up(inlet, stop, once, _explain)

    async def send(self, reply: Reply) -> Sent:
        """Hand one message to Kannel; see `Connector.send`."""
        if reply.files:
            raise SendRefused(f"{NO_FILES} Nothing was sent.")
        number, text = compose(reply)
        form = self._form() | {
            "to": number,
            "from": self._settings.number,
            "text": text,
            "charset": "UTF-8",
            "coding": "0" if is_gsm(text) else "2",
            "dlr-mask": str(REPORTS),
            "dlr-url": self._report_url(reply.client_id),
        }
        now = self._tools.now()
        try:
            # Kannel reads a message from the address only. It is our own gateway, and its log is ours.
            await send_request(self._tools.http, "GET", self._url, now=now, explain=_words, params=form)
        except SendRefused as refused:
            if _DENIED in str(refused):
                raise SendPostponed(
                    f"{refused} The reply is kept. Look at the account and the password of this channel."
                ) from None
            raise
        return Sent(native_id=reply_id(reply.client_id), occurred_at=moment(now), thread=number)

    def _form(self) -> dict[str, Any]:
        return {"username": self._settings.account, "password": self._secrets.auth_token}

    def _report_url(self, client_id: str) -> str:
        """Our address, with the secret that proves Kannel to us, and the marks that Kannel fills in."""
        split = urlsplit(self._tools.hook_url)
        host = f"{USER}:{quote(self._secrets.shared_key, safe='')}@{split.netloc}"
        query = f"dlr=%d&why=%A&reply={quote(client_id, safe='')}"
        return urlunsplit(split._replace(netloc=host, query=query))

    async def find(self, reply: Reply) -> Sent | None:
        """Kannel does not tell what it took."""
        raise SendUnknown(
            "Kannel does not tell whether it took a message. Look into its log, then send it again or not."
        )

    async def check(self) -> list[str]:
        """Whether Kannel is there and knows us, without sending anything."""
        try:
            wrong = await self._wrong()
        except (httpx2.HTTPError, AddressRefused, ResponseTooLarge) as fault:
            return [_explain(fault)]
        return [wrong] if wrong else []

    async def _wrong(self) -> str:
        if not self._secrets.shared_key:
            return "Fill in the shared key: the password that Kannel shows with every delivery."
        # Without a receiver nothing can go out; whoever is not known hears that first.
        answer = await fetch(self._tools.http, "GET", self._url, params=self._form())
        said = answer.text[:200].strip()
        if _DENIED in said:
            return "Kannel does not know the account or its password. Look at the sendsms-user in its configuration."
        return "" if answer.status_code < 500 or "receiver" in said.lower() else f"Kannel says: {said}."


def _words(response: httpx2.Response) -> str:
    said = response.text[:200].strip()
    return f"Kannel says: {said}" if said else ""


def _explain(fault: Exception) -> str:
    return (
        f"Kannel cannot be reached ({type(fault).__name__}: {str(fault)[:200]}). Replies are kept; what customers "
        "write waits in Kannel if http-request-retry is set there."
    )
