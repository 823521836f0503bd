"""WebSub (W3C Recommendation, 2018): a feed that names a hub is pushed by it, as soon as something is new.

Nothing of a subscription is kept: its secret and the proof that we asked for it follow from the channel's push secret
and the topic, which is in our address that the hub calls.
"""

import hmac
import io
from collections.abc import Mapping
from urllib.parse import urlencode

import feedparser
import httpx2
import structlog
from msgspec import Struct

from earful.channels.feed.limits import LEASE_SECONDS, MAX_HUB_BYTES
from earful.channels.feed.parse import refuse_bombs
from earful.channels.kit.addresses import AddressRefused
from earful.channels.kit.http import ResponseTooLarge, fetch
from earful.channels.kit.loose import members, word
from earful.channels.kit.macs import hex_mac

log = structlog.get_logger(__name__)
TOPIC, KEY = "topic", "key"


class Hub(Struct, frozen=True):
    """Who pushes a feed, and what it calls the feed."""

    url: str
    topic: str


def discover(raw: bytes, headers: httpx2.Headers, *, url: str) -> Hub | None:
    """The hub that a feed names, in its headers first, then in itself; None when there is none.

    `url`: where the feed is.

    Raises FeedRefused as `parse_feed`.
    """
    found: dict[str, str] = {}
    for link in httpx2.Response(200, headers=headers).links.values():
        for rel in link.get("rel", "").split():
            found.setdefault(rel, link.get("url", ""))
    if "hub" not in found and b"hub" in raw:
        refuse_bombs(raw)
        for each in members(
            {"links": list(feedparser.parse(io.BytesIO(raw)).feed.get("links", []))}, "links"
        ):
            found.setdefault(word(each, "rel"), word(each, "href"))
    hub, topic = found.get("hub", ""), found.get("self", "") or url
    good = all(one.startswith(("https://", "http://")) and len(one) < 2_000 for one in (hub, topic))
    return Hub(hub, topic) if good else None


class Subscription:
    """What is agreed with a hub about one topic."""

    def __init__(self, push_secret: str, topic: str) -> None:
        self._push_secret = push_secret
        self._topic = topic

    @property
    def secret(self) -> str:
        """What the hub signs with."""
        return hex_mac(self._push_secret, f"websub secret\n{self._topic}".encode("utf-8", "surrogatepass"))

    def callback(self, hook_url: str) -> str:
        """Our address for the hub."""
        return f"{hook_url}?{urlencode({TOPIC: self._topic, KEY: self._key()})}"

    def asked_for(self, query: Mapping[str, str]) -> bool:
        """Whether the hub was given this address by us."""
        return hmac.compare_digest(query.get(KEY, "").encode("utf-8", "surrogatepass"), self._key().encode())

    def _key(self) -> str:
        return hex_mac(self._push_secret, f"websub key\n{self._topic}".encode("utf-8", "surrogatepass"))


async def subscribe(http: httpx2.AsyncClient, hub: Hub, push_secret: str, hook_url: str) -> bool:
    """Ask a hub to push to us, or to go on with it. False when it would not; polling goes on either way."""
    subscription = Subscription(push_secret, hub.topic)
    form = {
        "hub.mode": "subscribe", "hub.topic": hub.topic, "hub.callback": subscription.callback(hook_url),
        "hub.secret": subscription.secret, "hub.lease_seconds": str(LEASE_SECONDS),
    }  # fmt: skip
    try:
        answer = await fetch(http, "POST", hub.url, max_bytes=MAX_HUB_BYTES, data=form)
    except (httpx2.HTTPError, AddressRefused, ResponseTooLarge) as fault:
        log.warning("websub.unreachable", hub=hub.url, fault=type(fault).__name__)
        return False
    if answer.status_code >= 300:
        log.warning("websub.refused", hub=hub.url, status=answer.status_code)
    return answer.status_code < 300
