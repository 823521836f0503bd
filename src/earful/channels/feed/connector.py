"""A feed as a channel: polled politely, pushed where it names a hub, read only."""

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx2
import msgspec
from msgspec import Struct, structs

from earful.channels.contract import Inlet, RawDelivery, Reply, SendRefused, Sent
from earful.channels.feed.limits import (
    CAPABILITIES,
    LONGEST_PAUSE_SECONDS,
    MAX_FEED_BYTES,
    PUSHED_SLOWER,
    REMEMBERED,
    RENEW_SECONDS,
    RETRY_SECONDS,
    SETTLED_SECONDS,
)
from earful.channels.feed.parse import Entry, FeedRefused, edited, parse_feed
from earful.channels.feed.settings import FeedSecrets, FeedSettings
from earful.channels.feed.websub import Hub, discover, subscribe
from earful.channels.kit.addresses import AddressRefused
from earful.channels.kit.backoff import Backoff
from earful.channels.kit.http import ResponseTooLarge, client, fetch, retry_after
from earful.channels.kit.running import keep_up
from earful.channels.kit.stopping import pause, unless
from earful.model.message import IncomingMessage, Network
from earful.model.time import instant

CURSOR = "feed"
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"


class FeedCursor(Struct, frozen=True, omit_defaults=True):
    """What the server said of its document, and a fingerprint of each entry last seen."""

    etag: str = ""
    modified: str = ""
    hub: str = ""
    topic: str = ""
    """Who pushes the feed (WebSub), and what it calls it; empty where nobody does."""
    entries: dict[str, str] = {}
    """Short hash of the id to the fingerprint of the content, oldest first."""


class FeedFailed(Exception):
    """The server answered with something else than a feed."""

    def __init__(self, words: str, *, after_seconds: float | None = None) -> None:
        super().__init__(words)
        self.after_seconds = after_seconds


class FeedConnector:
    """One feed. Holds no state that must survive; see `Connector` for the promises."""

    network = Network.FEED
    capabilities = CAPABILITIES

    def __init__(
        self,
        settings: FeedSettings,
        secrets: FeedSecrets,
        *,
        allow_private: bool = False,
        hook_url: str = "",
        pace: float = 1.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._secrets = secrets
        self._allow_private = allow_private
        self._now = now
        self._hook_url = hook_url
        self._pace = pace
        self._ask_hub_at = 0
        self._is_pushed = False

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Look at the feed again and again until `stop`."""
        pause_seconds = self._settings.poll_seconds
        # A broken feed is asked less often than a good one, not more.
        base, cap = min(60.0, pause_seconds), max(3600.0, pause_seconds)
        backoff = Backoff(base=base * self._pace, cap=cap * self._pace)
        async with self._client() as http:
            await keep_up(
                inlet,
                stop,
                lambda backoff: self._poll(http, inlet, stop, backoff),
                self._explain,
                backoff=backoff,
            )

    async def send(self, reply: Reply) -> Sent:
        """Raises SendRefused: a feed has no way back."""
        raise SendRefused("A feed can be read but not answered; nothing was sent.")

    async def find(self, reply: Reply) -> Sent | None:
        """None: nothing is ever sent."""
        return None

    async def check(self) -> list[str]:
        """Fetch the feed once and read it."""
        try:
            async with self._client() as http:
                response = await self._fetch(http, FeedCursor())
            parse_feed(response.content, url=self._settings.url, fetched_at=self._now())
        except (FeedRefused, FeedFailed, ResponseTooLarge, AddressRefused, httpx2.HTTPError) as fault:
            return [self._explain(fault)]
        return []

    async def _poll(
        self, http: httpx2.AsyncClient, inlet: Inlet, stop: asyncio.Event, backoff: Backoff
    ) -> None:
        while not stop.is_set():
            kept = await inlet.cursor(CURSOR)
            cursor = msgspec.json.decode(kept, type=FeedCursor) if kept else None
            # Of a feed that is unchanged since nobody wanted pushes, the hub is not known yet.
            wanted = self._ask_hub_at == 0 and bool(self._secrets.push_secret and self._hook_url)
            whole = wanted and cursor is not None and not cursor.hub
            response = await unless(stop, self._fetch(http, FeedCursor() if whole or not cursor else cursor))
            if response.status_code == 200:
                await self._hand_in(response, inlet, cursor)
            await inlet.alive()
            backoff.reset()
            await self._subscribe(inlet, stop)
            await pause(stop, self._pause_seconds(response))

    async def _fetch(self, http: httpx2.AsyncClient, cursor: FeedCursor) -> httpx2.Response:
        """Conditional GET (RFC 9110, 13.1); 200 or 304.

        Raises FeedFailed for any other status.
        """
        headers = {"accept": _ACCEPT}
        if cursor.etag:
            headers["if-none-match"] = cursor.etag
        if cursor.modified:
            headers["if-modified-since"] = cursor.modified
        response = await fetch(
            http, "GET", self._settings.url, max_bytes=MAX_FEED_BYTES, follow_redirects=True, headers=headers
        )
        status = response.status_code
        if status in (200, 304):
            return response
        if status == 410:
            raise FeedFailed(
                "The feed is gone for good, says its server (410). What came from it is kept. Remove the "
                "channel or enter a new address; Earful looks once a day meanwhile.",
                after_seconds=LONGEST_PAUSE_SECONDS,
            )
        if status in (401, 403):
            raise FeedFailed(
                f"The feed's server refuses the log-in ({status}). What came before is kept. Enter the user name and "
                "the password anew on the channel's page."
            )
        told = retry_after(response.headers, instant(self._now())) if status in (429, 503) else None
        raise FeedFailed(
            f"The feed's server answered {status}; nothing was read, it is tried again later.",
            after_seconds=told,
        )

    async def _hand_in(self, response: httpx2.Response, inlet: Inlet, cursor: FeedCursor | None) -> None:
        """New and changed entries, and the moved cursor, in one transaction."""
        entries = await asyncio.to_thread(
            parse_feed, response.content, url=self._settings.url, fetched_at=self._now()
        )
        messages, seen = changes(entries, cursor.entries if cursor else None, self._now())
        hub = await self._hub(response)
        named = response.headers if is_settled(response.headers, self._now()) else {}
        moved = FeedCursor(
            etag=named.get("etag", "")[:1000],
            modified=named.get("last-modified", "")[:200],
            hub=hub.url if hub else "",
            topic=hub.topic if hub else "",
            entries=seen,
        )
        delivery = RawDelivery(
            transport="poll",
            body=response.content,
            headers={"content-type": response.headers.get("content-type", "")[:200]},
            verified_by="https" if response.request.url.scheme == "https" else "",
        )
        receipt = await inlet.accept(
            delivery, messages, cursors={CURSOR: msgspec.json.encode(moved).decode()}
        )
        if cursor is not None and messages:
            # What a look finds and was there already was pushed; what was not, the hub left out.
            self._is_pushed = bool(hub) and not receipt.accepted and not receipt.changed

    async def _hub(self, response: httpx2.Response) -> Hub | None:
        """Who pushes the feed to us, if it says so and we can be pushed to."""
        if not self._secrets.push_secret or not self._hook_url:
            return None
        hub = await asyncio.to_thread(discover, response.content, response.headers, url=str(response.url))
        # The secret of a subscription must not go over an open line.
        open_line = hub is not None and not hub.url.startswith("https://") and not self._allow_private
        return None if open_line else hub

    async def _subscribe(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Ask the hub for pushes, and again before its lease can end."""
        now = instant(self._now())
        kept = await inlet.cursor(CURSOR)
        cursor = msgspec.json.decode(kept, type=FeedCursor) if kept else FeedCursor()
        if not self._secrets.push_secret or not self._hook_url or now < self._ask_hub_at:
            return
        if not cursor.hub:
            self._ask_hub_at = now
            return
        hub = Hub(cursor.hub, cursor.topic)
        # The password of a feed is no business of its hub.
        async with client(allow_private=self._allow_private) as http:
            taken = await unless(stop, subscribe(http, hub, self._secrets.push_secret, self._hook_url))
        self._ask_hub_at = now + round((RENEW_SECONDS if taken else RETRY_SECONDS) * 1000)

    def _pause_seconds(self, response: httpx2.Response) -> float:
        told = _MAX_AGE.search(response.headers.get("cache-control", ""))
        asked = float(told.group(1)) if told else 0.0
        own = float(self._settings.poll_seconds) * (PUSHED_SLOWER if self._is_pushed else 1)
        return min(max(own, asked), LONGEST_PAUSE_SECONDS) * self._pace

    def _client(self) -> httpx2.AsyncClient:
        http = client(allow_private=self._allow_private)
        if self._secrets.username:
            http.auth = httpx2.BasicAuth(self._secrets.username, self._secrets.password)
        return http

    def _explain(self, fault: Exception) -> str:
        if isinstance(fault, FeedRefused | FeedFailed | ResponseTooLarge | AddressRefused):
            return str(fault)
        host = httpx2.URL(self._settings.url).host
        return (
            f"The feed of {host} could not be fetched ({type(fault).__name__}: {str(fault)[:200]}). What "
            "came before is kept; Earful keeps trying."
        )


def is_settled(headers: Mapping[str, str], now: datetime) -> bool:
    """Whether what the server calls this version can stand for no other (RFC 9110, 8.8.2.2).

    Some make ETags of the second of the last change, WordPress among them: what comes in the same second is unchanged
    to them. Such a version is fetched once more.
    """
    modified = _time(headers.get("last-modified", ""))
    told_at = _time(headers.get("date", "")) or now
    return modified is None or told_at - modified >= timedelta(seconds=SETTLED_SECONDS)


def _time(told: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(told)
    except (ValueError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def changes(
    entries: list[Entry], known: dict[str, str] | None, now: datetime
) -> tuple[list[IncomingMessage], dict[str, str]]:
    """What is new or edited against `known`, and what is known from now on.

    With `known` None (the first look) everything is history. An entry that left the document is no delete,
    and stays known for a while in case it comes back.
    """
    messages: list[IncomingMessage] = []
    seen = dict(known or {})
    for entry in entries:
        key = hashlib.sha256(entry.message.native_id.encode()).hexdigest()[:16]
        before = seen.pop(key, None)
        seen[key] = entry.fingerprint
        if before == entry.fingerprint:
            continue
        message = edited(entry.message, now) if before else entry.message
        messages.append(structs.replace(message, backfill=True) if known is None else message)
    surplus = len(seen) - REMEMBERED
    for key in list(seen)[: max(0, surplus)]:
        del seen[key]
    return messages, seen
