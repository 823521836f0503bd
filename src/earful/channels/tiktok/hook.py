"""TikTok's webhook: one event in each delivery, signed with the app's secret and the time."""

from earful.channels.contract import RawDelivery
from earful.channels.hooks import Answer, Asked, Part, Proof
from earful.channels.kit.macs import app_name, header, hex_mac, must_be_fresh, must_match
from earful.channels.tiktok.limits import SIGNED_SECONDS
from earful.channels.tiktok.parse import parse_event
from earful.channels.tiktok.settings import TikTokSecrets, TikTokSettings
from earful.model.time import Instant

HEADER = "tiktok-signature"


class TikTokHook:
    """Of an app: all its accounts come here. `t=<seconds>,s=<hexadecimal>` over the time, a dot and the body."""

    accepted = Answer()
    refusal = 401

    def __init__(self, settings: TikTokSettings, secrets: TikTokSecrets) -> None:
        self._secret = secrets.client_secret
        self.app = app_name("tiktok", secrets.client_secret)

    def challenge(self, asked: Asked) -> Answer | None:
        """TikTok asks nothing."""
        return None

    def verify(self, asked: Asked, now: Instant) -> Proof:
        """The signature, and that it is not old."""
        given = header(asked.headers, HEADER)
        parts = dict(one.strip().partition("=")[::2] for one in given.split(","))
        stamp = parts.get("t", "")
        must_be_fresh(stamp, now, SIGNED_SECONDS)
        must_match(parts.get("s", ""), hex_mac(self._secret, f"{stamp}.".encode() + asked.body))
        return Proof(verified_by="tiktok-hmac-sha256")

    def parse(self, delivery: RawDelivery, now: Instant) -> list[Part]:
        """One event, for the account that it names."""
        return parse_event(delivery.body, now)
