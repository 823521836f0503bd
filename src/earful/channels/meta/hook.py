"""The webhook of a Meta app: one address may get the deliveries of all its products and accounts.

Source: "Webhooks, Getting Started" (Graph API). Meta signs the bytes that it sends, with `\\u00fc` and `\\/` in them: a
body that was read and written again does not match.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from earful.channels.contract import RawDelivery
from earful.channels.facebook.parse import parse_page
from earful.channels.hooks import Answer, Asked, EraseAsked, Opened, Part, Proof, Unreadable
from earful.channels.instagram.parse import parse_instagram
from earful.channels.kit.macs import app_name, header, hex_mac, must_match
from earful.channels.kit.signatures import SignatureRefused
from earful.channels.meta.settings import MetaSecrets
from earful.channels.meta.signed import deletion_answer, read_signed, signed_in
from earful.channels.meta.values import unreadable
from earful.channels.whatsapp.parse import parse_whatsapp
from earful.model.message import Direction, IncomingMessage, Network
from earful.model.time import HOUR, SECOND, Instant

HEADER = "x-hub-signature-256"
DELETION, DEAUTHORISE = "deletion", "deauthorise"
"""Below the address of the webhook: what Meta calls data deletion request and deauthorise callback."""
SIGNED = "meta-signed-request-"


class _Object(Struct):
    object: str


_object = msgspec.json.Decoder(_Object)
PARSERS: dict[str, Callable[[bytes, Instant], list[Part]]] = {
    "whatsapp_business_account": parse_whatsapp,
    "page": parse_page,
    "instagram": parse_instagram,
}


class MetaHook:
    """Of an app; whichever of its channels is called reads all that the app is told."""

    accepted = Answer()
    refusal = 401
    places = frozenset({DELETION, DEAUTHORISE})

    def __init__(self, settings: Struct, secrets: MetaSecrets, network: Network = Network.FACEBOOK) -> None:
        self._secrets = secrets
        self._network = network
        self._ad_hours = int(getattr(settings, "ad_window_hours", 0))
        self.app = app_name("meta", secrets.app_secret)

    def challenge(self, asked: Asked) -> Answer | None:
        """`hub.challenge` comes back when the verify token is ours."""
        return answer_challenge(asked, self._secrets.verify_token)

    def verify(self, asked: Asked, now: Instant) -> Proof:
        """HMAC-SHA256 over the body with the app secret, in hexadecimal; at `places` a signed request."""
        place = asked.url.partition("?")[0].rpartition("/")[2]
        if place not in self.places:
            return verify(asked, self._secrets.app_secret)
        given = signed_in(asked.body)
        read_signed(self._secrets.app_secret, given)
        number = self._number(given)
        answer = None
        if place == DELETION:
            base = asked.url.partition("/hooks/")[0]
            answer = Answer(
                body=deletion_answer(f"{base}/erasure/{number}", number), media_type="application/json"
            )
        return Proof(verified_by=f"{SIGNED}{place}", native_delivery_id=f"{place}:{number}", answer=answer)

    def _number(self, signed_request: str) -> str:
        """The same for the same request, so that one that is told twice is one."""
        return hex_mac(self._secrets.app_secret, b"earful erasure\n" + signed_request.encode())[:24]

    def _people(self, delivery: RawDelivery) -> list[Part]:
        given = signed_in(delivery.body)
        try:
            who = read_signed(self._secrets.app_secret, given).user_id
        except SignatureRefused as fault:
            raise Unreadable(str(fault)) from None
        network = self._network
        if delivery.verified_by == f"{SIGNED}{DELETION}":
            return [Part(network=network, erase=[EraseAsked(native_id=who, number=self._number(given))])]
        why = "Whoever connected the account took their consent back at Meta. Connect it again."
        return [Part(network=network, revoked=why)]

    def opens(self, message: IncomingMessage) -> Opened | None:
        """Who comes by an advertisement may be answered for longer, as the channel's settings say."""
        if not self._ad_hours or message.direction is not Direction.INBOUND or not from_ad(message.context):
            return None
        return Opened(seconds=self._ad_hours * HOUR // SECOND, because="ad")

    def parse(self, delivery: RawDelivery, now: Instant) -> list[Part]:
        """By the object that it is about."""
        if delivery.verified_by.startswith(SIGNED):
            return self._people(delivery)
        try:
            kind = _object.decode(delivery.body).object
        except msgspec.MsgspecError as fault:
            raise unreadable(fault) from None
        parse = PARSERS.get(kind)
        if parse is None:
            raise Unreadable(f"This delivery is about “{kind[:60]}”, which no channel of Meta reads.")
        return parse(delivery.body, now)


def from_ad(context: Mapping[str, Any]) -> bool:
    """Whether a message says that an advertisement brought its writer: WhatsApp names the source by type, Messenger and
    Instagram in capitals."""
    referral = context.get("referral")
    if not isinstance(referral, Mapping):
        return False
    return str(referral.get("source_type") or referral.get("source") or "").lower() in ("ad", "ads")


def answer_challenge(asked: Asked, verify_token: str) -> Answer | None:
    """The answer to Meta's question whether the address is ours; 403 for another token."""
    if asked.method != "GET" or asked.query.get("hub.mode") != "subscribe":
        return None
    try:
        must_match(asked.query.get("hub.verify_token", ""), verify_token)
    except SignatureRefused:
        return Answer(status=403, body=b"The verify token is another one.")
    return Answer(body=asked.query.get("hub.challenge", "").encode())


def verify(asked: Asked, app_secret: str) -> Proof:
    """Prove a delivery. Raises SignatureRefused."""
    must_match(header(asked.headers, HEADER), f"sha256={hex_mac(app_secret, asked.body)}")
    return Proof(verified_by="meta-hub-sha256")
