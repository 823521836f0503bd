"""Twilio's webhook of a number for SMS."""

from earful.channels.contract import RawDelivery
from earful.channels.hooks import Answer, Asked, Part, Proof
from earful.channels.kit.macs import app_name
from earful.channels.sms.parse import parse_push
from earful.channels.sms.settings import SmsSecrets, SmsSettings
from earful.channels.twilio import signed
from earful.model.time import Instant


class TwilioSmsHook:
    """Nothing is said in the answer: what we say goes out by the API, where its fate can be followed."""

    # An answer without TwiML must have no body, or Twilio notes an error.
    accepted = Answer(status=204)
    refusal = 403

    def __init__(self, settings: SmsSettings, secrets: SmsSecrets) -> None:
        self._secrets = secrets
        self.app = app_name("twilio", secrets.auth_token)

    def challenge(self, asked: Asked) -> Answer | None:
        """Twilio asks nothing."""
        return None

    def verify(self, asked: Asked, now: Instant) -> Proof:
        """The signature over our address and the form."""
        return signed.verify(asked, self._secrets.auth_token, self._secrets.shared_key)

    def parse(self, delivery: RawDelivery, now: Instant) -> list[Part]:
        """One message, or one report."""
        return [parse_push(delivery.body, now)]
