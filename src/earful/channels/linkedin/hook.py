"""LinkedIn's webhook: a question that proves the address, and notifications signed with the app's secret."""

import msgspec

from earful.channels.contract import RawDelivery
from earful.channels.hooks import Answer, Asked, Part, Proof
from earful.channels.kit.macs import app_name, header, hex_mac, must_match
from earful.channels.linkedin.parse import parse_delivery
from earful.channels.linkedin.settings import LinkedInSecrets, LinkedInSettings
from earful.model.time import Instant

HEADER = "x-li-signature"
PREFIX = "hmacsha256="
"""Part of what is signed. LinkedIn's page leaves open whether the header has it too: both are taken."""


class LinkedInHook:
    """Of an app: all its pages may come here."""

    accepted = Answer()
    refusal = 401

    def __init__(self, settings: LinkedInSettings, secrets: LinkedInSecrets) -> None:
        self._secret = secrets.client_secret
        self.app = app_name("linkedin", secrets.client_secret)

    def challenge(self, asked: Asked) -> Answer | None:
        """Asked at registration and every two hours; after three wrong answers nothing is delivered any more."""
        code = asked.query.get("challengeCode", "")
        if asked.method != "GET" or not code:
            return None
        response = {"challengeCode": code, "challengeResponse": hex_mac(self._secret, code.encode())}
        return Answer(body=msgspec.json.encode(response), media_type="application/json")

    def verify(self, asked: Asked, now: Instant) -> Proof:
        """The signature. It has no time in it: a replay is recognised by what it brings."""
        mac = hex_mac(self._secret, PREFIX.encode() + asked.body)
        must_match(header(asked.headers, HEADER), mac, PREFIX + mac)
        return Proof(verified_by="linkedin-hmac-sha256")

    def parse(self, delivery: RawDelivery, now: Instant) -> list[Part]:
        """Up to ten notifications."""
        return parse_delivery(delivery.body, now)
