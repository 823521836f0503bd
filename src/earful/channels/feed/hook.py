"""What a WebSub hub calls: it asks whether we asked for the feed, and then pushes it."""

from datetime import UTC, datetime

from earful.channels.contract import RawDelivery
from earful.channels.feed.parse import FeedRefused, parse_feed
from earful.channels.feed.settings import FeedSecrets, FeedSettings
from earful.channels.feed.websub import TOPIC, Subscription
from earful.channels.hooks import Answer, Asked, Part, Proof, Unreadable
from earful.channels.kit.macs import app_name, header, hex_mac, must_match
from earful.channels.kit.signatures import Reason, SignatureRefused
from earful.model.message import Network
from earful.model.time import Instant

HEADER = "x-hub-signature"
METHODS = ("sha1", "sha256", "sha384", "sha512")


class FeedHook:
    """Of one feed."""

    accepted = Answer(status=202)
    # WebSub, 7.1: who cannot prove itself still hears that all is well, and is ignored.
    refusal = 202

    def __init__(self, settings: FeedSettings, secrets: FeedSecrets) -> None:
        self._settings = settings
        self._secrets = secrets
        self.app = app_name(f"websub {settings.url}", secrets.push_secret)

    def challenge(self, asked: Asked) -> Answer | None:
        """The challenge back when we asked for this; 404 tells the hub that we did not."""
        mode = asked.query.get("hub.mode", "")
        if asked.method != "GET" or not mode:
            return None
        subscription = self._subscription(asked)
        wanted = subscription.asked_for(asked.query)
        if mode == "denied" and wanted:
            return Answer(body=b"")
        # We never ask to end one: a lease that is not renewed ends by itself.
        if mode != "subscribe" or not wanted or asked.query.get("hub.topic") != asked.query.get(TOPIC):
            return Answer(status=404, body=b"This was not asked for.")
        return Answer(body=asked.query.get("hub.challenge", "").encode())

    def verify(self, asked: Asked, now: Instant) -> Proof:
        """HMAC over the body with the secret of the subscription. Raises SignatureRefused."""
        subscription = self._subscription(asked)
        method, _, given = header(asked.headers, HEADER).partition("=")
        if method not in METHODS:
            raise SignatureRefused(Reason.NO_MATCH, "The signature has no known method. Nothing was kept.")
        if not subscription.asked_for(asked.query):
            raise SignatureRefused(Reason.NO_MATCH, "This address was not given to a hub. Nothing was kept.")
        must_match(given.casefold(), hex_mac(subscription.secret, asked.body, method))
        return Proof(verified_by=f"websub-{method}")

    def _subscription(self, asked: Asked) -> Subscription:
        return Subscription(self._secrets.push_secret, asked.query.get(TOPIC, ""))

    def parse(self, delivery: RawDelivery, now: Instant) -> list[Part]:
        """What was pushed is read as what is fetched. Raises Unreadable."""
        try:
            entries = parse_feed(
                delivery.body, url=self._settings.url, fetched_at=datetime.fromtimestamp(now / 1000, UTC)
            )
        except FeedRefused as refused:
            raise Unreadable(str(refused)) from None
        return [Part(network=Network.FEED, messages=[entry.message for entry in entries])]


def hook(settings: FeedSettings, secrets: FeedSecrets) -> FeedHook | None:
    """What reads pushes; None where no push secret is filled in."""
    return FeedHook(settings, secrets) if secrets.push_secret else None
