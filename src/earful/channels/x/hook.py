"""X's webhook: a question that proves the address (CRC), and events signed with the app's secret."""

import msgspec

from earful.channels.contract import RawDelivery
from earful.channels.hooks import Answer, Asked, Part, Proof
from earful.channels.kit.macs import app_name, base64_mac, header, must_match
from earful.channels.x.parse import parse_event
from earful.channels.x.settings import XSecrets, XSettings
from earful.model.time import Instant

HEADER = "x-twitter-webhooks-signature"


class XHook:
    """Base64, unlike the hexadecimal of most: `sha256=` and the HMAC of the body as received."""

    accepted = Answer()
    refusal = 401

    def __init__(self, settings: XSettings, secrets: XSecrets) -> None:
        self._secret = secrets.consumer_secret
        self.app = app_name("x", secrets.consumer_secret)

    def challenge(self, asked: Asked) -> Answer | None:
        """The challenge-response check: asked at registration, at least daily, and when we ask for it."""
        token = asked.query.get("crc_token", "")
        if not token:
            return None
        body = msgspec.json.encode({"response_token": f"sha256={base64_mac(self._secret, token.encode())}"})
        return Answer(body=body, media_type="application/json")

    def verify(self, asked: Asked, now: Instant) -> Proof:
        """The signature. It has no time in it: a replay is recognised by what it brings."""
        must_match(header(asked.headers, HEADER), f"sha256={base64_mac(self._secret, asked.body)}")
        return Proof(verified_by="x-hmac-sha256")

    def parse(self, delivery: RawDelivery, now: Instant) -> list[Part]:
        """One event, for the account that it names."""
        return parse_event(delivery.body, now)
