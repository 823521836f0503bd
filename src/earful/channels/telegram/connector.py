"""A Telegram bot as a channel: long polling, or the network's webhook with an eye on it."""

import asyncio
from typing import Any
from urllib.parse import quote

import httpx2
import msgspec
from msgspec import Struct

from earful.channels.contract import Capabilities, Inlet, RawDelivery, Reply, SendUnknown, Sent
from earful.channels.kit.addresses import AddressRefused
from earful.channels.kit.backoff import Backoff
from earful.channels.kit.http import ResponseTooLarge, fetch
from earful.channels.kit.media import MediaLater, MediaRefused, Source
from earful.channels.kit.running import keep_up
from earful.channels.kit.sending import afford_reply
from earful.channels.kit.stopping import Stopped, pause, unless
from earful.channels.kit.tools import Tools
from earful.channels.telegram.limits import (
    ALLOWED_UPDATES,
    CAPABILITIES,
    LIMITS,
    LONG_POLL_SECONDS,
    LOST_AFTER_HOURS,
)
from earful.channels.telegram.parse import parse_update
from earful.channels.telegram.send import Answered, compose, post, wait_of
from earful.channels.telegram.settings import TelegramSecrets, TelegramSettings
from earful.model.message import Attachment, Network

LOOK_SECONDS = 60.0
CURSOR = "updates"


class ApiRefused(Exception):
    """The Bot API said no; `status` is its HTTP status."""

    def __init__(self, status: int, words: str, after_seconds: float | None) -> None:
        super().__init__(words)
        self.status = status
        self.after_seconds = after_seconds


class WebhookInfo(Struct, kw_only=True):
    """https://core.telegram.org/bots/api#webhookinfo"""

    url: str
    pending_update_count: int = 0
    last_error_message: str | None = None


class _Numbered(Struct, kw_only=True):
    update_id: int


class _File(Struct, kw_only=True):
    """https://core.telegram.org/bots/api#file"""

    file_path: str


class TelegramConnector:
    """One bot. Holds no state that must survive; see `Connector` for the promises."""

    network = Network.TELEGRAM
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: TelegramSettings, secrets: TelegramSecrets, tools: Tools) -> None:
        self._settings = settings
        self._secrets = secrets
        self._tools = tools
        self._budget = tools.budgets.of(f"telegram {secrets.bot_id}", LIMITS)
        self._base = f"{settings.api.rstrip('/')}/bot{secrets.token}"

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Fetch updates, or watch over the webhook, until `stop`."""

        async def once(backoff: Backoff) -> None:
            if self._settings.receive == "webhook":
                await self._watch(inlet, stop, backoff)
            else:
                await self._fetch(inlet, stop, backoff)

        await keep_up(inlet, stop, once, self._explain)

    async def _fetch(self, inlet: Inlet, stop: asyncio.Event, backoff: Backoff) -> None:
        await self._call("deleteWebhook", {"drop_pending_updates": False})
        while not stop.is_set():
            cursor = await inlet.cursor(CURSOR)
            asked: dict[str, Any] = {"timeout": LONG_POLL_SECONDS, "allowed_updates": ALLOWED_UPDATES}
            if cursor:
                asked["offset"] = int(cursor)
            raw = await unless(stop, self._call("getUpdates", asked, seconds=LONG_POLL_SECONDS + 10))
            updates = msgspec.json.decode(raw, type=list[msgspec.Raw])
            backoff.reset()
            if not updates:
                await inlet.alive()
                continue
            now = self._tools.now()
            messages = []
            for update in updates:
                messages += parse_update(bytes(update), self._secrets.bot_id, now).messages
            newest = max(msgspec.json.decode(update, type=_Numbered).update_id for update in updates)
            delivery = RawDelivery(transport="poll", body=raw, verified_by="bot-token")
            # What is asked for with the next offset is confirmed, so it must be kept first.
            await inlet.accept(delivery, messages, cursors={CURSOR: str(newest + 1)})

    async def _watch(self, inlet: Inlet, stop: asyncio.Event, backoff: Backoff) -> None:
        wanted = {
            "url": self._tools.hook_url,
            "secret_token": self._secrets.secret_token,
            "allowed_updates": ALLOWED_UPDATES,
        }
        await self._call("setWebhook", wanted)
        while True:
            info = msgspec.json.decode(await self._call("getWebhookInfo", {}), type=WebhookInfo)
            if info.url != self._tools.hook_url:
                await self._call("setWebhook", wanted)
            elif info.pending_update_count and info.last_error_message:
                await inlet.trouble(
                    f"Telegram cannot deliver {info.pending_update_count} updates: {info.last_error_message}. It keeps "
                    f"them for {LOST_AFTER_HOURS} hours. See that {self._tools.hook_url} can be reached by https."
                )
            else:
                await inlet.alive()
            backoff.reset()
            if await pause(stop, LOOK_SECONDS):
                raise Stopped

    async def send(self, reply: Reply) -> Sent:
        """Send one message; see `Connector.send`."""
        composed = compose(reply)
        await afford_reply(self._budget, "send")
        return await post(self._tools.http, self._base, composed, self._tools.now())

    async def find(self, reply: Reply) -> Sent | None:
        """A bot cannot read what it sent."""
        raise SendUnknown(
            "Telegram does not let a bot look whether a message is out. Look into the chat, then send it again or not."
        )

    async def media(self, attachment: Attachment) -> Source:
        """Where a file is for the next hour. Raises MediaRefused for one that a bot cannot have (20 MB), MediaLater."""
        try:
            found = await self._call("getFile", {"file_id": attachment.native_id})
            path = msgspec.json.decode(found, type=_File).file_path
        except ApiRefused as fault:
            if fault.status == 400:
                raise MediaRefused(f"Telegram does not give it: {fault}") from None
            raise MediaLater(self._explain(fault), fault.after_seconds) from None
        except (httpx2.HTTPError, AddressRefused, ResponseTooLarge) as fault:
            raise MediaLater(self._explain(fault)) from None
        url = f"{self._settings.api.rstrip('/')}/file/bot{self._secrets.token}/{quote(path)}"
        return Source(url=url, http=self._tools.http)

    async def check(self) -> list[str]:
        """Try the token."""
        try:
            await self._call("getMe", {})
        except (ApiRefused, httpx2.HTTPError, AddressRefused, ResponseTooLarge) as fault:
            return [self._explain(fault)]
        return []

    async def _call(self, method: str, fields: dict[str, Any], *, seconds: float = 20.0) -> bytes:
        """The result of a method, as JSON. Raises ApiRefused and what `fetch` raises."""
        timeout = httpx2.Timeout(seconds, connect=10.0)
        response = await fetch(
            self._tools.http, "POST", f"{self._base}/{method}", json=fields, timeout=timeout
        )
        try:
            answer = msgspec.json.decode(response.content, type=Answered)
        except msgspec.MsgspecError:
            raise ApiRefused(
                response.status_code, f"the answer {response.status_code} is no JSON", None
            ) from None
        if not answer.ok:
            raise ApiRefused(response.status_code, answer.description or "", wait_of(response))
        return bytes(answer.result)

    def _explain(self, fault: Exception) -> str:
        if isinstance(fault, ApiRefused) and fault.status in (401, 404):
            return (
                "Telegram does not know the bot token any more. Updates wait there for "
                f"{LOST_AFTER_HOURS} hours. Fill in the new token from BotFather."
            )
        if isinstance(fault, ApiRefused) and fault.status == 409:
            return (
                "Another program fetches the updates of this bot. Stop it: each update is given to one only."
            )
        # The address has the token in it, so the fault's own words must not be shown as they are.
        words = str(fault).replace(self._secrets.token, "…")[:200]
        return (
            f"The connection to Telegram broke ({type(fault).__name__}: {words}). Updates wait there for "
            f"{LOST_AFTER_HOURS} hours; Earful keeps trying."
        )
