"""Twilio's voice webhook: what a caller hears, and what is told when they have spoken (Twilio, "TwiML for Voice")."""

from xml.sax.saxutils import escape, quoteattr

from earful.channels.contract import RawDelivery
from earful.channels.hooks import Answer, Asked, Hook, Part, Proof
from earful.channels.kit.macs import app_name
from earful.channels.phone.parse import parse_call
from earful.channels.phone.settings import PhoneSecrets, PhoneSettings
from earful.channels.twilio import signed
from earful.model.time import Instant

BEGINNING = frozenset({"queued", "initiated", "ringing", "in-progress"})


class PhoneHook:
    """One address for all: the call itself, its end, its recording, its transcript."""

    accepted = Answer(status=204)
    refusal = 403

    def __init__(self, settings: PhoneSettings, secrets: PhoneSecrets) -> None:
        self._settings = settings
        self._secrets = secrets
        self.app = app_name("twilio", secrets.auth_token)

    def challenge(self, asked: Asked) -> Answer | None:
        """Twilio asks nothing."""
        return None

    def verify(self, asked: Asked, now: Instant) -> Proof:
        """The signature; with it, what the caller hears once the request is kept."""
        proof = signed.verify(asked, self._secrets.auth_token, self._secrets.shared_key)
        return Proof(
            verified_by=proof.verified_by,
            native_delivery_id=proof.native_delivery_id,
            answer=self._spoken(signed.fields_of(asked.body), asked.url),
        )

    def parse(self, delivery: RawDelivery, now: Instant) -> list[Part]:
        """One request."""
        return [parse_call(delivery.body, now)]

    def _spoken(self, told: dict[str, str], here: str) -> Answer | None:
        """TwiML for who waits on the line; nothing where nobody does."""
        if "TranscriptionStatus" in told:
            return None
        if told.get("RecordingUrl"):
            return _twiml("<Hangup/>")
        if told.get("CallStatus", "").lower() not in BEGINNING:
            return None
        words = f"<Say language={quoteattr(self._settings.language)}>{escape(self._settings.greeting)}</Say>"
        return _twiml(words + (self._record(here) if self._settings.record else "<Hangup/>"))

    def _record(self, here: str) -> str:
        written = (
            f' transcribe="true" transcribeCallback={quoteattr(here)}' if self._settings.transcribe else ""
        )
        return (
            f'<Record action={quoteattr(here)} method="POST" maxLength="{self._settings.longest_seconds}"'
            f' playBeep="true" finishOnKey="#"{written}/>'
        )


def hook(settings: PhoneSettings, secrets: PhoneSecrets) -> Hook | None:
    """What reads a number's deliveries; a telephone system signs as everybody else does (Standard Webhooks)."""
    return PhoneHook(settings, secrets) if settings.calls == "twilio" else None


def _twiml(inside: str) -> Answer:
    body = f'<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>'
    return Answer(body=body.encode(), media_type="text/xml")
