"""Google's push of new reviews: Pub/Sub posts a message with a token that Google signed.

Sources: "Notifications" (Business Profile APIs), "Authenticate push requests" (Pub/Sub). The message has the name of a
review only, which is fetched. Any answer that is not 2xx makes Pub/Sub try again, for seven days by default.
"""

import base64
import binascii
import re
from typing import Any

import msgspec

from earful.channels.contract import RawDelivery
from earful.channels.google_reviews.settings import GoogleReviewsSecrets, GoogleReviewsSettings
from earful.channels.hooks import Answer, Asked, Part, Proof, Unreadable
from earful.channels.kit.jwt import KeySet, prove
from earful.channels.kit.loose import mapping, object_in, opened, word
from earful.channels.kit.macs import app_name, header
from earful.channels.kit.signatures import Reason, SignatureRefused
from earful.model.message import Network
from earful.model.time import Instant

ISSUERS = ("https://accounts.google.com", "accounts.google.com")
REVIEW = re.compile(r"accounts/([0-9]{1,30})/locations/([0-9]{1,30})/reviews/([A-Za-z0-9_=-]{1,300})")
_KEYS: dict[str, KeySet] = {}
"""By the address they come from: all channels of a process prove with the same keys, which a connector fetches."""


def keys_of(address: str) -> KeySet:
    """The keys from an address, as far as they were fetched."""
    return _KEYS.setdefault(address, KeySet())


class GoogleReviewsHook:
    """Of one channel: Pub/Sub pushes to the address that its subscription names."""

    accepted = Answer()
    refusal = 401

    def __init__(self, settings: GoogleReviewsSettings, secrets: GoogleReviewsSecrets) -> None:
        self._settings = settings
        self.app = app_name("google", settings.client_id)

    def challenge(self, asked: Asked) -> Answer | None:
        """Google asks nothing."""
        return None

    def verify(self, asked: Asked, now: Instant) -> Proof:
        """The token: Google's signature, its time, for whom it is and by whom it was sent."""
        kind, _, token = header(asked.headers, "authorization").partition(" ")
        if kind.lower() != "bearer":
            raise SignatureRefused(Reason.MISSING_HEADER, "There is no token of Google's. Nothing was kept.")
        claims = prove(token.strip(), keys_of(self._settings.certs), now)
        audience = self._settings.push_audience or asked.url.partition("?")[0]
        wanted = (
            word(claims, "iss") in ISSUERS,
            word(claims, "aud") == audience,
            word(claims, "email") == self._settings.push_email,
            claims.get("email_verified") is True,
        )
        if not all(wanted):
            raise SignatureRefused(
                Reason.NO_MATCH,
                "The token is for somebody else, or from another account than the channel's settings name. Nothing was "
                "kept.",
            )
        return Proof(verified_by="google-oidc", native_delivery_id=_message_id(asked.body))

    def parse(self, delivery: RawDelivery, now: Instant) -> list[Part]:
        """Which review is new or changed."""
        told = opened(delivery.body, "Pub/Sub")
        names = list(_names(_data(mapping(told, "message"))))
        part = Part(network=Network.REVIEW)
        for account, location, review in names:
            if account == self._settings.account_id and location in self._settings.locations:
                part.wanted.append(f"review:{location}/{review}")
        # Another place of the account, or news of something that is no review: nothing to fetch.
        return [part]


def hook(settings: GoogleReviewsSettings, secrets: GoogleReviewsSecrets) -> GoogleReviewsHook | None:
    """The hook of a channel that is told from where it is pushed; None without."""
    return GoogleReviewsHook(settings, secrets) if settings.push_email else None


def _message_id(body: bytes) -> str:
    message = mapping(object_in(body), "message")
    return word(message, "messageId") or word(message, "message_id")


def _data(message: dict[str, Any]) -> object:
    try:
        return msgspec.json.decode(base64.b64decode(word(message, "data"), validate=True))
    except (binascii.Error, ValueError, msgspec.MsgspecError, RecursionError):
        raise Unreadable("The message of Pub/Sub has no data that can be read.") from None


def _names(value: object) -> list[tuple[str, str, str]]:
    """The reviews that are named anywhere in it: the field's name changed before."""
    if isinstance(value, str):
        return [(found[1], found[2], found[3]) for found in REVIEW.finditer(value)]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return list(dict.fromkeys(name for one in inner for name in _names(one)))
