"""The webhook of Threads: proved as those of all Meta apps, in a shape of its own."""

from earful.channels.contract import RawDelivery
from earful.channels.hooks import Answer, Asked, Part, Proof
from earful.channels.kit.macs import app_name
from earful.channels.meta.hook import answer_challenge, verify
from earful.channels.threads.parse import parse_threads
from earful.channels.threads.settings import ThreadsSecrets, ThreadsSettings
from earful.model.time import Instant


class ThreadsHook:
    """Of an app with access to Threads."""

    accepted = Answer()
    refusal = 401

    def __init__(self, settings: ThreadsSettings, secrets: ThreadsSecrets) -> None:
        self._settings = settings
        self._secrets = secrets
        self.app = app_name("threads", secrets.app_secret)

    def challenge(self, asked: Asked) -> Answer | None:
        """`hub.challenge` comes back when the verify token is ours."""
        return answer_challenge(asked, self._secrets.verify_token)

    def verify(self, asked: Asked, now: Instant) -> Proof:
        """HMAC-SHA256 over the body with the app secret, in hexadecimal."""
        return verify(asked, self._secrets.app_secret)

    def parse(self, delivery: RawDelivery, now: Instant) -> list[Part]:
        """One change."""
        return parse_threads(delivery.body, self._settings.username, now)
